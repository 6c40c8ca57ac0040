from time import monotonic

import pytest
import requests

from fleet.providers.base import NotFound
from fleet.providers.runpod_logs import log_line, read_stream
from tests.fleet.providers.scripted_server import RECORDINGS, Answer

STREAM = (RECORDINGS / "logs.sse").read_bytes()


def test_the_stream_is_left_once_the_wanted_lines_are_there(server, runpod):
    server.will_answer(Answer(body=STREAM, stay_open=True))
    began = monotonic()

    lines = runpod.logs("k3n7x9q2w4", tail=3)

    assert [line.source for line in lines] == ["system", "container", "container"]
    assert lines[0].at is not None
    assert lines[1].text == "INFO Model loading took 14.9888 GiB"
    assert monotonic() - began < 1
    assert server.asked[0].query == {"tail": ["3"]}


def test_a_stream_that_falls_silent_is_left_with_what_has_come(server, runpod):
    server.will_answer(Answer(body=STREAM, stay_open=True))

    lines = runpod.logs("k3n7x9q2w4", tail=100)

    assert len(lines) == 3


def test_a_stream_that_trickles_is_left_at_the_deadline(server):
    server.will_answer(Answer(body=b": keep-alive\n" * 400, trickle=True, stay_open=True))
    began = monotonic()

    with requests.get(server.url, stream=True, timeout=2) as response:
        lines = read_stream(response, tail=100, deadline_seconds=0.3)

    assert lines == []
    assert monotonic() - began < 1


def test_a_pod_without_logs_gives_no_lines(server, runpod):
    server.will_answer(Answer(body=b"", headers={"Content-Length": "0"}))

    assert runpod.logs("k3n7x9q2w4", tail=10) == []


def test_the_log_of_an_unknown_pod_is_not_found(server, runpod):
    server.will_play("refused_404")

    with pytest.raises(NotFound):
        runpod.logs("zzz", tail=10)


@pytest.mark.parametrize("tail", [0, -1, 5_001])
def test_a_tail_outside_the_providers_limits_is_refused(runpod, tail: int):
    with pytest.raises(ValueError, match="it must be from 1 to 5000"):
        runpod.logs("k3n7x9q2w4", tail=tail)


def test_a_line_that_is_not_json_is_shown_as_it_is():
    line = log_line(b"data: plain \x1b[1mwords\x1b[0m\x07")

    assert line is not None
    assert (line.at, line.source, line.text) == (None, "unknown", "plain words ")


@pytest.mark.parametrize("raw", [b"id: 1", b": keep-alive", b"", b"event: log\r"])
def test_what_is_not_data_is_no_line(raw: bytes):
    assert log_line(raw) is None
