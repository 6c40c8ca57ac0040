from datetime import timedelta
from decimal import Decimal

import pytest

from economics.models import CostLine, DailyProfit, DayClose, RevenueLine, Scope
from economics.services.billing import read_billing
from economics.services.close import CloseRefused, close_day, due_days
from tests import factories
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod, price, sample
from tests.economics.services.test_billing import Bill, charged

CLOSING = NEXT_MIDNIGHT + timedelta(minutes=20)
TOMORROW = DAY + timedelta(days=1)


def a_day_of(of, prompt=10_000_000, cached=4_000_000, completion=1_000_000):
    """A pod that ended at 12:30 and served its tokens before 11:00."""
    sample(of, at(10, 59), prompt, cached, completion)
    of.billed_until = at(12, 30)
    of.save(update_fields=["billed_until"])


def profit(scope, **of):
    return DailyProfit.objects.get(day=DAY, scope=scope, **of)


def test_a_day_is_summed_up_from_its_lines():
    served = pod()
    price(served)
    a_day_of(served)

    assert close_day(DAY, CLOSING) is True

    row = profit(Scope.DEPLOYMENT)
    assert row.revenue_usd == Decimal("8.4")  # 6 M x $1 + 4 M x $0.10 + 1 M x $2
    assert row.cost_usd == Decimal("1.5")  # 2 h of rent at $0.74 and of disk at $0.01
    assert row.profit_usd == Decimal("6.9")
    assert row.break_even_revenue_usd == Decimal("1.5")
    assert row.break_even_tokens == 1_964_286  # 1.5 / (8.4 / 11 M), rounded up
    tokens = (row.uncached_prompt_tokens, row.cached_prompt_tokens, row.completion_tokens)
    assert tokens == (6_000_000, 4_000_000, 1_000_000)
    assert row.utilization == Decimal("1.527778")  # 11 M / (1000/s x 7200 s)
    assert row.break_even_utilization == Decimal("0.272818")
    assert row.provenance == "accrued"


def test_the_stored_figures_are_the_sums_of_the_lines_to_the_last_digit():
    served = pod()
    price(served)
    a_day_of(served, 1_234_567, 345_678, 98_765)

    close_day(DAY, CLOSING)

    row = profit(Scope.ALL, simulated=False)
    assert row.cost_usd == sum(CostLine.objects.values_list("amount_usd", flat=True))
    assert row.revenue_usd == sum(RevenueLine.objects.values_list("amount_usd", flat=True))
    assert row.profit_usd == row.revenue_usd - row.cost_usd


def test_a_take_rate_lowers_the_profit_and_raises_what_is_needed(settings):
    settings.TAKE_RATE = Decimal("0.05")
    served = pod()
    price(served)
    a_day_of(served)

    close_day(DAY, CLOSING)

    row = profit(Scope.DEPLOYMENT)
    assert row.profit_usd == Decimal("6.48")
    assert row.break_even_revenue_usd == Decimal("1.578947")


def test_deployments_add_up_to_their_fleet_and_fleets_to_all(settings):
    settings.TAKE_RATE = Decimal("0.055")
    fleet = factories.make_fleet()
    pods = [
        pod(deployment=factories.make_deployment(fleet=fleet)),
        pod(deployment=factories.make_deployment(fleet=fleet)),
        pod(),
    ]
    for n, each in enumerate(pods):
        price(each)
        a_day_of(each, 1_000_003 * (n + 1), 1000, 333)

    close_day(DAY, CLOSING)

    def summed(rows, column):
        return sum(getattr(row, column) for row in rows)

    deployments = DailyProfit.objects.filter(scope=Scope.DEPLOYMENT)
    for column in ("profit_usd", "cost_usd", "revenue_usd", "break_even_revenue_usd"):
        mine = summed(deployments.filter(fleet=fleet), column)
        assert getattr(profit(Scope.FLEET, fleet=fleet), column) == mine
        fleets = DailyProfit.objects.filter(scope=Scope.FLEET)
        assert getattr(profit(Scope.ALL, simulated=False), column) == summed(fleets, column)


def test_play_money_has_rows_of_its_own():
    served = pod()
    deployment = factories.make_deployment(fleet=factories.make_fleet(simulated=True))
    played = pod(deployment=deployment)
    price(served)
    price(played)
    a_day_of(served, 1_000_000, 0, 0)
    a_day_of(played, 5_000_000, 0, 0)

    close_day(DAY, CLOSING)

    assert profit(Scope.ALL, simulated=False).revenue_usd == Decimal("1")
    assert profit(Scope.ALL, simulated=True).revenue_usd == Decimal("5")
    assert profit(Scope.ALL, simulated=True).provenance == "simulated"
    assert profit(Scope.ALL, simulated=False).provenance == "accrued"


def test_closing_twice_changes_nothing():
    served = pod()
    price(served)
    a_day_of(served)
    close_day(DAY, CLOSING)
    before = list(DailyProfit.objects.values())

    assert close_day(DAY, CLOSING + timedelta(hours=1)) is False
    assert list(DailyProfit.objects.values()) == before


def test_a_day_that_is_not_sealed_is_refused_with_a_sentence():
    pod()

    with pytest.raises(CloseRefused, match="can not be closed before 2026-03-05 00:15 UTC"):
        close_day(DAY, NEXT_MIDNIGHT + timedelta(minutes=14, seconds=59))

    assert not DayClose.objects.exists()
    assert not CostLine.objects.exists()


def test_days_close_in_order():
    pod()

    with pytest.raises(CloseRefused, match="2026-03-04 is not closed yet"):
        close_day(TOMORROW, CLOSING + timedelta(days=1))


def test_a_day_before_the_first_figures_is_refused():
    pod()

    with pytest.raises(CloseRefused, match="no figures for 2026-03-03"):
        close_day(DAY - timedelta(days=1), CLOSING)


def test_days_that_were_missed_are_due_oldest_first_and_never_more_than_a_month():
    pod()

    assert due_days(CLOSING) == [DAY]
    assert due_days(NEXT_MIDNIGHT) == []
    assert due_days(CLOSING + timedelta(days=2)) == [DAY, TOMORROW, DAY + timedelta(days=2)]
    assert len(due_days(CLOSING + timedelta(days=365))) == 31


def test_nothing_is_due_before_anything_was_rented():
    assert due_days(CLOSING) == []


def test_a_correction_after_the_close_leaves_the_closed_day_and_counts_in_the_next():
    served = pod()
    price(served)
    a_day_of(served)
    close_day(DAY, CLOSING)

    bill = Bill(
        charged(served, 10, "0.35", "0.005"),
        charged(served, 11, "0.74", "0.01"),
        charged(served, 12, "0.37", "0.005"),
    )
    read_billing(provider=bill, now=CLOSING + timedelta(minutes=40))
    close_day(TOMORROW, CLOSING + timedelta(days=1))

    assert profit(Scope.DEPLOYMENT).cost_usd == Decimal("1.5")
    row = DailyProfit.objects.get(day=TOMORROW, scope=Scope.DEPLOYMENT)
    assert row.cost_usd == Decimal("-0.02")
    assert row.profit_usd == Decimal("0.02")


def test_tokens_without_a_price_are_named_in_the_closed_day():
    served = pod()
    a_day_of(served)

    close_day(DAY, CLOSING)

    row = profit(Scope.DEPLOYMENT)
    assert row.unpriced_tokens == 11_000_000
    assert row.revenue_usd == 0
    assert row.break_even_tokens is None
    assert row.break_even_utilization is None


def test_a_day_without_any_figure_is_a_measured_zero_for_the_kinds_of_money_there_are():
    pod(billed_until=at(12))
    close_day(DAY, CLOSING)

    close_day(TOMORROW, CLOSING + timedelta(days=1))

    row = DailyProfit.objects.get(day=TOMORROW)
    assert (row.scope, row.cost_usd, row.provenance) == (Scope.ALL, 0, "measured")


def test_an_hour_that_the_bill_confirmed_counts_as_billed():
    served = pod(billed_until=at(11))
    read_billing(provider=Bill(charged(served, 10, "0.37", "0.005")), now=at(12))

    close_day(DAY, CLOSING)

    assert profit(Scope.DEPLOYMENT).provenance == "billed"
