import pytest

from fleet.providers.base import (
    BalanceTooLow,
    Conflict,
    InvalidRequest,
    NotFound,
    PoolForbidden,
    ProviderRefused,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    Unauthorized,
)
from fleet.providers.runpod import RunPodProvider
from fleet.providers.runpod_http import RunPodHttp
from tests.fleet.providers.conftest import KEY, a_request, runpod_at
from tests.fleet.providers.scripted_server import Answer, ScriptedServer


@pytest.mark.parametrize(
    ("recording", "meaning", "elsewhere", "stops", "later"),
    [
        ("refused_400", Rejected, True, False, False),
        ("refused_401", Unauthorized, False, True, False),
        ("refused_402", BalanceTooLow, False, True, False),
        ("refused_403", PoolForbidden, True, False, False),
        ("refused_404", NotFound, False, False, False),
        ("refused_409", Conflict, False, False, False),
        ("refused_422", InvalidRequest, False, False, False),
        ("refused_429", RateLimited, False, False, True),
    ],
)
def test_a_definite_no_has_its_class_and_says_what_to_do(
    server: ScriptedServer,
    runpod: RunPodProvider,
    recording: str,
    meaning: type[ProviderRefused],
    elsewhere: bool,
    stops: bool,
    later: bool,
):
    server.will_play(recording)

    with pytest.raises(meaning) as refused:
        runpod.create(a_request())

    error = refused.value
    assert type(error) is meaning
    assert (error.retryable_elsewhere, error.stops_everything) == (elsewhere, stops)
    assert error.retryable_later == later


def test_the_violations_of_the_contract_are_told_one_by_one(server, runpod):
    server.will_play("refused_422")

    with pytest.raises(InvalidRequest) as refused:
        runpod.create(a_request())

    assert refused.value.errors == (
        "body.disk: must be at least 1",
        "body.gpuCount: unknown property",
    )
    assert "body.gpuCount: unknown property" in str(refused.value)


def test_an_unlisted_4xx_is_still_a_definite_no(server, runpod):
    server.will_answer(Answer(451, b"not json"))

    with pytest.raises(ProviderRefused, match="HTTP 451"):
        runpod.create(a_request())


@pytest.mark.parametrize(
    "answer",
    [
        Answer(500, b'{"title":"x","status":500,"detail":"read-back failed"}'),
        Answer(502, b"<html>bad gateway</html>"),
        Answer(408, b""),
        Answer(302, b"", {"Location": "http://127.0.0.1:9/"}),
        Answer(201, b"<html>welcome</html>"),
        Answer(201, b'{"id": "p1"}'),
        Answer(201, b'["p1"]'),
        Answer(201, b'{"id": "p1", "cost": NaN}'),
        Answer(201, b""),
        Answer(201, b'{"id"', {"Content-Length": "400"}, stay_open=True),
        Answer(hang_up=True),
    ],
    ids=lambda answer: f"{answer.status}-{answer.body[:12].decode()}",
)
def test_an_answer_that_does_not_say_whether_it_happened_is_unavailable(
    server: ScriptedServer, answer: Answer
):
    server.will_answer(answer)

    with pytest.raises(ProviderUnavailable):
        runpod_at(server, seconds=0.5).create(a_request())

    assert len(server.asked) == 1, "a create must never be sent again"


def test_nobody_listening_is_unavailable():
    nowhere = RunPodProvider(api_key=KEY, base_url="http://127.0.0.1:9")

    with pytest.raises(ProviderUnavailable):
        nowhere.pods()


def test_a_body_that_trickles_is_cut_at_the_deadline(server):
    server.will_answer(Answer(200, b"x" * 200, trickle=True))

    with pytest.raises(ProviderUnavailable, match="took over 0.3 s"):
        runpod_at(server, seconds=0.3).pods()


def test_a_body_over_the_limit_is_not_read_to_its_end(server):
    http = RunPodHttp(base_url=server.url, api_key=KEY, most_body_bytes=1_000)
    server.will_answer(Answer(200, b"x" * 200_000))

    with pytest.raises(ProviderUnavailable, match="more than 1000 bytes"):
        http.get("/v2/pods")


def test_a_redirect_is_not_followed(server, runpod):
    server.will_answer(Answer(307, b"", {"Location": server.url + "/elsewhere"}))

    with pytest.raises(ProviderUnavailable, match="redirect"):
        runpod.pods()

    assert [asked.path for asked in server.asked] == ["/v2/pods"]


def test_without_retry_after_the_emptied_window_says_how_long_to_wait(server, runpod):
    header = {"RateLimit": '"minute";r=0;t=23, "hour";r=10;t=900'}
    server.will_answer(Answer(429, b"{}", header))

    with pytest.raises(RateLimited) as limited:
        runpod.pods()

    assert limited.value.retry_after_seconds == 23


def test_a_rate_limit_without_any_hint_says_so(server, runpod):
    server.will_answer(Answer(429, b"", {"Retry-After": "soon"}))

    with pytest.raises(RateLimited) as limited:
        runpod.pods()

    assert limited.value.retry_after_seconds is None


def test_what_is_left_of_the_quotas_is_kept(server, runpod):
    server.will_play("pods")

    runpod.pods()

    assert runpod.rate_limit["minute"].remaining == 59
    assert runpod.rate_limit["hour"].reset_seconds == 3000
