import json
from datetime import datetime
from typing import Any

import pytest

from fleet.vllm.boot_log import weight_times
from tests.sandbox.harness import Sandbox, wait_for

EVENT_STREAM = "text/event-stream"


def read(
    sandbox: Sandbox, pod_id: str, query: str, count: int, **more: Any
) -> list[dict[str, str]]:
    """The first `count` log events of a stream."""
    path = f"/v2/pods/{pod_id}/logs{query}"
    events = []
    with sandbox.send("GET", path, stream=True, **more) as response:
        assert response.headers["content-type"].startswith(EVENT_STREAM)
        assert response.headers["X-Accel-Buffering"] == "no"
        for line in response.iter_lines(decode_unicode=True):
            if line.startswith("data: "):
                events.append(json.loads(line.removeprefix("data: ")))
            if len(events) == count:
                return events
    return events


def test_a_log_tells_the_system_and_the_container(sandbox: Sandbox):
    pod = sandbox.serving()
    sandbox.engine(pod["id"], "GET", "/health")

    events = read(sandbox, pod["id"], "", 8)

    assert "pulling image vllm/vllm-openai:v0.32.0" in events[0]["line"]
    assert [event["source"] for event in events] == ["system"] * 3 + ["container"] * 5
    assert "replay" in events[3]["line"] and "no model is loaded" in events[3]["line"]
    assert events[7]["line"].endswith("Application startup complete.")
    assert events == sorted(events, key=lambda event: event["ts"])


def test_a_played_start_tells_its_weights_apart_as_vllm_does(sandbox: Sandbox):
    pod = sandbox.serving()
    sandbox.engine(pod["id"], "GET", "/health")

    lines = [
        (datetime.fromisoformat(event["ts"]), event["line"])
        for event in read(sandbox, pod["id"], "", 8)
    ]

    times = weight_times(lines)
    assert times.began is not None and times.ended is not None
    assert lines[3][0] <= times.began < times.ended < lines[7][0]


def test_tail_and_source_choose_the_lines(sandbox: Sandbox):
    pod = sandbox.serving()

    (last,) = read(sandbox, pod["id"], "?tail=1&source=system", 1)

    assert last["line"] == "start container, engine replay (sandbox)"


def test_a_cursor_resumes_after_its_line(sandbox: Sandbox):
    pod = sandbox.serving()
    first, second = read(sandbox, pod["id"], "", 2)

    (resumed,) = read(sandbox, pod["id"], "", 1, headers={"Last-Event-ID": first["ts"]})

    assert resumed == second


def test_a_stream_goes_on_with_new_lines_and_ends_with_the_pod(sandbox: Sandbox):
    pod = sandbox.serving()
    path = f"/v2/pods/{pod['id']}/logs?tail=0"
    with sandbox.send("GET", path, stream=True) as response:
        lines = response.iter_lines(decode_unicode=True)
        assert next(lines) == ": no lines yet"

        sandbox.act(pod["id"], "restart")
        assert wait_for(lambda: "restart requested" in next(lines))
        sandbox.act(pod["id"], "terminate")

        assert "terminate requested" in "".join(lines)


@pytest.mark.parametrize(
    "query", ["?tail=-1", "?tail=5001", "?source=kernel", "?since=today"]
)
def test_a_wish_that_cannot_be_is_refused(sandbox: Sandbox, query):
    pod = sandbox.create()

    sandbox.ask("GET", f"/v2/pods/{pod['id']}/logs{query}", status=422)
