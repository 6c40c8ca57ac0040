"""A month of closed days, for print: cost by kind, revenue by model, corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import F

from economics.calc.hours import DAY, day_of
from economics.calc.profit import Provenance, weakest
from economics.focus import SERVICES, month_of
from economics.models import CostKind, DailyProfit, DayClose, DayUse, Scope
from economics.selectors.pod_use import UseSums, stored_use


@dataclass(frozen=True)
class CostRow:
    """What one kind cost [USD]: first booked, and by lines that correct."""

    kind: str
    name: str
    booked_usd: Decimal = Decimal(0)
    corrections_usd: Decimal = Decimal(0)

    @property
    def total_usd(self) -> Decimal:
        return self.booked_usd + self.corrections_usd


@dataclass(frozen=True)
class RevenueRow:
    """What one model earned [USD], gross, and its tokens: served in closed days that knew
    a price for them."""

    model: str
    tokens: int
    usd: Decimal


@dataclass(frozen=True)
class CorrectionRow:
    """Correction lines that counted in this month, by the day that they are about."""

    about: date
    lines: int
    usd: Decimal


@dataclass(frozen=True)
class Month:
    """The statement of a month in one kind of money: its closed days alone.

    open_days  days of the month up to today that are not closed
    """

    first: date
    last: date
    simulated: bool
    closed: list[DayClose]
    open_days: list[date]
    costs: list[CostRow]
    revenues: list[RevenueRow]
    corrections: list[CorrectionRow]
    uses: UseSums | None
    revenue_usd: Decimal
    fees_usd: Decimal
    cost_usd: Decimal
    profit_usd: Decimal
    provenance: Provenance
    bill_read_until: datetime | None
    buckets: int

    @property
    def listed_cost_usd(self) -> Decimal:
        return sum((row.total_usd for row in self.costs), Decimal(0))

    @property
    def listed_revenue_usd(self) -> Decimal:
        return sum((row.usd for row in self.revenues), Decimal(0))

    @property
    def corrections_usd(self) -> Decimal:
        return sum((row.usd for row in self.corrections), Decimal(0))

    @property
    def adds_up(self) -> bool:
        """Whether the rows are the closed figures to the last digit."""
        return (
            self.listed_cost_usd == self.cost_usd
            and self.listed_revenue_usd == self.revenue_usd
        )


def month_statement(first: date, *, simulated: bool, now: datetime) -> Month:
    """The closed days of the month that begins on `first`. Four queries."""
    begin, end = month_of(first)
    last = day_of(end) - DAY
    closed = list(DayClose.objects.filter(day__gte=first, day__lte=last).order_by("day"))
    days = [each.day for each in closed]
    rows = list(
        DailyProfit.objects.filter(day__in=days, simulated=simulated).annotate(
            model=F("deployment__variant__served_model__name")
        )
    )
    whole = [row for row in rows if row.scope == Scope.ALL]
    own = [row for row in rows if row.scope == Scope.DEPLOYMENT]
    cost = _sum(row.cost_usd for row in whole)
    profit = _sum(row.profit_usd for row in whole)
    revenue = _sum(row.revenue_usd for row in whole)
    sums = month_sums(days, simulated=simulated, begin=begin, end=end)
    seen = next(row for row in sums if row.part == "bill")
    return Month(
        first=first,
        last=last,
        simulated=simulated,
        closed=closed,
        open_days=_open_days(first, min(last, day_of(now)), set(days)),
        costs=cost_rows(sums),
        revenues=revenue_rows(own),
        corrections=correction_rows(sums),
        uses=uses_of(days, own, cost, simulated=simulated),
        revenue_usd=revenue,
        fees_usd=revenue - (profit + cost),
        cost_usd=cost,
        profit_usd=profit,
        provenance=weakest(Provenance(row.provenance) for row in whole),
        bill_read_until=seen.read_at,
        buckets=seen.lines,
    )


def _open_days(first: date, last: date, closed: set[date]) -> list[date]:
    days = (first + n * DAY for n in range((last - first).days + 1))
    return [day for day in days if day not in closed]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


# The lines of a month are read once: booked and correcting ones by one pass. Lines of the
# other kind of money are told by their pods, which are few.
SUMS = """
SELECT 'cost' AS part, kind, CASE WHEN observation_id IS NOT NULL
    THEN (hour_start AT TIME ZONE 'UTC')::date END AS about,
  count(*) FILTER (WHERE amount_usd <> 0) AS lines, sum(amount_usd) AS usd,
  NULL::timestamptz AS read_at
FROM economics_costline
WHERE day = ANY(%(days)s) AND pod_id NOT IN (
  SELECT pod.id FROM fleet_pod AS pod
  JOIN fleet_deployment AS owner ON owner.id = pod.deployment_id
  JOIN fleet_fleet AS fleet ON fleet.id = owner.fleet_id
  WHERE fleet.simulated <> %(simulated)s)
GROUP BY 2, 3
UNION ALL
SELECT CASE WHEN line.volume_id IS NOT NULL AND line.billed_usd IS NOT NULL
    THEN 'moved' ELSE 'booked' END,
  CASE WHEN line.volume_id IS NULL THEN 'serverless' ELSE 'network_volume' END, NULL,
  count(*), sum(line.amount_usd), NULL
FROM economics_resourcecostline AS line
JOIN fleet_deployment AS owner ON owner.id = line.deployment_id
JOIN fleet_fleet AS fleet ON fleet.id = owner.fleet_id
WHERE line.day = ANY(%(days)s) AND fleet.simulated = %(simulated)s
GROUP BY 1, 2
UNION ALL
SELECT 'booked', 'expense', NULL, count(*), sum(line.amount_usd), NULL
FROM economics_expenseline AS line
JOIN economics_expense AS expense ON expense.id = line.expense_id
WHERE line.day = ANY(%(days)s) AND expense.simulated = %(simulated)s
UNION ALL
SELECT 'booked', 'variance', NULL, count(*), -sum(amount_usd), NULL
FROM economics_varianceline WHERE day = ANY(%(days)s) AND simulated = %(simulated)s
UNION ALL
SELECT 'bill', NULL, NULL, count(*), NULL, max(seen.observed_at)
FROM economics_billingobservation AS seen
JOIN fleet_pod AS pod ON pod.id = seen.pod_id
JOIN fleet_deployment AS owner ON owner.id = pod.deployment_id
JOIN fleet_fleet AS fleet ON fleet.id = owner.fleet_id
WHERE seen.bucket_start >= %(begin)s AND seen.bucket_start < %(end)s
  AND NOT seen.is_inferred AND fleet.simulated = %(simulated)s
"""


class MonthSum(NamedTuple):
    """A row of SUMS. `about`: the UTC day that lines which correct are about."""

    part: str
    kind: str
    about: date | None
    lines: int
    usd: Decimal | None
    read_at: datetime | None


def month_sums(
    days: list[date], *, simulated: bool, begin: datetime, end: datetime
) -> list[MonthSum]:
    """What the lines of closed days add up to, and the bill of [begin, end). One query."""
    asked: dict[str, Any] = {
        "days": days,
        "simulated": simulated,
        "begin": begin,
        "end": end,
    }
    with connection.cursor() as cursor:
        cursor.execute(SUMS, asked)
        return [MonthSum(*row) for row in cursor.fetchall()]


def cost_rows(sums: Iterable[MonthSum]) -> list[CostRow]:
    """Cost by kind, in the order of the kinds; kinds without a line are left out."""
    booked: defaultdict[str, Decimal] = defaultdict(Decimal)
    moved: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in sums:
        if row.usd is not None:
            into = moved if row.part == "moved" or row.about is not None else booked
            into[row.kind] += row.usd
    names = {kind.value: kind.label for kind in CostKind} | {
        kind: SERVICES[kind].name
        for kind in ("network_volume", "serverless", "expense", "variance")
    }
    return [
        CostRow(kind, name, booked[kind], moved[kind])
        for kind, name in names.items()
        if booked[kind] or moved[kind]
    ]


def revenue_rows(rows: Iterable[Any]) -> list[RevenueRow]:
    """Gross revenue by model, the most first, of the stored days of deployments.

    rows  with `model`, its name
    """
    tokens: defaultdict[str, int] = defaultdict(int)
    usd: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows:
        served = (
            row.uncached_prompt_tokens + row.cached_prompt_tokens + row.completion_tokens
        )
        tokens[row.model] += served - row.unpriced_tokens
        usd[row.model] += row.revenue_usd
    found = [RevenueRow(name, tokens[name], usd[name]) for name in usd]
    sold = [row for row in found if row.usd or row.tokens]
    return sorted(sold, key=lambda row: (-row.usd, row.model))


def correction_rows(sums: Iterable[MonthSum]) -> list[CorrectionRow]:
    """Differences to the bill that counted in these days, by the UTC day they are about."""
    lines: defaultdict[date, int] = defaultdict(int)
    usd: defaultdict[date, Decimal] = defaultdict(Decimal)
    for row in sums:
        if row.about is not None and row.lines and row.usd is not None:
            lines[row.about] += row.lines
            usd[row.about] += row.usd
    return [CorrectionRow(day, lines[day], usd[day]) for day in sorted(lines)]


def uses_of(
    days: list[date], own: Iterable[DailyProfit], whole_usd: Decimal, *, simulated: bool
) -> UseSums | None:
    """The cost of deployments by what it was for; None where a day was closed before
    that was kept. What fleets share is in no deployment's cost, and added as shared.

    whole_usd  [USD] what all of it cost
    """
    kept = DayUse.objects.filter(day__in=days, deployment__fleet__simulated=simulated)
    stored = {(row.day, row.deployment_id): stored_use(row) for row in kept}
    rows = list(own)
    if any((row.day, row.deployment_id) not in stored for row in rows):
        return None
    uses = sum(stored.values(), UseSums())
    return uses + UseSums(shared_usd=whole_usd - _sum(row.cost_usd for row in rows))
