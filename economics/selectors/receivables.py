"""What marketplaces owe, by market and month, and how late it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum

from economics.calc.hours import DAY, day_of
from economics.calc.months import first_of
from economics.calc.profit import Provenance as Tag
from economics.calc.receivables import Age, age_of, due_on
from economics.models import DEFAULT_MARKET, CashEntry, CashKind
from economics.selectors.accrued_months import accrued_by_month
from economics.selectors.day_sums import running_revenue
from economics.selectors.history import open_days
from economics.selectors.statements import newest_statements

NOTHING = Decimal(0)
OPEN_DAYS = 3  # days that may be open beside the closed ones
FIRST_MONTH = date(2015, 1, 1)


@dataclass(frozen=True)
class Receivable:
    """What one marketplace owes for one month [USD].

    owed_usd   net of its newest statement; without one of the month, net accrued so far
    is_stated  which of the two
    """

    market: str
    month: date
    owed_usd: Decimal
    is_stated: bool
    received_usd: Decimal
    due_on: date
    age: Age

    @property
    def outstanding_usd(self) -> Decimal:
        """What is still to come; negative: more came than is owed."""
        return self.owed_usd - self.received_usd

    @property
    def to_come_usd(self) -> Decimal:
        """What is outstanding, 0 where more came than is owed."""
        return max(self.outstanding_usd, NOTHING)

    @property
    def beyond_usd(self) -> Decimal:
        """What came beyond what is owed."""
        return max(-self.outstanding_usd, NOTHING)

    @property
    def not_due_usd(self) -> Decimal:
        return self.to_come_usd if self.age == Age.NOT_DUE else NOTHING

    @property
    def overdue_usd(self) -> Decimal:
        return NOTHING if self.age == Age.NOT_DUE else self.to_come_usd


def receivables(*, simulated: bool, now: datetime) -> list[Receivable]:
    """Every market and month that is owed or was paid, newest month first."""
    today = day_of(now)
    owed = owed_usd(simulated=simulated, now=now)
    received = received_usd(simulated=simulated)
    found = []
    for market, month in sorted({*owed, *received}, key=lambda key: (key[1], key[0])):
        usd, stated = owed.get((market, month), (NOTHING, False))
        due = due_on(month, terms_days=settings.PAYMENT_TERMS_DAYS)
        found.append(
            Receivable(
                market=market,
                month=month,
                owed_usd=usd,
                is_stated=stated,
                received_usd=received.get((market, month), NOTHING),
                due_on=due,
                age=age_of(due, today=today),
            )
        )
    return [each for each in reversed(found) if each.owed_usd or each.received_usd]


def owed_usd(
    *, simulated: bool, now: datetime
) -> dict[tuple[str, date], tuple[Decimal, bool]]:
    """(net [USD], whether a statement says so) by market and month.

    What is accrued for a month without any statement is the default marketplace's.
    """
    accrued = {
        month: net
        for month, (_, net) in accrued_by_month(
            simulated=simulated, since=FIRST_MONTH
        ).items()
    }
    for month, net in open_net(simulated=simulated, now=now).items():
        accrued[month] = accrued.get(month, NOTHING) + net
    owed: dict[tuple[str, date], tuple[Decimal, bool]] = {}
    for statement in newest_statements(simulated=simulated):
        owed[statement.market, statement.month] = (statement.net_usd, True)
    stated = {month for _, month in owed}
    for month, net in accrued.items():
        if month not in stated:
            owed[DEFAULT_MARKET, month] = (net, False)
    return owed


def open_net(*, simulated: bool, now: datetime) -> dict[date, Decimal]:
    """Net revenue of the days that are not closed, by month [USD]."""
    today = day_of(now)
    first = today - (OPEN_DAYS - 1) * DAY
    found: defaultdict[date, Decimal] = defaultdict(Decimal)
    for day, booked in open_days(first, today).counted:
        running = running_revenue(day, now, booked)
        for _, sums in (*booked.revenue(), *running):
            if (Tag.SIMULATED in sums.tags) == simulated:
                found[first_of(day)] += sums.revenue_usd - sums.fee_usd
    return dict(found)


def received_usd(*, simulated: bool) -> dict[tuple[str, date], Decimal]:
    """Payments by market and month [USD]."""
    rows = (
        CashEntry.objects.filter(kind=CashKind.PAYMENT, simulated=simulated)
        .order_by()
        .values_list("party", "month")
        .annotate(usd=Sum("amount_usd"))
    )
    return {(market, month): usd for market, month, usd in rows if month is not None}


def by_age(rows: Iterable[Receivable]) -> list[tuple[Age, Decimal]]:
    """What is to come [USD] of each age, the youngest first."""
    sums: dict[Age, Decimal] = dict.fromkeys(Age, NOTHING)
    for row in rows:
        sums[row.age] += row.to_come_usd
    return list(sums.items())


def next_payment(rows: Sequence[Receivable]) -> tuple[date, Decimal] | None:
    """The next day on which money is due to come, and how much [USD]; None: none is.

    What is overdue has no day and is not counted on.
    """
    coming = [row for row in rows if row.not_due_usd > 0]
    if not coming:
        return None
    day = min(row.due_on for row in coming)
    usd = sum((row.outstanding_usd for row in coming if row.due_on == day), NOTHING)
    return day, usd
