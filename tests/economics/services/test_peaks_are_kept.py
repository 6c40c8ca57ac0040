"""What each replica can serve at most is known without anybody typing it in."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from economics.models import UsageHour
from economics.services.peaks import keep_peaks
from fleet.models import AuditEntry, Deployment, Pod, SpeedEstimate
from fleet.services.peaks import leave_peak, set_peak
from fleet.services.refused import Refused
from fleet.services.speeds import want
from tests.factories import make_deployment, make_model, make_pod, make_variant
from tests.speed_answers import ROUND_ANSWER

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


@pytest.fixture
def one(db: None) -> Deployment:
    """Yi 1.5 9B, whose usual traffic nobody knows, on an A100."""
    model = make_model(slug="yi-1.5-9b", name="Yi 1.5 9B")
    variant = make_variant(served_model=model, repository="01-ai/Yi-1.5-9B-Chat")
    return make_deployment(
        variant=variant,
        gpu_type_id="NVIDIA A100 80GB PCIe",
        gpu_count=1,
        max_model_len=4096,
        peak_tokens_per_second=None,
    )


@pytest.fixture
def keep() -> Callable[[datetime], None]:
    """A run of the job, and one more when a worker has answered what it asked."""

    def run(now: datetime) -> None:
        want(keep_peaks(now).missing, now=now)
        SpeedEstimate.objects.update(computed_at=now, answer=ROUND_ANSWER)
        keep_peaks(now)

    return run


def served(pod: Pod, hour: datetime, *, cached: int = 0, requests: int = 1_000) -> None:
    """An hour of 1,000 requests of 3,000 prompt and 1,000 completion tokens each."""
    UsageHour.objects.create(
        pod=pod,
        hour_start=hour,
        uncached_prompt_tokens=3_000 * requests - cached,
        cached_prompt_tokens=cached,
        completion_tokens=1_000 * requests,
        requests=requests,
    )


def test_a_new_deployment_gets_what_its_model_usually_serves(
    one: Deployment, keep: Callable[[datetime], None]
):
    keep(NOW)

    one.refresh_from_db()
    # 1,000 prompt and 200 completion tokens take 0.1 + 0.2 s: 1,200 / 0.3
    assert one.peak_tokens_per_second == Decimal("4000.00")
    assert one.peak_source == (
        "roofline: a test; the model's usual traffic, 1,000/200 tokens a request, 8 at once"
    )
    assert (one.peak_set_by, one.peak_at) == ("", NOW)


def test_its_own_traffic_takes_the_place_of_the_usual_one(
    one: Deployment, keep: Callable[[datetime], None]
):
    pod = make_pod(deployment=one)
    served(pod, NOW - timedelta(days=1), cached=1_500_000)

    keep(NOW)

    one.refresh_from_db()
    # 1,500 × 0.1 ms + 1,500 × 0.01 ms + 1,000 × 1 ms = 1.165 s for 4,000 tokens
    assert one.peak_tokens_per_second == Decimal("3433.48")
    assert "its own traffic, 3,000/1,000 tokens a request" in one.peak_source


def test_a_hundred_requests_are_the_least_that_a_traffic_is_known_by(
    one: Deployment, keep: Callable[[datetime], None]
):
    served(make_pod(deployment=one), NOW - timedelta(days=1), requests=99)

    keep(NOW)

    one.refresh_from_db()
    assert "the model's usual traffic" in one.peak_source


def test_what_was_really_served_is_no_less_possible_for_an_estimate(
    one: Deployment, keep: Callable[[datetime], None]
):
    served(
        make_pod(deployment=one), NOW.replace(hour=9), requests=4_500
    )  # 18 million tokens

    keep(NOW)

    one.refresh_from_db()
    assert one.peak_tokens_per_second == Decimal("5000.00")
    assert one.peak_source == "measured: its best hour, from 2026-03-02 09:00 UTC"


def test_a_second_run_changes_nothing_more(
    one: Deployment, keep: Callable[[datetime], None]
):
    keep(NOW)
    entries = AuditEntry.objects.count()

    again = keep_peaks(NOW)

    assert (again.moved, again.missing) == (0, [])
    assert AuditEntry.objects.count() == entries == 1


def test_a_peak_set_by_hand_is_left_alone_until_it_is_given_back(
    one: Deployment, keep: Callable[[datetime], None]
):
    set_peak(one, Decimal(4200), source="vllm bench serve", acting_user="ada", now=NOW)
    keep(NOW)
    one.refresh_from_db()
    assert one.peak_tokens_per_second == Decimal("4200.00")
    assert (one.peak_set_by, one.peak_source) == ("ada", "vllm bench serve")

    assert leave_peak(one, acting_user="ada", now=NOW)
    one.refresh_from_db()
    assert one.peak_tokens_per_second is None
    keep(NOW)

    one.refresh_from_db()
    assert one.peak_tokens_per_second == Decimal("4000.00")


def test_weights_of_which_nothing_is_known_say_why_they_have_no_peak(db: None):
    one = make_deployment(peak_tokens_per_second=None)

    keep_peaks(NOW)

    one.refresh_from_db()
    assert one.peak_tokens_per_second is None
    assert one.peak_source == ("not known: how fast these weights are served is not known")


def test_one_that_was_ended_keeps_the_peak_that_it_had(
    one: Deployment, keep: Callable[[datetime], None]
):
    keep(NOW)
    Deployment.objects.update(replicas=0)
    later = NOW + timedelta(days=30)

    assert keep_peaks(later).looked_at == 0


@pytest.mark.parametrize("peak", ["0", "-5", "NaN", "Infinity", "10000001"])
def test_a_peak_that_is_none_is_refused(one: Deployment, peak: str):
    with pytest.raises(Refused, match="Peak throughput is"):
        set_peak(one, Decimal(peak), source="a guess", acting_user="ada", now=NOW)

    one.refresh_from_db()
    assert one.peak_tokens_per_second is None
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("source", ["", "  ", "x" * 201, "a\x07bell"])
def test_a_peak_without_a_word_on_how_it_is_known_is_refused(one: Deployment, source: str):
    with pytest.raises(Refused, match="Source has"):
        set_peak(one, Decimal(4200), source=source, acting_user="ada", now=NOW)
