from datetime import timedelta
from decimal import Decimal

from economics.alerts import lost_day
from economics.models import DailyProfit, Scope
from tests.clock import MIDNIGHT, NOON, TODAY

YESTERDAY = TODAY - timedelta(days=1)


def closed(profit: str, **columns):
    defaults = {
        "day": YESTERDAY,
        "scope": Scope.ALL,
        "simulated": False,
        "uncached_prompt_tokens": 0,
        "cached_prompt_tokens": 0,
        "completion_tokens": 0,
        "revenue_usd": Decimal(10),
        "cost_usd": Decimal(10) - Decimal(profit),
        "profit_usd": Decimal(profit),
        "take_rate": Decimal(0),
        "break_even_revenue_usd": Decimal(10),
        "provenance": "billed",
        "closed_at": MIDNIGHT + timedelta(minutes=20),
    }
    return DailyProfit.objects.create(**(defaults | columns))


def test_a_loss_is_found_with_its_numbers(db: None):
    closed("-2.50")

    found = lost_day(NOON, Decimal(0))[0]

    assert found.title == "2026-03-09 closed with a loss of 2.50 USD"
    assert found.detail.startswith("Revenue 10.00 USD, cost 12.50 USD, billed;")


def test_a_loss_at_the_limit_is_none(db: None):
    closed("-2.50")

    assert lost_day(NOON, Decimal("2.50")) == []


def test_play_money_says_so_and_is_a_trouble_of_its_own(db: None):
    closed("-1")
    closed("-1", simulated=True)

    found = lost_day(NOON, Decimal(0))

    assert len({each.subject for each in found}) == 2
    assert sum("play money" in each.title for each in found) == 1


def test_a_gain_an_older_day_and_a_single_fleet_are_not_looked_at(db: None):
    closed("1")
    closed("-1", day=YESTERDAY - timedelta(days=1))

    assert lost_day(NOON, Decimal(0)) == []
