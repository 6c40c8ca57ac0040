import pytest

from fleet.providers.base import (
    NotFound,
    ProviderRefused,
    ProviderUnavailable,
    RateLimited,
    Unauthorized,
)
from tests.fleet.providers.conftest import KEY
from tests.fleet.providers.scripted_server import Answer

pytest.importorskip("runpod", reason="the runpod package is not installed")

from fleet.providers.runpod_serverless import EndpointHealth, ServerlessEndpoint  # noqa: E402

HEALTH = (
    b'{"jobs": {"completed": 5, "failed": 1, "inProgress": 2, "inQueue": 7, "retried": 0},'
    b'"workers": {"idle": 1, "initializing": 0, "running": 2, "throttled": 0}}'
)


@pytest.fixture
def endpoint(server):
    return ServerlessEndpoint("abc123", api_key=KEY, base_url=f"{server.url}/v2/")


def test_a_run_gives_the_id_of_its_job(server, endpoint):
    server.will_answer(Answer(200, b'{"id": "job-1", "status": "IN_QUEUE"}'))

    assert endpoint.run({"prompt": "hello"}) == "job-1"
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("POST", "/v2/abc123/run")
    assert asked.json == {"input": {"prompt": "hello"}}
    assert asked.headers["Authorization"] == f"Bearer {KEY}"


def test_health_counts_jobs_and_workers(server, endpoint):
    server.will_answer(Answer(200, HEALTH))

    assert endpoint.health() == EndpointHealth(
        jobs_in_queue=7,
        jobs_in_progress=2,
        jobs_completed=5,
        jobs_failed=1,
        workers_idle=1,
        workers_running=2,
    )


def test_purge_says_how_many_jobs_it_removed(server, endpoint):
    server.will_answer(Answer(200, b'{"removed": 3, "status": "completed"}'))

    assert endpoint.purge() == 3
    assert server.asked[0].path == "/v2/abc123/purge-queue"


@pytest.mark.parametrize(
    ("answer", "meaning"),
    [
        (Answer(401, b""), Unauthorized),
        (Answer(404, b""), NotFound),
        (Answer(429, b""), RateLimited),
        (Answer(418, b""), ProviderRefused),
        (Answer(500, b""), ProviderUnavailable),
        (Answer(200, b"<html>"), ProviderUnavailable),
        (Answer(200, b"{}"), ProviderUnavailable),
        (Answer(200, b"[]"), ProviderUnavailable),
        (Answer(hang_up=True), ProviderUnavailable),
    ],
)
def test_a_failure_of_a_run_is_one_of_ours_and_is_not_sent_again(
    server, endpoint, answer: Answer, meaning: type[Exception]
):
    server.will_answer(answer)

    with pytest.raises(meaning) as raised:
        endpoint.run({"prompt": "hello"})

    assert len(server.asked) == 1
    assert KEY not in str(raised.value)


def test_an_endpoint_id_that_would_change_the_address_is_refused(server):
    with pytest.raises(ValueError, match="must be letters and digits"):
        ServerlessEndpoint("../x", api_key=KEY, base_url=server.url)


def test_the_key_shows_in_no_repr(endpoint):
    assert KEY not in repr(endpoint)
