"""What marketplaces owe, by market and month, and how late it is."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db import connection

from economics.calc.hours import DAY, day_of
from economics.calc.months import first_of
from economics.calc.profit import Provenance as Tag
from economics.calc.receivables import Age, age_of, due_on
from economics.models import DEFAULT_MARKET
from economics.selectors.day_sums import running_revenue
from economics.selectors.history import open_days

NOTHING = Decimal(0)
OPEN_DAYS = 3  # days that may be open beside the closed ones

# The newest version of a statement is what is owed; a payment is of the month it pays.
MOVED = """
SELECT 'accrued', '', date_trunc('month', day)::date, sum(profit_usd + cost_usd)
FROM economics_dailyprofit WHERE scope = 'all' AND simulated = %(simulated)s GROUP BY 3
UNION ALL
SELECT 'stated', market, month, net_usd FROM (
  SELECT DISTINCT ON (market, month) market, month, net_usd FROM economics_statement
  WHERE simulated = %(simulated)s ORDER BY market, month, version DESC
) AS newest
UNION ALL
SELECT 'received', party, month, sum(amount_usd) FROM economics_cashentry
WHERE kind = 'payment' AND simulated = %(simulated)s AND month IS NOT NULL
GROUP BY party, month
"""


class Moved(NamedTuple):
    """An amount [USD] of a month: net accrued (of no market yet), stated, or received."""

    kind: str
    market: str
    month: date
    usd: Decimal

    @property
    def is_accrued(self) -> bool:
        return self.kind == "accrued"

    @property
    def is_received(self) -> bool:
        return self.kind == "received"


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
    moved = moved_by_month(simulated=simulated)
    owed = owed_usd(moved, simulated=simulated, now=now)
    received = {(each.market, each.month): each.usd for each in moved if each.is_received}
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


def moved_by_month(*, simulated: bool) -> list[Moved]:
    """What closed days accrued, newest statements say, and payments brought. One query."""
    with connection.cursor() as cursor:
        cursor.execute(MOVED, {"simulated": simulated})
        return list(map(Moved._make, cursor.fetchall()))


def owed_usd(
    moved: Sequence[Moved], *, simulated: bool, now: datetime
) -> dict[tuple[str, date], tuple[Decimal, bool]]:
    """(net [USD], whether a statement says so) by market and month.

    What is accrued for a month without any statement is the default marketplace's.
    """
    accrued = {each.month: each.usd for each in moved if each.is_accrued}
    for month, net in open_net(simulated=simulated, now=now).items():
        accrued[month] = accrued.get(month, NOTHING) + net
    owed = {
        (each.market, each.month): (each.usd, True)
        for each in moved
        if not each.is_accrued and not each.is_received
    }
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
