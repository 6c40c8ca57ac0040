"""Own measurement, published one, corrected estimate, estimate, roofline: in this order."""

from dataclasses import replace
from datetime import date

import pytest

from fleet.throughput.answer import best_estimate
from fleet.throughput.evidence import Evidence
from fleet.throughput.latency import Latency, Unknown
from fleet.throughput.traffic import Traffic
from tests.fleet.throughput.points import (
    CALIBRATED,
    L40S,
    LOAD,
    NOT_INSTALLED,
    make_point,
    work,
)

OWN = make_point(
    ttft_ms=None, tpot_ms=None, output_tokens_per_second=420.0, source="our pod kerne-1"
)
EXACT = make_point()
NEAR = make_point(concurrency=24)


class SaysAlways:
    """An estimator that knows one answer."""

    name = "an estimator"

    def latency(self, shape, traffic):
        return Latency(ttft_ms=250.0, tpot_ms=35.0)


def answer(*, own=(), published=(), estimator=NOT_INSTALLED, model=True, shape=L40S):
    return best_estimate(
        shape,
        work() if model else None,
        LOAD,
        own=own,
        published=published,
        estimator=estimator,
        calibrated=CALIBRATED,
    )


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"own": [OWN], "published": [EXACT], "estimator": SaysAlways()}, 1),
        ({"published": [EXACT, NEAR], "estimator": SaysAlways()}, 2),
        ({"published": [NEAR], "estimator": SaysAlways()}, 3),
        ({"published": [NEAR]}, 3),
        ({"estimator": SaysAlways()}, 4),
        ({"estimator": SaysAlways(), "model": False}, 4),
        ({}, 5),
    ],
)
def test_the_best_evidence_at_hand_answers(given, kind):
    assert answer(**given).kind == Evidence(kind)


def test_a_published_measurement_is_told_as_it_was_published():
    told = answer(published=[EXACT])

    assert (told.ttft_ms, told.tpot_ms, told.dated) == (300, 40, date(2026, 3, 1))
    # 16 requests of 0.3 s + 249 x 0.04 s each.
    assert told.output_tokens_per_second == pytest.approx(16 * 250 / 10.26)
    assert told.uncached_prompt_tokens_per_second == pytest.approx(16 * 1000 / 10.26)


def test_of_two_published_measurements_the_newer_one_counts():
    newer = replace(EXACT, tpot_ms=30.0, measured_on=date(2026, 9, 1))

    assert answer(published=[EXACT, newer]).tpot_ms == 30


def test_our_own_rate_is_told_and_not_what_latencies_would_give():
    told = answer(own=[OWN])

    assert told.output_tokens_per_second == pytest.approx(420)
    assert told.total_tokens_per_second == pytest.approx(420 * 5)


def test_many_windows_of_our_own_make_a_band_of_their_own():
    windows = [replace(OWN, output_tokens_per_second=400.0 + n) for n in range(0, 100, 10)]

    band = answer(own=windows).band

    assert (band.low, band.high) == (pytest.approx(410 / 445), pytest.approx(480 / 445))
    assert band.rows == 10


def test_a_measurement_on_another_gpu_is_no_published_answer():
    told = answer(published=[replace(EXACT, gpu="RTX 4090")])

    assert told.kind is Evidence.ESTIMATOR_CORRECTED
    assert "another GPU" in told.words


def test_the_band_widens_with_the_distance_of_the_nearest_neighbour():
    near = answer(published=[make_point(concurrency=20)]).band
    far = answer(published=[make_point(concurrency=100)]).band

    assert near.low > far.low
    assert near.high < far.high


def test_that_the_estimator_is_missing_is_said():
    assert "The estimator is not installed." in answer().words


def test_nothing_known_is_unknown_with_every_reason():
    told = answer(model=False)

    assert isinstance(told, Unknown)
    assert "not installed" in told.reason


def test_an_unlisted_gpu_is_unknown_and_no_guess():
    told = answer(shape=replace(L40S, gpu="TPU v9"))

    assert isinstance(told, Unknown)
    assert "TPU v9" in told.reason


def test_a_latency_target_is_another_question():
    told = best_estimate(
        L40S, work(), Traffic(1000, 250, max_tpot_ms=50), estimator=NOT_INSTALLED
    )

    assert isinstance(told, Unknown)
    assert "capacity" in told.reason
