"""The database splits the hours of a day by use exactly as the formula's code does."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from economics.calc.shares import split_exactly
from economics.models import CostLine, PodHourUse
from economics.selectors.pod_use import UseSums, pod_uses
from tests.economics.services.rows import DAY, MIDNIGHT, at, pod

STEP = Decimal("0.000001")
SECONDS = st.lists(st.integers(0, 3600), min_size=5, max_size=5)
HOURS = st.lists(
    st.tuples(st.integers(-(10**9), 10**9), SECONDS | st.none()), min_size=1, max_size=5
)
NAMES = ("start_up", "serving", "idle", "down", "unknown")


def booked_hour(of, n: int, steps: int, seconds: list[int] | None) -> None:
    """A line of so many millionths of a USD, and what its hour was used for."""
    hour = MIDNIGHT + timedelta(hours=n)
    CostLine.objects.create(
        pod=of,
        kind="gpu",
        hour_start=hour,
        period_start=hour,
        period_end=hour + timedelta(hours=1),
        seconds=3600,
        usd_per_hour=Decimal(1),
        amount_usd=steps * STEP,
        provenance="accrued",
        day=DAY,
        booked_at=hour,
    )
    if seconds is not None:
        named = {
            f"{name}_seconds": count for name, count in zip(NAMES, seconds, strict=True)
        }
        PodHourUse.objects.create(
            pod=of, hour_start=hour, seconds=sum(seconds), booked_at=hour, **named
        )


class SplitTest(TestCase):
    @given(HOURS)
    def test_to_the_last_digit_whatever_the_amounts_and_seconds(self, hours):
        one = pod()
        expected = UseSums()
        for n, (steps, seconds) in enumerate(hours):
            booked_hour(one, n, steps, seconds)
            if seconds is None or not any(seconds):
                expected += UseSums(unknown_usd=steps * STEP)
            else:
                expected += UseSums(*split_exactly(steps * STEP, seconds))

        assert pod_uses(DAY, DAY) == {(DAY, one.deployment_id): expected}


@pytest.mark.django_db
def test_of_an_open_day_young_hours_are_pending_and_old_ones_unknown():
    one = pod()
    booked_hour(one, 10, 5, None)
    booked_hour(one, 11, 7, None)

    found = pod_uses(DAY, DAY, now=at(12, 30))[DAY, one.deployment_id]

    assert found == UseSums(unknown_usd=5 * STEP, pending_usd=7 * STEP)
