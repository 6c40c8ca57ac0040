from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction

from economics.models import DailyProfit, DayClose, RevenueLine, Scope, TakeRate
from economics.selectors.take_rates import TakeRates
from economics.selectors.today import today
from economics.services.close import close_day
from economics.services.metering import seal_hours, settle_usage
from economics.services.revenue import post_revenue
from economics.services.take_rates import TakeRateRefused, first_free_day, set_take_rate
from fleet.models import AuditEntry
from tests.economics.services.rows import DAY, NEXT_MIDNIGHT, at, pod, price, sample

NEXT_DAY = DAY + timedelta(days=1)
FIVE, TEN = Decimal("0.05"), Decimal("0.10")


def rated(rate=FIVE, *, valid_from=DAY, **more):
    return set_take_rate(rate, valid_from=valid_from, acting_user="ada", now=at(9), **more)


def two_days():
    """A million completion tokens of $2 on each of two days."""
    served = pod()
    price(served)
    sample(served, at(20), 0, 0, 0)
    sample(served, at(21), 0, 0, 1_000_000)
    sample(served, at(28), 0, 0, 1_000_000)
    sample(served, at(29), 0, 0, 2_000_000)
    return served


def net(day):
    row = DailyProfit.objects.get(day=day, scope=Scope.ALL)
    return row.profit_usd + row.cost_usd


def test_a_change_between_two_days_leaves_each_its_own_rate(settings):
    settings.TAKE_RATE = Decimal(0)
    two_days()
    rated(FIVE, valid_from=DAY)
    rated(TEN, valid_from=NEXT_DAY)

    close_day(DAY, at(25))
    close_day(NEXT_DAY, at(49))

    assert (net(DAY), net(NEXT_DAY)) == (Decimal("1.900000"), Decimal("1.800000"))
    stored = DailyProfit.objects.filter(scope=Scope.ALL).values_list("day", "take_rate")
    assert dict(stored) == {DAY: FIVE, NEXT_DAY: TEN}


def test_each_line_names_the_rate_that_made_its_net(settings):
    settings.TAKE_RATE = Decimal("0.02")
    two_days()
    row = rated(TEN, valid_from=NEXT_DAY)
    close_day(DAY, at(25))
    close_day(NEXT_DAY, at(49))

    lines = RevenueLine.objects.order_by("day").values_list("day", "take_rate")
    assert list(lines) == [(DAY, None), (NEXT_DAY, row.pk)]
    assert net(DAY) == Decimal("1.960000")


def test_tokens_that_count_in_a_later_day_have_the_rate_of_the_day_that_served_them(
    settings,
):
    settings.TAKE_RATE = Decimal(0)
    two_days()
    later = rated(TEN, valid_from=NEXT_DAY)
    settle_usage(at(49))
    seal_hours(at(49))
    DayClose.objects.create(day=DAY, closed_at=at(25))
    post_revenue(at(49))

    lines = RevenueLine.objects.order_by("usage_hour__hour_start")
    assert [(line.day, line.take_rate) for line in lines] == [
        (NEXT_DAY, None),
        (NEXT_DAY, later),
    ]
    close_day(NEXT_DAY, at(50))
    assert net(NEXT_DAY) == Decimal("3.800000")


def test_what_runs_up_today_is_net_of_todays_rate(settings):
    settings.TAKE_RATE = Decimal(0)
    two_days()
    rated(FIVE, valid_from=DAY)
    settle_usage(at(21, 5))

    whole = today(at(21, 5)).whole

    assert whole.sums.revenue_usd == Decimal(2)
    assert whole.sums.fee_usd == Decimal("0.1")
    assert whole.figures.take_rate == FIVE


def test_a_day_with_booked_revenue_takes_no_other_rate():
    two_days()
    settle_usage(at(22))
    seal_hours(at(22))
    post_revenue(at(22))

    with pytest.raises(TakeRateRefused, match="begin on 2026-03-05 or later"):
        rated(valid_from=DAY)

    assert first_free_day(at(22)) == NEXT_DAY
    assert rated(valid_from=NEXT_DAY).valid_from == NEXT_DAY


def test_a_closed_day_takes_no_other_rate():
    two_days()
    close_day(DAY, at(25))

    with pytest.raises(TakeRateRefused, match="Revenue of 2026-03-04 is booked"):
        rated(valid_from=DAY)


def test_a_rate_is_audited_and_never_changed():
    row = rated()

    assert AuditEntry.objects.get().figures == {"rate": "0.05", "valid_from": "2026-03-04"}
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        TakeRate.objects.filter(pk=row.pk).update(rate=TEN)


def test_before_the_first_rate_the_setting_counts(settings):
    settings.TAKE_RATE = Decimal("0.03")
    rated(valid_from=NEXT_DAY)

    assert TakeRates().on(DAY) == Decimal("0.03")
    assert TakeRates().on(NEXT_DAY) == FIVE


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"rate": Decimal("5.5")}, "write the marketplace's share of gross revenue"),
        ({"rate": Decimal(-1)}, "from 0 to 0.99, such as 0.055"),
        ({"rate": Decimal("NaN")}, "The take rate is NaN"),
        ({"rate": Decimal("0.05555")}, "it can have 4 decimals"),
        ({"market": "elsewhere"}, 'The market is "elsewhere", and revenue is accrued'),
    ],
)
def test_a_wrong_rate_gets_a_sentence_and_nothing_is_saved(asked, sentence):
    with pytest.raises(TakeRateRefused, match=sentence):
        rated(**asked)

    assert not TakeRate.objects.exists() and not AuditEntry.objects.exists()


def test_two_rates_of_one_day_are_refused():
    rated()

    with pytest.raises(TakeRateRefused, match="already has a take rate from 2026-03-04"):
        rated(TEN)


def test_the_command_sets_a_rate_and_refuses_nonsense():
    call_command("set_take_rate", "0.055", "--from", "2999-01-01")

    assert TakeRate.objects.get().valid_from == date(2999, 1, 1)
    with pytest.raises(CommandError, match="write a share, as 0.055"):
        call_command("set_take_rate", "much")
    with pytest.raises(CommandError, match="write a day, as 2026-03-01"):
        call_command("set_take_rate", "0.055", "--from", "tomorrow")


def test_closing_twice_gives_the_same_figures():
    two_days()
    rated(FIVE)
    close_day(DAY, at(25))
    before = list(DailyProfit.objects.values())

    assert close_day(DAY, NEXT_MIDNIGHT + timedelta(days=2)) is False
    assert list(DailyProfit.objects.values()) == before
