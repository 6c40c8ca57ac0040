from datetime import timedelta
from decimal import Decimal

import pytest

from economics.models import CostLine, DailyProfit, RevenueLine, UsageHour
from economics.services.accrual import accrue
from economics.services.close import close_day
from economics.services.metering import settle_usage
from tests.at_once import at_once
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod, price, sample

WORKERS = 4


@pytest.fixture(autouse=True)
def books(transactional_db):
    """Threads see each other's rows only when they are committed."""


def test_every_sample_is_counted_once():
    served = pod()
    for n in range(1, 21):
        sample(served, at(10, 40, n), 100 * n, 40 * n, 10 * n)

    counted = at_once(*[lambda: settle_usage(at(10, 41))] * WORKERS)

    assert sum(counted) == 20
    hour = UsageHour.objects.get()
    assert (hour.uncached_prompt_tokens, hour.cached_prompt_tokens) == (1200, 800)
    assert hour.completion_tokens == 200


def test_every_second_is_booked_once():
    pod()
    pod()

    booked = at_once(*[lambda: accrue(at(20))] * WORKERS)

    assert sum(booked) == CostLine.objects.count() == 2 * 2 * 10
    assert (
        sum(CostLine.objects.filter(kind="gpu").values_list("seconds", flat=True)) == 68_400
    )


def test_a_day_is_closed_once_and_holds_every_line():
    served = pod()
    price(served)
    sample(served, at(10, 59), 1_000_000, 0, 0)

    closed = at_once(
        *[lambda: close_day(DAY, NEXT_MIDNIGHT + timedelta(minutes=20))] * WORKERS
    )

    assert sorted(closed) == [False, False, False, True]
    whole = DailyProfit.objects.get(scope="all")
    assert whole.revenue_usd == Decimal(1)
    assert whole.cost_usd == Decimal("10.125")
    assert RevenueLine.objects.count() == 1
