"""Between the order to stop and the delete, tokens are served and must be seen."""

from datetime import timedelta

import pytest

from fleet.models import EngineSample, Pod, PodStatus
from fleet.services import probing
from fleet.services.termination import drive_terminations, is_draining
from tests.clock import NOON, seconds
from tests.factories import make_pod, make_sample
from tests.fleet.services.test_a_probe_is_booked import answer, counters

pytestmark = pytest.mark.django_db


def told_to_stop(**columns: object) -> Pod:
    defaults: dict[str, object] = {
        "status": PodStatus.TERMINATING,
        "terminate_requested_at": NOON,
        "provider": "fake",
    }
    return make_pod(**(defaults | columns))


def test_a_pod_that_drains_is_probed_until_its_delete_is_sent():
    draining = told_to_stop()
    told_to_stop(terminate_sent_at=NOON)
    told_to_stop(provider_id="", base_url="")
    told_to_stop(provider="another")

    assert list(probing.to_probe(("fake",))) == [draining]


@pytest.mark.parametrize(("age", "draining"), [(35, True), (36, False)])
def test_a_sample_of_the_last_two_sweeps_says_whether_anyone_waits(age, draining):
    pod = told_to_stop()
    make_sample(pod, at=NOON, requests_running=1)

    assert is_draining(pod, now=NOON + seconds(age)) is draining


def test_a_probe_of_a_draining_pod_moves_it_nowhere():
    pod = told_to_stop(ready_at=None)
    probing.apply(pod, answer(read=counters()), now=NOON)

    assert Pod.objects.get().status == PodStatus.TERMINATING
    assert EngineSample.objects.count() == 1


def test_all_that_end_are_scraped_together_and_those_that_drain_are_not(account, clock):
    ending = [told_to_stop(), told_to_stop()]
    busy = told_to_stop()
    make_sample(busy, at=NOON, requests_running=1)
    deleted = told_to_stop(terminate_sent_at=NOON - timedelta(minutes=2))
    rounds: list[list[str]] = []

    gone = drive_terminations(
        [*ending, busy, deleted],
        provider=account,
        clock=clock,
        last_scrape=lambda pods: rounds.append([pod.name for pod in pods]),
        troubles=[],
    )

    assert rounds == [[pod.name for pod in ending]]
    assert gone == [pod.name for pod in [*ending, deleted]]


def test_the_rent_ends_when_the_delete_was_answered_and_not_when_the_tick_began(
    account, clock
):
    pod = told_to_stop(billed_from=NOON)

    drive_terminations(
        [pod],
        provider=account,
        clock=clock,
        last_scrape=lambda pods: clock.forward(seconds=15),
        troubles=[],
    )

    pod.refresh_from_db()
    assert pod.billed_until == NOON + seconds(15)


def test_a_provider_whose_clock_is_ahead_makes_no_rent_negative(account, clock):
    pod = told_to_stop(billed_from=NOON + seconds(3))

    drive_terminations([pod], provider=account, clock=clock, last_scrape=len, troubles=[])

    pod.refresh_from_db()
    assert (pod.billed_from, pod.billed_until) == (NOON + seconds(3), NOON + seconds(3))
