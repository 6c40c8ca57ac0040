"""In which day a line counts: its own while that is open, else the first open one."""

from datetime import date, timedelta

import pytest

from economics.models import DayClose
from economics.selectors.days import booking_day
from tests.clock import NOON, TODAY

pytestmark = pytest.mark.django_db
CLOSED = [TODAY - timedelta(days=ago) for ago in (3, 2, 1)]


@pytest.fixture(autouse=True)
def three_closed_days() -> None:
    DayClose.objects.bulk_create([DayClose(day=day, closed_at=NOON) for day in CLOSED])


@pytest.mark.parametrize(
    ("day", "counts_in"),
    [
        (TODAY, TODAY),
        (TODAY + timedelta(days=1), TODAY + timedelta(days=1)),
        (CLOSED[-1], TODAY),
        (CLOSED[0], TODAY),
        # Days close in order: one before the first close never will, and would be lost.
        (CLOSED[0] - timedelta(days=1), TODAY),
    ],
)
def test_a_line_counts_in_its_day_or_else_in_the_first_open_one(day: date, counts_in: date):
    assert booking_day(day) == counts_in
    assert booking_day(day, set(CLOSED)) == counts_in
