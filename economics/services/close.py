"""The day close: a UTC day is summed up once, stored, and never written again."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from django.conf import settings
from django.db.models import F, Q

from economics.calc.break_even import break_even_tokens
from economics.calc.hours import DAY, day_bounds
from economics.calc.money import round_stored
from economics.calc.profit import weakest
from economics.calc.unknown import Unknown
from economics.models import CostKind, CostLine, DailyProfit, DayClose, Scope
from economics.selectors.booked_day import (
    DaySums,
    SumsByDeployment,
    booked_day,
    shared_sums,
)
from economics.selectors.days import first_figures_day, newest_closed_day
from economics.selectors.expenses import DayExpenses
from economics.services.accrual import accrue
from economics.services.books import locked
from economics.services.counting import count_usage
from economics.services.metering import seal_hours
from economics.services.pod_use import book_pod_use, store_day_use
from economics.services.revenue import post_revenue
from fleet.models import Deployment

MAX_CATCH_UP = 31  # days closed by one run
BIGGEST_SHARE = Decimal(10**8)  # a utilization that the column can not hold says nothing
BIGGEST_COUNT = 2**63 - 1


class CloseRefused(Exception):
    """A day that can not be closed; the message is for people."""


@dataclass(frozen=True)
class Owner:
    """Whose figures a row holds; `fleet_id` and `deployment_id` None: all of a kind."""

    scope: Scope
    simulated: bool
    fleet_id: int | None = None
    deployment_id: int | None = None


class Closing(NamedTuple):
    """What a close asks of a deployment."""

    pk: int
    peak_tokens_per_second: Decimal | None
    fleet_id: int
    simulated: bool

    @property
    def itself(self) -> Owner:
        return Owner(Scope.DEPLOYMENT, self.simulated, self.fleet_id, self.pk)

    @property
    def fleet(self) -> Owner:
        return Owner(Scope.FLEET, self.simulated, self.fleet_id)


def closable_at(day: date) -> datetime:
    """When a day may be closed: its last hour is sealed."""
    return day_bounds(day).end + timedelta(seconds=settings.HOUR_SEAL_SECONDS)


def due_days(now: datetime) -> list[date]:
    """Days that are over, not closed, and not before the first figures; oldest first.

    At most MAX_CATCH_UP: the next run goes on after a long silence.
    """
    newest = newest_closed_day()
    first = first_figures_day() if newest is None else newest + DAY
    days: list[date] = []
    while first is not None and len(days) < MAX_CATCH_UP and closable_at(first) <= now:
        days.append(first)
        first += DAY
    return days


def close_day(day: date, now: datetime) -> bool:
    """Close a day: count, seal, book, and store its figures; True if this call did it.

    A closed day stays as it is, and closing it again changes nothing. Raises
    CloseRefused, with a sentence, for a day that is not over and sealed, or not the
    next one: days close in order, so that a correction finds its open day.
    """
    if DayClose.objects.filter(day=day).exists():
        return False
    refuse_if_not_due(day, now)
    count_usage(now)
    seal_hours(now)
    post_revenue(now)
    accrue(now)
    book_pod_use(now)
    return store_day(day, now)


def store_day(day: date, now: datetime) -> bool:
    """Sum up what is booked in a day and store it for good; False: another run has."""
    with locked():
        if DayClose.objects.filter(day=day).exists():
            return False
        booked = booked_day(day)
        sums = booked.sums()
        rows = rows_of(day, sums, booked.expenses, booked.takes.on(day), now)
        DailyProfit.objects.bulk_create(rows)
        store_day_use(day, booked, sums, now)
        DayClose.objects.create(day=day, closed_at=now)
    return True


def refuse_if_not_due(day: date, now: datetime) -> None:
    """Raise CloseRefused unless `day` is the oldest one that is due."""
    if now < closable_at(day):
        raise CloseRefused(
            f"{day} can not be closed before {closable_at(day):%Y-%m-%d %H:%M} UTC, "
            f"when its last hour is sealed; it is {now.astimezone(UTC):%Y-%m-%d %H:%M} UTC."
        )
    due = due_days(now)
    if due and due[0] < day:
        raise CloseRefused(
            f"{due[0]} is not closed yet; days close in order, so close it first."
        )
    if not due or day < due[0]:
        raise CloseRefused(
            f"There are no figures for {day} or before it, so nothing to close."
        )


def rows_of(
    day: date,
    sums: SumsByDeployment,
    expenses: DayExpenses,
    take_rate: Decimal,
    now: datetime,
) -> list[DailyProfit]:
    """The rows of a day: each deployment with figures, its fleet, and all of its kind.

    A fleet, or all, may have figures without any deployment: expenses that it shares.
    """
    existing = Q(created_at__lt=day_bounds(day).end) | Q(pk__in=sums)
    columns = ("pk", "peak_tokens_per_second", "fleet_id", "fleet__simulated")
    deployments = {
        pk: Closing(pk, *others)
        for pk, *others in Deployment.objects.filter(existing).values_list(*columns)
    }
    for pk in on_another_machine(day):
        deployments[pk] = deployments[pk]._replace(peak_tokens_per_second=None)
    parts: defaultdict[Owner, list[DailyProfit]] = defaultdict(list)
    rows: list[DailyProfit] = []
    for pk, deployment in deployments.items():
        whole = parts[Owner(Scope.ALL, deployment.simulated)]
        if pk not in sums:
            continue
        row = deployment_row(day, deployment, sums[pk], take_rate, now)
        rows.append(row)
        whole.append(row)
        parts[deployment.fleet].append(row)
    totals: defaultdict[Owner, DaySums] = defaultdict(DaySums)
    for pk, part in sums.items():
        totals[deployments[pk].fleet] += part
    for fleet, part in list(totals.items()):
        totals[Owner(Scope.ALL, fleet.simulated)] += part
    shared: defaultdict[Owner, Decimal] = defaultdict(Decimal)
    for (simulated, fleet_id), usd in expenses.shared.items():
        shared[Owner(Scope.ALL, simulated)] += usd
        if fleet_id is not None:
            shared[Owner(Scope.FLEET, simulated, fleet_id)] += usd
    return rows + [
        total_row(day, owner, totals[owner], parts[owner], shared[owner], take_rate, now)
        for owner in dict.fromkeys((*parts, *shared))
    ]


def on_another_machine(day: date) -> set[int]:
    """Deployments of which a pod was billed that day on another GPU than they want now.

    Their peak is of the new machine: the day's tokens are no share of it.
    """
    bounds = day_bounds(day)
    lines = CostLine.objects.filter(
        kind=CostKind.GPU, hour_start__gte=bounds.start, hour_start__lt=bounds.end
    ).exclude(
        pod__gpu_type_id=F("pod__deployment__gpu_type_id"),
        pod__gpu_count=F("pod__deployment__gpu_count"),
    )
    return set(lines.order_by().values_list("pod__deployment_id", flat=True).distinct())


def deployment_row(
    day: date, deployment: Closing, sums: DaySums, take_rate: Decimal, now: datetime
) -> DailyProfit:
    """The figures of one deployment."""
    figures = sums.figures(take_rate)
    needed = figures.break_even_revenue_usd
    row = base_row(day, deployment.itself, sums, take_rate, now)
    row.profit_usd = round_stored(figures.profit_usd)
    row.break_even_revenue_usd = (
        Decimal(0) if isinstance(needed, Unknown) else round_stored(needed)
    )
    if deployment.peak_tokens_per_second is not None and sums.gpu_seconds > 0:
        possible = deployment.peak_tokens_per_second * sums.gpu_seconds
        row.utilization = storable_share(sums.counts.total / possible)
        if row.break_even_tokens is not None:
            row.break_even_utilization = storable_share(row.break_even_tokens / possible)
    return row


def total_row(
    day: date,
    owner: Owner,
    sums: DaySums,
    members: list[DailyProfit],
    shared_usd: Decimal,
    take_rate: Decimal,
    now: datetime,
) -> DailyProfit:
    """The figures of a fleet or of all: the sums of the stored rows, to the last digit,
    and what its members share, which is in none of their rows.

    Utilization stays empty: tokens of different models do not add up to a share.
    """
    row = base_row(day, owner, sums + shared_sums(shared_usd), take_rate, now)
    row.profit_usd = sum((each.profit_usd for each in members), -shared_usd)
    needed = shared_sums(shared_usd).figures(take_rate).break_even_revenue_usd
    row.break_even_revenue_usd = sum(
        (each.break_even_revenue_usd for each in members),
        Decimal(0) if isinstance(needed, Unknown) else round_stored(needed),
    )
    return row


def base_row(
    day: date, owner: Owner, sums: DaySums, take_rate: Decimal, now: datetime
) -> DailyProfit:
    """A row with all that is a plain sum."""
    return DailyProfit(
        day=day,
        scope=owner.scope,
        fleet_id=owner.fleet_id,
        deployment_id=owner.deployment_id,
        simulated=owner.simulated,
        uncached_prompt_tokens=sums.counts.uncached_prompt,
        cached_prompt_tokens=sums.counts.cached_prompt,
        completion_tokens=sums.counts.completion,
        unpriced_tokens=sums.unpriced_tokens,
        revenue_usd=sums.revenue_usd,
        cost_usd=sums.cost_usd,
        take_rate=take_rate,
        break_even_tokens=tokens_needed(sums, take_rate),
        provenance=weakest(sums.tags),
        closed_at=now,
    )


def tokens_needed(sums: DaySums, take_rate: Decimal) -> int | None:
    """Tokens of the day's own mix that would have paid the day; None: no mix, no price.

    At what a token really earned that day: several prices and models are in it.
    """
    if sums.priced_tokens == 0:
        return None
    tokens = break_even_tokens(
        cost_usd=max(sums.cost_usd, Decimal(0)),
        usd_per_token=sums.revenue_usd / sums.priced_tokens,
        take_rate=take_rate,
    )
    if isinstance(tokens, Unknown) or tokens > BIGGEST_COUNT:
        return None
    return math.ceil(tokens)


def storable_share(share: Decimal) -> Decimal | None:
    """A utilization with 6 decimals; None when it is too big to mean anything."""
    return round_stored(share) if share < BIGGEST_SHARE else None
