"""The forecast of the closed loop: three views, weighed by how wrong they were."""

import numpy as np
import pytest

from economics.planner.schedule.forecast import CASES, Forecaster

DAY = [1.0] * 12 + [10.0] * 12


def learned(hours: list[float]) -> Forecaster:
    forecaster = Forecaster()
    for hour in hours:
        forecaster.learn(hour)
    return forecaster


def test_without_a_past_nothing_is_expected():
    assert [each.max() for each in Forecaster().expect(2)] == [0.0, 0.0]


def test_one_hour_is_expected_again_with_a_wide_range():
    (cases,) = learned([100.0]).expect(1)

    assert len(cases) == CASES
    assert cases.mean() == pytest.approx(100, rel=0.05)
    assert cases.min() < 60
    assert cases.max() > 150


def test_an_hour_that_is_not_over_is_what_the_next_ones_follow():
    (after,) = Forecaster().expect(1, running=50.0)

    assert after.mean() == pytest.approx(50, rel=0.05)


def test_the_same_hour_of_earlier_days_is_expected_where_days_repeat():
    cases = learned(DAY * 6).expect(24)

    assert [round(float(np.median(each))) for each in cases] == DAY


def test_the_level_of_the_last_hours_lifts_the_day():
    past = [*DAY * 6, *[1.0] * 10, 2.0, 2.0]

    noon, _ = learned(past).expect(2)

    assert float(np.median(noon)) > 12  # ten at noon; the morning was twice as high


def test_the_range_narrows_where_the_views_were_right():
    few, many = (learned([5.0] * hours).expect(1)[0] for hours in (1, 100))

    assert many.max() - many.min() < few.max() - few.min()


def test_a_view_that_was_wrong_weighs_less():
    """Every other hour nothing is asked: the newest hour says the opposite of the next."""
    late = learned([0.0, 10.0] * 48)

    (cases,) = late.expect(1)

    assert float(np.median(cases)) < 5  # after a ten a zero comes, as on all days
