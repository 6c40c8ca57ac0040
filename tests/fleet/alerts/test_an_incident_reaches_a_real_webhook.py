"""The whole way: a row goes wrong, a rule finds it, and a web server hears of it."""

import json
from functools import partial

from fleet import notifying
from fleet.models import Health
from fleet.outgoing import Allowed
from fleet.services.alerts.watch import watch
from tests.clock import NOON, Clock, seconds
from tests.factories import make_pod
from tests.fleet.alerts.receivers import web_hook
from tests.fleet.alerts.worlds import make_channel, sweep

say = partial(notifying.send, allowed=Allowed.from_words(["127.0.0.0/8"]))


def test_a_hung_pod_is_told_once_and_its_recovery_once(db: None):
    clock = Clock(NOON)
    pod = make_pod(
        provider="sandbox",
        health=Health.HUNG,
        health_since=NOON - seconds(150),
        health_reason="no token for 150 s with 3 requests",
        probed_at=NOON,
    )
    with web_hook() as hook:
        make_channel(address=f"json://127.0.0.1:{hook.port}/alerts")
        for _ in range(4):
            look(clock, pod)
        pod.health = Health.READY
        for _ in range(14):
            look(clock, pod)

    told = [json.loads(body) for _, body in hook.got]
    assert [each["title"] for each in told] == [
        f"[Kerne demo] Critical: {pod.name} is hung",
        f"[Kerne demo] Over: {pod.name} is hung",
    ]
    assert "no token for 150 s with 3 requests" in told[0]["message"]
    assert [each["type"] for each in told] == ["failure", "success"]


def look(clock: Clock, pod) -> None:
    """One tick of 30 s: the pod is probed, the rules look, the outbox is swept."""
    pod.probed_at = clock.forward(seconds=30)
    pod.save()
    troubles: list[str] = []
    watch(now=clock(), troubles=troubles)
    sweep(say, clock)
    assert troubles == []
