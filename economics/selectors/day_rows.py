"""Days with their cost by what it was for, per deployment, closed or running."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal

from economics.calc.day_unit_cost import day_unit_cost, usd_per_million
from economics.calc.hours import DAY, day_of
from economics.calc.profit import Provenance, weakest
from economics.calc.token_mix import TokenCounts
from economics.calc.unit_cost import TokenSeconds, UnitCost
from economics.calc.unknown import Unknown
from economics.models import DailyProfit, DayUse, Scope
from economics.selectors.booked_day import BookedDay, DaySums
from economics.selectors.day_sums import open_day_sums
from economics.selectors.history import open_days
from economics.selectors.kept_speeds import figure
from economics.selectors.pod_use import UseSums, running_uses, stored_use
from fleet.models import Deployment, SpeedEstimate

MOST_OPEN_DAYS = 3  # counted live; days close by themselves within minutes
NOT_KEPT = Unknown("the day was closed before the uses of its seconds were kept")


@dataclass(frozen=True)
class DayRow:
    """Some deployments' figures of some days [USD].

    uses  None where a part was closed before uses were kept
    """

    day: date
    deployment: Deployment | None = None
    counts: TokenCounts = TokenCounts()
    revenue_usd: Decimal = Decimal(0)
    net_revenue_usd: Decimal = Decimal(0)
    cost_usd: Decimal = Decimal(0)
    profit_usd: Decimal = Decimal(0)
    uses: UseSums | None = field(default_factory=UseSums)
    is_open: bool = False
    provenance: Provenance = Provenance.MEASURED
    seconds: TokenSeconds | Unknown = Unknown("classes of several models do not add up")

    def __add__(self, other: DayRow) -> DayRow:
        both = self.uses is not None and other.uses is not None
        return DayRow(
            day=max(self.day, other.day),
            counts=self.counts + other.counts,
            revenue_usd=self.revenue_usd + other.revenue_usd,
            net_revenue_usd=self.net_revenue_usd + other.net_revenue_usd,
            cost_usd=self.cost_usd + other.cost_usd,
            profit_usd=self.profit_usd + other.profit_usd,
            uses=self.uses + other.uses if both else None,  # type: ignore[operator]
            is_open=self.is_open or other.is_open,
            provenance=weakest((self.provenance, other.provenance)),
        )

    @property
    def contribution_usd(self) -> Decimal | Unknown:
        """Net revenue minus what would not have been spent with the deployment off."""
        if self.uses is None:
            return NOT_KEPT
        return self.net_revenue_usd - self.uses.avoidable_usd

    @property
    def usd_per_million(self) -> Decimal | Unknown:
        return usd_per_million(self.cost_usd, self.counts.total)

    @property
    def unit_cost(self) -> UnitCost | Unknown:
        """The cost of a million tokens of each class."""
        if isinstance(self.seconds, Unknown):
            return self.seconds
        return day_unit_cost(
            cost_usd=self.cost_usd, counts=self.counts, seconds=self.seconds
        )


@dataclass(frozen=True)
class DayRows:
    """The rows of a window, newest day first.

    left_out  open days of it without rows, oldest first: more than are counted at once
    """

    rows: list[DayRow]
    left_out: list[date]


def day_rows(
    first: date,
    last: date,
    *,
    now: datetime,
    deployments: Iterable[Deployment],
    simulated: bool,
    whole: bool = True,
    by_class: bool = True,
    most_open: int | None = MOST_OPEN_DAYS,
) -> DayRows:
    """Rows per day and deployment of [first, last], both included.

    deployments  of one kind of money, with their variants
    whole        with what no deployment has for itself
    by_class     with what a million tokens of each class cost
    most_open    how many open days are counted, the newest; None: all
    """
    owners = {each.pk: each for each in deployments}
    rows, shared = stored_rows(first, last, owners, simulated=simulated)
    left_out: list[date] = []
    end = min(last, day_of(now))
    if first <= end:
        running = open_days(first, end, most=most_open)
        left_out = running.left_out
        for day, booked in running.counted:
            rows += running_rows(day, booked, now, owners, simulated=simulated, whole=whole)
    found = [*rows, *(shared if whole else [])]
    if by_class:
        speeds = class_speeds(owners.values())
        found = [_with_speed(row, speeds) for row in found]
    found.sort(key=lambda row: (row.day, _slug(row)), reverse=True)
    return DayRows(found, left_out)


def _slug(row: DayRow) -> str:
    return "" if row.deployment is None else row.deployment.slug


def _with_speed(row: DayRow, speeds: dict[int, TokenSeconds | Unknown]) -> DayRow:
    if row.deployment is None:
        return row
    return replace(row, seconds=speeds[row.deployment.pk])


def stored_rows(
    first: date, last: date, deployments: dict[int, Deployment], *, simulated: bool
) -> tuple[list[DayRow], list[DayRow]]:
    """Closed days as they were stored, per deployment, and what of each day's cost is no
    deployment's: expenses that fleets, or all of them, share. Two queries.

    The rest of the whole is what is shared only where `deployments` are all of them.
    """
    days = {"day__gte": first, "day__lte": last}
    uses = {
        (row.day, row.deployment_id): stored_use(row)
        for row in DayUse.objects.filter(deployment__in=list(deployments), **days)
    }
    closed = DailyProfit.objects.filter(simulated=simulated, **days).exclude(
        scope=Scope.FLEET
    )
    rows: list[DayRow] = []
    rest: defaultdict[date, Decimal] = defaultdict(Decimal)
    for row in closed:
        if row.scope == Scope.ALL:
            rest[row.day] += row.cost_usd
        elif row.deployment_id in deployments:
            rest[row.day] -= row.cost_usd
            rows.append(stored_row(row, deployments[row.deployment_id], uses))
    return rows, [shared_row(day, usd) for day, usd in rest.items() if usd]


def stored_row(
    row: DailyProfit,
    deployment: Deployment,
    uses: dict[tuple[date, int], UseSums],
) -> DayRow:
    """A closed day of a deployment."""
    return DayRow(
        day=row.day,
        deployment=deployment,
        counts=TokenCounts(
            row.uncached_prompt_tokens, row.cached_prompt_tokens, row.completion_tokens
        ),
        revenue_usd=row.revenue_usd,
        net_revenue_usd=row.profit_usd + row.cost_usd,
        cost_usd=row.cost_usd,
        profit_usd=row.profit_usd,
        uses=uses.get((row.day, deployment.pk)),
        provenance=Provenance(row.provenance),
    )


def shared_row(day: date, usd: Decimal, *, is_open: bool = False) -> DayRow:
    """Expenses of a day that no deployment has for itself [USD]."""
    return DayRow(
        day=day,
        cost_usd=usd,
        profit_usd=-usd,
        uses=UseSums(shared_usd=usd),
        is_open=is_open,
        provenance=Provenance.BILLED,
    )


def running_rows(
    day: date,
    booked: BookedDay,
    now: datetime,
    deployments: dict[int, Deployment],
    *,
    simulated: bool,
    whole: bool,
) -> list[DayRow]:
    """An open day, as far as it is known; with what is shared, where the whole is asked."""
    lines, sums = booked.costs(), open_day_sums(day, now, booked)
    running = {
        pk: part.cost_usd - lines.get(pk, DaySums()).cost_usd for pk, part in sums.items()
    }
    uses = running_uses(day, booked, running, now)
    rows = []
    for pk in sums.keys() & deployments.keys():
        figures = sums[pk].figures(booked.takes.on(day))
        rows.append(
            DayRow(
                day=day,
                deployment=deployments[pk],
                counts=sums[pk].counts,
                revenue_usd=figures.revenue_usd,
                net_revenue_usd=figures.net_revenue_usd,
                cost_usd=figures.cost_usd,
                profit_usd=figures.profit_usd,
                uses=uses[pk],
                is_open=True,
                provenance=figures.provenance,
            )
        )
    shared = booked.expenses.shared_by(simulated=simulated)
    if whole and shared:
        rows.append(shared_row(day, shared, is_open=True))
    return rows


def class_speeds(
    deployments: Iterable[Deployment],
) -> dict[int, TokenSeconds | Unknown]:
    """Seconds of a full replica per token of each class, by deployment id, from the
    newest answer about its weights on its machine. One query."""
    wanted = list(deployments)
    models = [each.variant.repository for each in wanted]
    newest: dict[tuple[str, str, int], SpeedEstimate] = {}
    for row in SpeedEstimate.objects.filter(
        question__model__in=models, computed_at__isnull=False
    ).order_by("computed_at", "pk"):
        asked = row.question
        newest[asked["model"], asked["gpu"], asked["gpu_count"]] = row
    return {
        each.pk: _seconds(
            newest.get((each.variant.repository, each.gpu_type_id, each.gpu_count))
        )
        for each in wanted
    }


def _seconds(row: SpeedEstimate | None) -> TokenSeconds | Unknown:
    if row is None:
        return Unknown("no speed of these weights on this machine was worked out: plan it")
    if "unknown" in row.answer:
        return Unknown(str(row.answer["unknown"]))
    names = ("uncached_prompt_seconds", "cached_prompt_seconds", "completion_seconds")
    return TokenSeconds(*(figure(row.answer[name]) for name in names))


def closed_sum(deployment: Deployment, *, last: date, most_days: int) -> DayRow | None:
    """The newest closed days of one deployment up to `last`, at most so many, as one row
    with the speeds of its classes; None without any. Three queries."""
    rows, _ = stored_rows(
        last - most_days * DAY,
        last,
        {deployment.pk: deployment},
        simulated=deployment.fleet.simulated,
    )
    whole = total(sorted(rows, key=lambda row: row.day, reverse=True)[:most_days])
    if whole is None:
        return None
    speeds = class_speeds([deployment])
    return _with_speed(replace(whole, deployment=deployment), speeds)


def by_day(rows: Iterable[DayRow]) -> list[DayRow]:
    """One row per day: the sum of its deployments; newest first."""
    days: dict[date, DayRow] = {}
    for row in rows:
        days[row.day] = days.get(row.day, DayRow(row.day)) + row
    return [days[day] for day in sorted(days, reverse=True)]


def total(rows: Iterable[DayRow]) -> DayRow | None:
    """The sum of rows; None of nothing."""
    found = list(rows)
    return sum(found[1:], found[0]) if found else None
