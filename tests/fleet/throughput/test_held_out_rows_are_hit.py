"""On measured rows that nothing has seen, ours errs half as much as the estimator."""

import random
from statistics import median

import pytest

from fleet.throughput.answer import modelled, question
from fleet.throughput.calibration import FEWEST_ROWS, calibration
from fleet.throughput.estimator import estimator, installed_points
from fleet.throughput.evidence import Evidence
from fleet.throughput.latency import Unknown
from fleet.throughput.model_work import known_work
from fleet.throughput.neighbours import distance, place_of

ROWS = 120
SEED = 7


def is_the_same_measurement(one, other):
    """Of the same shape at the same load, whenever it was measured."""
    here, there = place_of(one.shape, one.traffic), place_of(other.shape, other.traffic)
    return distance(here, there) < 0.12


@pytest.mark.slow
@pytest.mark.skipif(
    isinstance(estimator(), Unknown), reason="aiconfigurator-core is not installed"
)
def test_a_measured_neighbour_halves_the_error_of_tpot():
    """One engine on one GPU, so that the estimator loads one table; the whole is a
    benchmark. The row itself, and whatever repeats it, is left out."""
    adapter = estimator()
    rows = [
        point
        for point in installed_points()
        if point.gpu == "h200_sxm" and point.engine == "vllm" and point.gpu_count <= 8
    ]
    alone, ours = [], []
    for row in random.Random(SEED).sample(rows, ROWS):
        told = adapter.latency(row.shape, row.traffic)
        asked = question(
            row.shape,
            known_work(row.model, row.precision),
            own=(),
            published=[point for point in rows if not is_the_same_measurement(row, point)],
            estimator=adapter,
        )
        guess = modelled(asked, row.traffic)
        if isinstance(told, Unknown) or guess.kind is not Evidence.ESTIMATOR_CORRECTED:
            continue
        alone.append(abs(told.tpot_ms / row.tpot_ms - 1))
        ours.append(abs(guess.tpot_ms / row.tpot_ms - 1))

    assert len(ours) > ROWS / 2
    assert median(ours) < median(alone) / 2


def test_the_calibration_says_when_and_from_what():
    made = calibration()

    assert made.rows > 3000
    assert set(made.efficiencies) >= {"ampere", "ada", "hopper", "blackwell"}
    assert all(0 < band.low < band.high for band in made.bands.values())
    assert all(band.rows >= FEWEST_ROWS for band in made.bands.values())


def test_a_band_widens_with_distance_in_the_calibration_too():
    made = calibration()

    near, far = (made.band(Evidence.ESTIMATOR_CORRECTED, "", d) for d in (0.4, 2.0))

    assert far.low < near.low < 1 < near.high < far.high


def test_a_neighbour_at_no_distance_has_the_nearest_band():
    made = calibration()

    at_once, near = (made.band(Evidence.ESTIMATOR_CORRECTED, "", d) for d in (0.0, 0.4))

    assert at_once == near


def test_a_gpu_without_a_band_of_its_own_has_that_of_all():
    made = calibration()

    assert made.band(Evidence.ROOFLINE, "NVIDIA L4") == made.band(Evidence.ROOFLINE, "")
