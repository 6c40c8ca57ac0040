from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from economics.models import BookImport, LogHour, UsageEstimate, UsageHour
from tests.factories import make_pod


@pytest.fixture
def hour(pod):
    start = timezone.now().replace(minute=0, second=0, microsecond=0)
    return UsageHour.objects.create(
        pod=pod,
        hour_start=start,
        uncached_prompt_tokens=1_000,
        cached_prompt_tokens=400,
        completion_tokens=200,
        requests=9,
        requests_stop=6,
        requests_aborted=2,
        requests_failed=1,
    )


def test_an_hour_has_its_tokens_by_class_and_its_requests_by_reason(script, hour):
    (row,) = script.get("/api/v1/usage").json()["rows"]

    assert (row["deployment"], row["pod"]) == ("llama-a", hour.pod.name)
    assert (row["uncached_prompt_tokens"], row["cached_prompt_tokens"]) == (1_000, 400)
    assert (row["completion_tokens"], row["requests"]) == (200, 9)
    assert row["requests_by_reason"] == {
        "stop": 6,
        "length": 0,
        "aborted": 2,
        "failed": 1,
        "other": 0,
        "unknown": 0,
    }
    assert (row["source"], row["provenance"]) == ("counters", "measured")
    assert row["is_sealed"] is False


def test_reasoning_tokens_are_unknown_and_not_zero(script, hour):
    (row,) = script.get("/api/v1/usage").json()["rows"]

    assert row["reasoning_tokens"] is None
    assert "counters do not tell" in row["reasoning_tokens_unknown_because"]


def test_a_split_that_is_a_guess_is_estimated(script, hour):
    UsageHour.objects.update(cached_unknown=True)

    (row,) = script.get("/api/v1/usage").json()["rows"]

    assert row["provenance"] == "estimated"


def test_one_deployment_or_all(script, hour):
    stranger = make_pod()
    UsageHour.objects.create(pod=stranger, hour_start=hour.hour_start)

    assert len(script.get("/api/v1/usage").json()["rows"]) == 2
    assert len(script.get("/api/v1/usage?deployment=llama-a").json()["rows"]) == 1


def test_what_was_not_metered_stands_apart_with_its_bound(script, hour):
    UsageEstimate.objects.create(
        pod=hour.pod,
        reason="end",
        hour_start=hour.hour_start,
        from_at=hour.hour_start,
        to_at=hour.hour_start + timedelta(seconds=8),
        uncached_prompt_tokens=48,
        cached_prompt_tokens=24,
        completion_tokens=8,
        basis="500 tokens in the 50 s before × 8 s: 80",
        earns=False,
        made_at=hour.hour_start,
    )

    body = script.get("/api/v1/usage").json()

    assert len(body["rows"]) == 1
    (row,) = body["estimates"]
    assert (row["source"], row["provenance"]) == ("estimate", "estimated")
    assert (row["completion_tokens"], row["counts_in_revenue"]) == (8, False)
    assert "peak throughput" in row["at_most_tokens_unknown_because"]


def test_a_request_log_is_a_list_of_its_own(script, hour):
    LogHour.objects.create(
        book_import=BookImport.objects.create(
            kind="requests",
            sha256="0",
            name="log.jsonl",
            row_count=9,
            acting_user="ada",
            imported_at=hour.hour_start,
        ),
        served_model=hour.pod.deployment.variant.served_model,
        hour_start=hour.hour_start,
        completion_tokens=200,
        requests_stop=9,
        earns=False,
    )

    body = script.get("/api/v1/usage").json()

    (row,) = body["logged"]
    assert (row["source"], row["file"]) == ("request log", "log.jsonl")
    assert (row["deployment"], row["counts_in_revenue"]) == (None, False)
    assert "no request of the log" in row["reasoning_tokens_unknown_because"]
    assert len(body["rows"]) == 1


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("from=yesterday", "from is 'yesterday'; write a day such as 2026-03-04."),
        ("from=2026-03-01&to=2026-03-08", "is 8 days; ask for 7 at most."),
        ("from=2026-03-02&to=2026-03-01", "after to (2026-03-01)"),
        ("deployment=nobody", "there is no deployment 'nobody'"),
        ("deployment=%00", "write 1 to 120 printable characters"),
    ],
)
def test_nonsense_gets_a_sentence(script, hour, query, sentence):
    answer = script.get(f"/api/v1/usage?{query}")

    assert answer.status_code == 400 and sentence in answer.json()["detail"]


def test_many_pods_take_no_more_queries(script, hour):
    for hours in range(20):
        UsageHour.objects.create(
            pod=make_pod(deployment=hour.pod.deployment),
            hour_start=hour.hour_start - timedelta(hours=hours),
        )

    with CaptureQueriesContext(connection) as queries:
        script.get("/api/v1/usage")

    assert len(queries) <= 6
