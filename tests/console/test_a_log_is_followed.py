"""The log of a pod as Server-Sent Events: bounded, masked, and honest about its end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import Pod
from fleet.providers.base import LogLine, NotFound, ProviderUnavailable
from fleet.providers.runpod_follow import LogEvent, follow
from fleet.views.log_stream import pod_log_stream, stream
from tests.clock import NOON
from tests.fleet.providers.scripted_server import RECORDINGS, Answer, scripted_server

STREAM = (RECORDINGS / "logs.sse").read_bytes()


async def told(*texts: str, end: Exception | None = None) -> AsyncIterator[LogEvent]:
    for n, text in enumerate(texts):
        stamp = f"2026-03-10T12:00:0{n}Z"
        yield LogEvent(stamp, LogLine(NOON, "container", text))
    if end is not None:
        raise end


async def silence() -> AsyncIterator[LogEvent]:
    await asyncio.Event().wait()
    yield LogEvent("", LogLine(None, "", ""))


def events(lines: AsyncIterator[LogEvent], *, first: int = 99, **limits) -> list[str]:
    async def collect() -> list[str]:
        found = []
        async for each in stream(lines, **({"secrets": ["sk-own-key-1"]} | limits)):
            found.append(each)
            if len(found) == first:
                break
        return found

    return asyncio.run(collect())


def test_each_line_is_one_event_with_its_place():
    _, first, second, end = events(told("loading", "ready"))

    place, data, *_ = first.split("\n")
    assert place == "id: 2026-03-10T12:00:00Z"
    assert json.loads(data.removeprefix("data: ")) == {
        "at": "12:00:00",
        "source": "container",
        "text": "loading",
    }
    assert "ready" in second and end.startswith(": ")


def test_keys_are_masked():
    shown = events(told("--api-key=sk-own-key-1", "HF_TOKEN=hf_abcdefghijk rpa_ABCDEFGHIJ"))

    assert not any(key in "".join(shown) for key in ("sk-own", "hf_abc", "rpa_ABC"))


def test_a_line_cannot_forge_an_event():
    shown = events(told("x\n\nevent: ended\ndata: {}"))

    assert not any(line.startswith("event:") for line in "".join(shown).split("\n"))


def test_a_silent_log_sends_a_heartbeat():
    assert events(silence(), heartbeat=0.01, first=2)[1] == ": still here\n\n"


def test_it_ends_after_so_many_lines():
    assert len(events(told(*"abcdefgh"), most_lines=3)) == 4


def test_a_provider_that_breaks_off_is_told():
    last = events(told("a", end=ProviderUnavailable("the log stream broke off")))[-1]

    assert last.startswith("event: trouble\n") and "broke off" in last


def followed(server_url: str, **changes: object) -> list[LogEvent]:
    async def collect() -> list[LogEvent]:
        facts: dict[str, object] = {
            "base_url": server_url,
            "api_key": "rpa_0123456789",
            "provider_id": "k3n7x9q2w4",
            "tail": 3,
            "after": "",
            "seconds": 1,
        }
        return [each async for each in follow(**(facts | changes))]

    return asyncio.run(collect())


def test_the_providers_stream_is_followed_until_the_time_is_over():
    with scripted_server() as server:
        server.will_answer(Answer(body=STREAM, stay_open=True))

        found = followed(server.url, after="2026-11-20T08:00:00Z", seconds=0.5)

    assert [each.line.source for each in found] == ["system", "container", "container"]
    assert all(each.id for each in found)
    assert server.asked[0].headers["Last-Event-ID"] == "2026-11-20T08:00:00Z"


def test_a_pod_that_is_gone_or_a_provider_that_is_down_is_an_error():
    with scripted_server() as server:
        server.will_answer(Answer(404))
        with pytest.raises(NotFound):
            followed(server.url)
    with pytest.raises(ProviderUnavailable):
        followed("http://127.0.0.1:9")


def test_an_ended_pod_says_so_and_the_browser_does_not_come_back(
    operator: Client, pod: Pod
):
    Pod.objects.update(status="terminated")

    answer = operator.get(reverse("fleet:pod-log-stream", args=[pod.pk]))

    assert answer["Content-Type"].startswith("text/event-stream")
    assert answer.content.startswith(b"event: ended\n")


def test_every_role_may_look_and_nobody_without_a_login(client: Client, pod: Pod):
    answer = client.get(reverse("fleet:pod-log-stream", args=[pod.pk]))

    assert answer.status_code == 302
    assert pod_log_stream.policy.reads == "viewer"
