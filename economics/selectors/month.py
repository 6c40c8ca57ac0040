"""A month of closed days, for print: cost by kind, revenue by model, corrections."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, QuerySet, Sum

from economics.calc.hours import DAY, day_of
from economics.calc.profit import Provenance, weakest
from economics.focus import SERVICES, month_of
from economics.models import (
    BillingObservation,
    CostKind,
    CostLine,
    DailyProfit,
    DayClose,
    DayUse,
    ExpenseLine,
    ResourceCostLine,
    RevenueLine,
    Scope,
    VarianceLine,
)
from economics.selectors.pod_use import UseSums, stored_use

MONTH_LENGTH = 7  # 2026-03


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
    """What one model earned [USD], gross, and its tokens."""

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


def read_month(text: str) -> date | None:
    """The first day of a month written as 2026-03; None when it is none."""
    plain = len(text) == MONTH_LENGTH and text.isascii()
    try:
        day = date.fromisoformat(f"{text}-01") if plain else None
    except ValueError:
        return None
    return day if day is not None and 1 < day.year < 9998 else None


def month_statement(first: date, *, simulated: bool, now: datetime) -> Month:
    """The closed days of the month that begins on `first`. About a dozen queries."""
    begin, end = month_of(first)
    last = day_of(end) - DAY
    closed = list(DayClose.objects.filter(day__gte=first, day__lte=last).order_by("day"))
    days = [each.day for each in closed]
    rows = list(DailyProfit.objects.filter(day__in=days, simulated=simulated))
    whole = [row for row in rows if row.scope == Scope.ALL]
    cost = _sum(row.cost_usd for row in whole)
    profit = _sum(row.profit_usd for row in whole)
    revenue = _sum(row.revenue_usd for row in whole)
    seen = BillingObservation.objects.filter(
        bucket_start__gte=begin,
        bucket_start__lt=end,
        is_inferred=False,
        pod__deployment__fleet__simulated=simulated,
    ).aggregate(count=Count("pk"), newest=Max("observed_at"))
    return Month(
        first=first,
        last=last,
        simulated=simulated,
        closed=closed,
        open_days=_open_days(first, min(last, day_of(now)), set(days)),
        costs=cost_rows(days, simulated=simulated),
        revenues=revenue_rows(days, simulated=simulated),
        corrections=correction_rows(days, simulated=simulated),
        uses=uses_of(days, rows, simulated=simulated),
        revenue_usd=revenue,
        fees_usd=revenue - (profit + cost),
        cost_usd=cost,
        profit_usd=profit,
        provenance=weakest(Provenance(row.provenance) for row in whole),
        bill_read_until=seen["newest"],
        buckets=seen["count"],
    )


def _open_days(first: date, last: date, closed: set[date]) -> list[date]:
    days = (first + n * DAY for n in range((last - first).days + 1))
    return [day for day in days if day not in closed]


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def cost_rows(days: list[date], *, simulated: bool) -> list[CostRow]:
    """Cost by kind, in the order of the kinds; kinds without a line are left out."""
    booked: defaultdict[str, Decimal] = defaultdict(Decimal)
    moved: defaultdict[str, Decimal] = defaultdict(Decimal)
    lines = CostLine.objects.filter(
        day__in=days, pod__deployment__fleet__simulated=simulated
    ).order_by()
    for part, into in (
        (lines.filter(observation__isnull=True), booked),
        (lines.filter(observation__isnull=False), moved),
    ):
        for kind, usd in part.values_list("kind").annotate(usd=Sum("amount_usd")):
            into[kind] += usd
    resources = ResourceCostLine.objects.filter(
        day__in=days, deployment__fleet__simulated=simulated
    )
    stored = resources.filter(volume__isnull=False)
    booked["network_volume"] = _of(stored.filter(billed_usd__isnull=True))
    moved["network_volume"] = _of(stored.filter(billed_usd__isnull=False))
    booked["serverless"] = _of(resources.filter(endpoint__isnull=False))
    booked["expense"] = _of(
        ExpenseLine.objects.filter(day__in=days, expense__simulated=simulated)
    )
    booked["variance"] = -_of(
        VarianceLine.objects.filter(day__in=days, simulated=simulated)
    )
    names = {kind.value: kind.label for kind in CostKind} | {
        kind: SERVICES[kind].name
        for kind in ("network_volume", "serverless", "expense", "variance")
    }
    return [
        CostRow(kind, name, booked[kind], moved[kind])
        for kind, name in names.items()
        if booked[kind] or moved[kind]
    ]


def _of(lines: QuerySet[Any]) -> Decimal:
    usd: Decimal | None = lines.aggregate(usd=Sum("amount_usd"))["usd"]
    return usd or Decimal(0)


def revenue_rows(days: list[date], *, simulated: bool) -> list[RevenueRow]:
    """Gross revenue by model, the most first. One query."""
    lines = RevenueLine.objects.filter(day__in=days, deployment__fleet__simulated=simulated)
    rows = (
        lines.order_by()
        .values_list("deployment__variant__served_model__name")
        .annotate(tokens=Sum("tokens"), usd=Sum("amount_usd"))
    )
    found = [RevenueRow(name, tokens, usd) for name, tokens, usd in rows]
    return sorted(found, key=lambda row: (-row.usd, row.model))


def correction_rows(days: list[date], *, simulated: bool) -> list[CorrectionRow]:
    """Differences to the bill that counted in these days, by the UTC day they are about."""
    rows = (
        CostLine.objects.filter(
            day__in=days,
            observation__isnull=False,
            pod__deployment__fleet__simulated=simulated,
        )
        .exclude(amount_usd=0)
        .order_by()
        .values_list("hour_start")
        .annotate(count=Count("pk"), usd=Sum("amount_usd"))
    )
    counts: defaultdict[date, int] = defaultdict(int)
    sums: defaultdict[date, Decimal] = defaultdict(Decimal)
    for hour, count, usd in rows:
        counts[day_of(hour)] += count
        sums[day_of(hour)] += usd
    return [CorrectionRow(day, counts[day], sums[day]) for day in sorted(counts)]


def uses_of(
    days: list[date], rows: Iterable[DailyProfit], *, simulated: bool
) -> UseSums | None:
    """The cost of deployments by what it was for; None where a day was closed before
    that was kept. What fleets share is in no deployment's cost, and added as shared."""
    kept = DayUse.objects.filter(day__in=days, deployment__fleet__simulated=simulated)
    stored = {(row.day, row.deployment_id): stored_use(row) for row in kept}
    own = [row for row in rows if row.scope == Scope.DEPLOYMENT]
    if any((row.day, row.deployment_id) not in stored for row in own):
        return None
    whole = _sum(row.cost_usd for row in rows if row.scope == Scope.ALL)
    uses = sum(stored.values(), UseSums())
    return uses + UseSums(shared_usd=whole - _sum(row.cost_usd for row in own))
