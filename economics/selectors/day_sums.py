"""The sums of a day per deployment: from the lines alone, or with what runs up now."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Count, Exists, OuterRef, Sum

from economics.calc.hours import day_bounds, day_of
from economics.calc.profit import DayFigures
from economics.calc.profit import Provenance as Tag
from economics.calc.token_mix import TokenCounts
from economics.models import (
    CostKind,
    CostLine,
    LogHour,
    Provenance,
    RevenueLine,
    TokenClass,
    UsageHour,
)
from economics.selectors.days import booking_day, closed_days
from economics.selectors.expenses import DayExpenses, day_expenses
from economics.selectors.hour_revenue import (
    Prices,
    charged_of,
    counts_of,
    hour_revenue,
    revenue_provenance,
    unbooked_hours,
)
from economics.selectors.pod_cost import cost_provenance, unaccrued_amounts, unaccrued_pods
from economics.selectors.resource_cost import resource_cost_rows, running_resource_costs

CLASSES = ("uncached_prompt", "cached_prompt", "completion")
CATCH_UP_DAYS = 62  # how far back an unbooked hour may lie and still run up today


@dataclass(frozen=True)
class DaySums:
    """One day of one deployment, or of several added up.

    counts            [tokens] served in the day, by the hours they were served in
    unpriced_tokens   of them: in no line, because no price was set
    priced_tokens     [tokens] behind `revenue_usd`
    gpu_seconds       [s] of billed pod time
    """

    cost_usd: Decimal = Decimal(0)
    revenue_usd: Decimal = Decimal(0)
    counts: TokenCounts = TokenCounts()
    unpriced_tokens: int = 0
    priced_tokens: int = 0
    gpu_seconds: int = 0
    tags: frozenset[Tag] = frozenset()

    def __add__(self, other: DaySums) -> DaySums:
        return DaySums(
            cost_usd=self.cost_usd + other.cost_usd,
            revenue_usd=self.revenue_usd + other.revenue_usd,
            counts=self.counts + other.counts,
            unpriced_tokens=self.unpriced_tokens + other.unpriced_tokens,
            priced_tokens=self.priced_tokens + other.priced_tokens,
            gpu_seconds=self.gpu_seconds + other.gpu_seconds,
            tags=self.tags | other.tags,
        )

    def figures(self, take_rate: Decimal) -> DayFigures:
        """Profit and break-even of these sums."""
        return DayFigures.from_sums(
            cost_usd=self.cost_usd,
            revenue_usd=self.revenue_usd,
            take_rate=take_rate,
            tags=self.tags,
        )


SumsByDeployment = dict[int, DaySums]


def closed_day_sums(day: date, expenses: DayExpenses | None = None) -> SumsByDeployment:
    """What the lines of a day add up to, per deployment id. Nothing is estimated.

    expenses  those of the day; read when not given. What fleets share is in no sum here.
    """
    sums: defaultdict[int, DaySums] = defaultdict(DaySums)
    own = expense_sums(expenses or day_expenses(day))
    for part in (cost_sums(day), own, revenue_sums(day), usage_sums(day)):
        for deployment, more in part:
            sums[deployment] += more
    return dict(sums)


def booked_costs(day: date, expenses: DayExpenses) -> SumsByDeployment:
    """The cost alone of what is booked in a day, per deployment id. Two queries."""
    sums: defaultdict[int, DaySums] = defaultdict(DaySums)
    for deployment, more in (*cost_sums(day), *expense_sums(expenses)):
        sums[deployment] += more
    return dict(sums)


def open_day_sums(
    day: date, now: datetime, expenses: DayExpenses | None = None
) -> SumsByDeployment:
    """The lines of an open day, and what has run up since: unbooked tokens and seconds.

    expenses  as for `closed_day_sums`; a day's share counts whole from its first second
    """
    closed = closed_days(day - timedelta(days=CATCH_UP_DAYS))
    sums: defaultdict[int, DaySums] = defaultdict(DaySums)
    parts = (
        cost_sums(day),
        expense_sums(expenses or day_expenses(day)),
        revenue_sums(day),
        usage_sums(day, with_unpriced=False),
        running_costs(day, now, closed),
        running_revenue(day, now, closed),
    )
    for part in parts:
        for deployment, more in part:
            sums[deployment] += more
    return dict(sums)


def cost_sums(day: date) -> list[tuple[int, DaySums]]:
    """Cost lines of a day. An accrued hour that the bill confirmed counts as billed."""
    rows = (
        CostLine.objects.filter(day=day)
        .order_by()
        .values_list("pod__deployment", "kind", "provenance")
        .annotate(Sum("amount_usd"), Sum("seconds"), Count("pk"))
    )
    confirmed = confirmed_lines(day)
    pods = []
    for deployment, kind, provenance, usd, seconds, lines in rows:
        settled = confirmed.get((deployment, kind, provenance), 0)
        tags = {cost_tag(provenance, confirmed=True)} if settled else set()
        if lines > settled:
            tags.add(cost_tag(provenance, confirmed=False))
        more = DaySums(
            cost_usd=usd,
            gpu_seconds=seconds if kind == CostKind.GPU else 0,
            tags=frozenset(tags),
        )
        pods.append((deployment, more))
    return pods + resource_sums(resource_cost_rows(day))


def confirmed_lines(day: date) -> dict[tuple[int, str, str], int]:
    """How many cost lines of a day a billed line settles, by deployment, kind and tag.

    A query of its own: asked of each line, the database would read every line there is.
    """
    owner = ("corrects__pod__deployment", "corrects__kind", "corrects__provenance")
    rows = (
        CostLine.objects.filter(corrects__isnull=False, corrects__day=day)
        .order_by()
        .values_list(*owner)
        .annotate(Count("corrects", distinct=True))
    )
    return {(row[0], row[1], row[2]): row[3] for row in rows}


def resource_sums(
    rows: Iterable[tuple[int, Decimal, Provenance]],
) -> list[tuple[int, DaySums]]:
    """Costs of volumes and endpoints as sums; they have no GPU seconds of ours."""
    return [
        (deployment, DaySums(cost_usd=usd, tags=frozenset({Tag(provenance)})))
        for deployment, usd, provenance in rows
    ]


def expense_sums(expenses: DayExpenses) -> list[tuple[int, DaySums]]:
    """The other expenses of the deployments themselves."""
    return [
        (deployment, shared_sums(usd)) for deployment, usd in expenses.by_deployment.items()
    ]


def shared_sums(usd: Decimal) -> DaySums:
    """Other expenses as sums: invoices, so they count as billed; nothing without any."""
    return DaySums(cost_usd=usd, tags=frozenset({Tag.BILLED})) if usd else DaySums()


def cost_tag(provenance: str, *, confirmed: bool) -> Tag:
    """The tag of a cost line, given whether a billed line settles it."""
    if confirmed and provenance in (Provenance.ACCRUED, Provenance.ESTIMATED):
        return Tag.BILLED
    return Tag(provenance)


def revenue_sums(day: date) -> list[tuple[int, DaySums]]:
    """Revenue lines of a day."""
    rows = (
        RevenueLine.objects.filter(day=day)
        .order_by()
        .values("deployment", "provenance")
        .annotate(usd=Sum("amount_usd"), count=Sum("tokens"))
    )
    return [
        (
            row["deployment"],
            DaySums(
                revenue_usd=row["usd"],
                priced_tokens=row["count"],
                tags=frozenset({Tag(row["provenance"])}),
            ),
        )
        for row in rows
    ]


def usage_sums(day: date, *, with_unpriced: bool = True) -> list[tuple[int, DaySums]]:
    """Tokens of the hours of a day, and how many of them no line covers."""
    start, end = day_bounds(day)
    hours = UsageHour.objects.filter(hour_start__gte=start, hour_start__lt=end)
    sums: list[tuple[int, DaySums]] = []
    for waiting in (False, True):
        rows = (
            hours.filter(booked_at__isnull=waiting)
            .order_by()
            .values_list("pod__deployment")
            .annotate(*(Sum(f"{name}_tokens") for name in CLASSES))
        )
        for deployment, *tokens in rows:
            unpriced = sum(tokens) if with_unpriced and waiting else 0
            more = DaySums(counts=TokenCounts(*tokens), unpriced_tokens=unpriced)
            sums.append((deployment, more))
    return sums + logged_sums(day, with_unpriced=with_unpriced)


def logged_sums(day: date, *, with_unpriced: bool) -> list[tuple[int, DaySums]]:
    """The same of deployments that have no counters: what their request logs tell."""
    start, end = day_bounds(day)
    booked = Exists(RevenueLine.objects.filter(log_hour=OuterRef("pk")))
    rows = (
        LogHour.objects.filter(earns=True, hour_start__gte=start, hour_start__lt=end)
        .annotate(booked=booked)
        .order_by()
        .values_list("deployment", "booked")
        .annotate(
            Sum("uncached_prompt_tokens"),
            Sum("cached_prompt_tokens"),
            Sum("completion_tokens"),
        )
    )
    return [
        (
            deployment,
            DaySums(
                counts=TokenCounts(*tokens),
                unpriced_tokens=sum(tokens) if with_unpriced and not is_booked else 0,
            ),
        )
        for deployment, is_booked, *tokens in rows
        if deployment is not None
    ]


def running_costs(day: date, now: datetime, closed: set[date]) -> list[tuple[int, DaySums]]:
    """What pods and volumes ran up since their last line, as far as it counts in `day`."""
    sums: list[tuple[int, DaySums]] = []
    for pod in unaccrued_pods(now):
        tags = frozenset({Tag(cost_provenance(pod))})
        for counted_in, kind, usd, seconds in unaccrued_amounts(pod, now, closed=closed):
            if counted_in == day:
                gpu_seconds = seconds if kind == CostKind.GPU else 0
                more = DaySums(cost_usd=usd, gpu_seconds=gpu_seconds, tags=tags)
                sums.append((pod.deployment_id, more))
    return sums + resource_sums(running_resource_costs(day, now, closed))


def running_revenue(
    day: date, now: datetime, closed: set[date] | None = None
) -> list[tuple[int, DaySums]]:
    """What tokens without a line earn at the price of their hour, counted in `day`."""
    since = day_bounds(day - timedelta(days=CATCH_UP_DAYS)).start
    if closed is None:
        closed = closed_days(since.date())
    prices = Prices()
    sums: list[tuple[int, DaySums]] = []
    for hour in unbooked_hours().filter(hour_start__gte=since, hour_start__lte=now):
        price = prices.of(hour)
        total = counts_of(hour).total
        if price is None:
            more = DaySums(unpriced_tokens=total)
            counted_in = day_of(hour.hour_start)
        else:
            charge = charged_of(hour, price)
            tags = {Tag(revenue_provenance(hour, kind, charge)) for kind in TokenClass}
            usd = hour_revenue(hour, price)
            more = DaySums(revenue_usd=usd, priced_tokens=total, tags=frozenset(tags))
            counted_in = booking_day(day_of(hour.hour_start), closed)
        if counted_in == day:
            sums.append((hour.pod.deployment_id, more))
    return sums
