"""Any answer is a sign that we can look out; silence is told with its reason."""

from fleet.providers.canary import canary_silence
from tests.fleet.providers.scripted_server import Answer, scripted_server


def test_any_status_is_an_answer():
    with scripted_server() as server:
        server.will_answer(Answer(503))

        assert canary_silence(server.url, seconds=2) == ""


def test_nobody_there_is_told():
    assert "does not answer: ConnectionError" in canary_silence(
        "http://127.0.0.1:9/", seconds=2
    )


def test_an_address_that_is_none_is_silence_too():
    assert canary_silence("http://[", seconds=2)
