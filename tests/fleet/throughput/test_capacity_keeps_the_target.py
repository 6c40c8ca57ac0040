"""Capacity: the highest concurrency that holds the latency, and the tokens billed there."""

import pytest

from fleet.throughput.answer import best_estimate
from fleet.throughput.capacity import capacity
from fleet.throughput.latency import Unknown
from fleet.throughput.traffic import Traffic
from tests.fleet.throughput.points import CALIBRATED, L40S, NOT_INSTALLED, make_point, work


def most(traffic, *, max_sequences=256, published=()):
    return capacity(
        L40S,
        work(),
        traffic,
        max_sequences=max_sequences,
        published=published,
        estimator=NOT_INSTALLED,
        calibrated=CALIBRATED,
    )


def tpot_at(concurrency):
    told = best_estimate(
        L40S,
        work(),
        Traffic(1000, 250, concurrency=concurrency),
        estimator=NOT_INSTALLED,
        calibrated=CALIBRATED,
    )
    return told.tpot_ms


def test_one_more_request_would_break_the_target():
    found = most(Traffic(1000, 250, max_tpot_ms=40.0))

    assert tpot_at(found.concurrency) <= 40 < tpot_at(found.concurrency + 1)
    assert "TPOT would be" in found.limited_by


def test_the_number_of_sequences_limits_too():
    found = most(Traffic(1000, 250, max_tpot_ms=1000.0), max_sequences=7)

    assert found.concurrency == 7
    assert found.limited_by == "the most sequences allowed, 7."


def test_a_target_that_nothing_keeps_is_said():
    told = most(Traffic(1000, 250, max_tpot_ms=1.0))

    assert isinstance(told, Unknown)
    assert told.reason.startswith("Not even one request at a time is served: TPOT would")


def test_a_first_token_target_limits_before_the_queue_grows():
    strict = most(Traffic(8000, 250, max_ttft_ms=1500.0))
    loose = most(Traffic(8000, 250, max_ttft_ms=6000.0))

    assert strict.concurrency < loose.concurrency


def test_cached_prompts_leave_more_room():
    cold = most(Traffic(4000, 250, max_tpot_ms=60.0))
    warm = most(Traffic(4000, 250, cached_share=0.8, max_tpot_ms=60.0))

    assert warm.estimate.total_tokens_per_second > cold.estimate.total_tokens_per_second
    share = warm.estimate.cached_prompt_tokens_per_second
    assert share / warm.estimate.prompt_tokens_per_second == pytest.approx(0.8)


def test_cached_tokens_are_not_free():
    short = most(Traffic(800, 250, max_tpot_ms=60.0))
    long = most(Traffic(8000, 250, cached_share=0.9, max_tpot_ms=60.0))

    # The same 800 tokens to compute, but ten times the cache to read at every step.
    assert long.estimate.output_tokens_per_second < short.estimate.output_tokens_per_second


def test_a_slow_measurement_lowers_the_capacity():
    slow = [make_point(concurrency=c, tpot_ms=tpot_at(c) * 1.5) for c in (8, 16, 32)]

    asked = Traffic(1000, 250, max_tpot_ms=50.0)

    assert most(asked, published=slow).concurrency < most(asked).concurrency


def test_no_sequence_at_all_is_refused():
    told = most(Traffic(1000, 250, max_tpot_ms=50.0), max_sequences=0)

    assert told == Unknown("max_sequences is 0; it must be 1 or more.")
