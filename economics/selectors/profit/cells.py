"""The figures of each day and owner: stored ones of closed days, lines of open ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import connection

from economics.calc.break_even import break_even_revenue
from economics.calc.hours import day_bounds, day_of
from economics.calc.money import round_stored
from economics.calc.pod_use import USES
from economics.calc.profit import Provenance
from economics.calc.profit_parts import Figures, Part
from economics.calc.token_mix import TokenCounts
from economics.calc.unknown import Unknown
from economics.selectors.booked_day import Booked, BookedDay, booked_days, tags_of
from economics.selectors.pod_use import pod_uses
from economics.selectors.profit.running import Running, running_rows
from economics.selectors.profit.scope import Wanted
from economics.selectors.take_rates import TakeRates

K = TypeVar("K")

# A closed day of a deployment as it was stored, with its uses where they were kept.
STORED = f"""
SELECT closed.day, closed.deployment_id, closed.uncached_prompt_tokens,
  closed.cached_prompt_tokens, closed.completion_tokens, closed.unpriced_tokens,
  closed.revenue_usd, closed.cost_usd, closed.profit_usd, closed.break_even_revenue_usd,
  closed.provenance, {", ".join(f"used.{use}_usd" for use in USES)}
FROM economics_dailyprofit closed
LEFT JOIN economics_dayuse used
  ON used.day = closed.day AND used.deployment_id = closed.deployment_id
WHERE closed.scope = 'deployment' AND closed.deployment_id = ANY(%(members)s)
  AND closed.day BETWEEN %(begin)s AND %(end)s
"""

# Billed seconds of judged hours that somebody looked at, and the tokens of the same hours.
# Both tables are read once and grouped: joined, the hours of a running day, of which the
# planner has no count yet, are compared with those of every pod, a hundred each.
# What another machine served is no share of the peak of this one.
JUDGED = """
SELECT pod.deployment_id, SUM(hour.seconds)::bigint, COALESCE(SUM(hour.tokens), 0)::bigint
FROM (
  SELECT pod_id, MAX(seconds) AS seconds, SUM(tokens) AS tokens FROM (
    SELECT pod_id, hour_start, seconds, NULL::bigint AS tokens
    FROM economics_podhouruse
    WHERE hour_start >= %(start)s AND hour_start < %(end)s AND seconds > unknown_seconds
    UNION ALL
    SELECT pod_id, hour_start, NULL,
      uncached_prompt_tokens + cached_prompt_tokens + completion_tokens
    FROM economics_usagehour WHERE hour_start >= %(start)s AND hour_start < %(end)s
  ) AS facts GROUP BY pod_id, hour_start HAVING MAX(seconds) IS NOT NULL
) AS hour JOIN fleet_pod AS pod ON pod.id = hour.pod_id
JOIN fleet_deployment AS wanted ON wanted.id = pod.deployment_id
  AND wanted.gpu_type_id = pod.gpu_type_id AND wanted.gpu_count = pod.gpu_count
WHERE pod.deployment_id = ANY(%(members)s) GROUP BY pod.deployment_id
"""


@dataclass(frozen=True)
class Cell:
    """One day of one owner: a deployment, what a fleet shares, or what all share."""

    day: date
    deployment_id: int | None
    fleet_id: int | None
    figures: Figures


Owner = tuple[date, int | None, int | None]


def profit_cells(
    wanted: Wanted,
    *,
    now: datetime,
    judged: bool = False,
    revenue_alone: bool = False,
    running: Iterable[Running] | None = None,
    booked: Mapping[date, BookedDay] | None = None,
) -> list[Cell]:
    """Every cell of the days wanted. Seven queries at most: stored days, booked ones, uses
    of pods, and what runs up.

    judged         with what the utilization needs, in the figures of the newest day of each
    revenue_alone  without the costs of open days: for fees, which are of revenue
    running        what runs up; read when not given
    booked         what is booked, by `booked_of`; the same
    """
    booked = booked_of(wanted) if booked is None else booked
    takes = next(iter(booked.values())).takes
    found: defaultdict[Owner, Gathered] = defaultdict(Gathered)
    for owner, figures in stored_figures(wanted):
        found[owner].take(figures)
    closed = set(found)
    for owner, figures in booked_figures(wanted, booked, revenue_alone=revenue_alone):
        tags = frozenset() if owner in closed else figures.tags
        found[owner].take(replace(figures, tags=tags))
    if not revenue_alone:
        for owner, figures in use_figures(wanted, now):
            found[owner].take(figures)
    for each in running_rows(wanted, now=now) if running is None else running:
        found[each.day, each.deployment_id, None].take(running_figures(each, takes))
    cells = [
        Cell(
            *owner,
            finished(sums.figures(), owner, wanted, takes, is_stored=owner in closed),
        )
        for owner, sums in sorted(found.items(), key=lambda item: str(item[0]))
    ]
    return with_judged(cells, wanted) if judged else cells


class Gathered:
    """Figures as they are added up: a sum of a thousand parts, made once."""

    def __init__(self) -> None:
        self.parts: defaultdict[Part, Decimal] = defaultdict(Decimal)
        self.counts = TokenCounts()
        self.unpriced_tokens = 0
        self.needed_usd = Decimal(0)
        self.tags: set[Provenance] = set()

    def take(self, more: Figures) -> None:
        for part, usd in more.parts.items():
            self.parts[part] += usd
        if more.counts.total:
            self.counts += more.counts
        self.unpriced_tokens += more.unpriced_tokens
        self.needed_usd += more.needed_usd
        self.tags |= more.tags

    def figures(self) -> Figures:
        return Figures(
            parts=dict(self.parts),
            counts=self.counts,
            unpriced_tokens=self.unpriced_tokens,
            needed_usd=self.needed_usd,
            tags=frozenset(self.tags),
        )


def stored_figures(wanted: Wanted) -> Iterable[tuple[Owner, Figures]]:
    """Closed days of deployments. What pods cost without a use that was kept, and all that
    lines of volumes, endpoints and people explain, comes from lines."""
    values: dict[str, Any] = {
        "members": list(wanted.members),
        "begin": wanted.begin,
        "end": wanted.end,
    }
    with connection.cursor() as cursor:
        cursor.execute(STORED, values)
        for day, deployment, *numbers in cursor.fetchall():
            counts, unpriced, figures = numbers[:3], numbers[3], numbers[4:8]
            revenue, cost, profit, needed = figures
            uses = {
                Part(use): usd
                for use, usd in zip(USES, numbers[9:], strict=True)
                if usd is not None
            }
            # The rest of the cost; lines of volumes and the like are taken from it.
            rest = cost - sum(uses.values(), Decimal(0))
            yield (
                (day, deployment, None),
                Figures(
                    parts={
                        **uses,
                        Part.REVENUE: revenue,
                        Part.FEES: revenue - (profit + cost),
                        Part.UNSPLIT: rest,
                    },
                    counts=TokenCounts(*counts),
                    unpriced_tokens=unpriced,
                    needed_usd=needed,
                    tags=frozenset({Provenance(numbers[8])}),
                ),
            )


def booked_of(wanted: Wanted) -> dict[date, BookedDay]:
    """What is booked in the open days wanted, and what of the closed ones was stored in
    one sum with other costs. One query."""
    return booked_days(wanted.first_open, wanted.end, others_from=wanted.begin)


def booked_figures(
    wanted: Wanted, booked: Mapping[date, BookedDay], *, revenue_alone: bool
) -> Iterator[tuple[Owner, Figures]]:
    """The lines as figures, but for the amounts of pods: those are told by use."""
    for day, lines in booked.items():
        for row in lines.rows:
            if row.part == "expense":
                owner = owner_of_expense(wanted, row)
                if owner is not None and not revenue_alone:
                    yield (day, *owner), expense_figures(row)
            elif row.deployment in wanted.members:
                owner = (row.deployment, None)
                if row.part == "discount":
                    yield (day, *owner), Figures(parts={Part.DISCOUNT: row.usd})
                elif row.part == "revenue":
                    yield (day, *owner), revenue_figures(row, lines.takes)
                elif row.part == "usage":
                    counts = TokenCounts(row.a, row.b, row.c)
                    yield (day, *owner), Figures(counts=counts)
                elif not revenue_alone:
                    yield (day, *owner), cost_figures(row)


def owner_of_expense(wanted: Wanted, row: Booked) -> tuple[int | None, int | None] | None:
    """(deployment id, fleet id) of what people booked; None where it is not asked for."""
    if bool(row.b) != wanted.simulated:
        return None
    if row.deployment is not None:
        is_wanted = wanted.is_whole or row.deployment in wanted.members
        return (row.deployment, None) if is_wanted else None
    fleet = row.a
    is_wanted = wanted.is_whole or (fleet is not None and fleet == wanted.fleet_id)
    return (None, fleet) if is_wanted else None


def expense_figures(row: Booked) -> Figures:
    part = Part.VARIANCE if row.kind == "variance" else Part.EXPENSES
    tag = Provenance.SIMULATED if row.b else Provenance.BILLED
    return Figures(parts={part: row.usd}, tags=frozenset({tag}))


def revenue_figures(row: Booked, takes: TakeRates) -> Figures:
    """Revenue lines of one take rate, and what the marketplace keeps of them."""
    fees = row.usd * takes.named(row.b)
    return Figures(
        parts={Part.REVENUE: row.usd, Part.FEES: fees},
        tags=frozenset({Provenance(row.provenance)}),
    )


def cost_figures(row: Booked) -> Figures:
    """Lines of volumes and endpoints; of pods only how they are known."""
    if row.part == "pod":
        return Figures(tags=tags_of(row))
    part = Part.SERVERLESS if row.kind == "endpoint" else Part.VOLUMES
    return Figures(parts={part: row.usd}, tags=tags_of(row))


def use_figures(wanted: Wanted, now: datetime) -> Iterator[tuple[Owner, Figures]]:
    """What pods cost in open days by use. One query, none where all days are closed."""
    if wanted.first_open > wanted.end:
        return
    uses = pod_uses(wanted.first_open, wanted.end, now=now)
    for (day, deployment), sums in uses.items():
        if deployment in wanted.members:
            amounts = {
                Part(name): getattr(sums, f"{name}_usd") for name in (*USES, "pending")
            }
            parts = {part: usd for part, usd in amounts.items() if usd}
            yield (day, deployment, None), Figures(parts=parts)


def running_figures(row: Running, takes: TakeRates) -> Figures:
    """What runs up; tokens are charged at the take rate of the day that served them."""
    parts = {row.part: row.usd}
    if row.part == Part.REVENUE:
        parts[Part.FEES] = row.usd * takes.on(day_of(row.start))
    unpriced = row.tokens or 0 if row.unpriced else 0
    return Figures(parts=parts, unpriced_tokens=unpriced, tags=row.tags)


def finished(
    figures: Figures, owner: Owner, wanted: Wanted, takes: TakeRates, *, is_stored: bool
) -> Figures:
    """With what is no line of its own: of a stored day the rest that is not split, of
    lines the revenue that would have paid."""
    if is_stored:
        told = (Part.VOLUMES, Part.SERVERLESS, Part.EXPENSES, Part.VARIANCE)
        explained = sum((figures.of(part) for part in told), Decimal(0))
        rest = figures.of(Part.UNSPLIT) - explained
        return replace(figures, parts={**figures.parts, Part.UNSPLIT: rest})
    needed = break_even_revenue(
        cost_usd=max(figures.cost_usd, Decimal(0)), take_rate=takes.on(owner[0])
    )
    return replace(
        figures,
        needed_usd=Decimal(0) if isinstance(needed, Unknown) else round_stored(needed),
        is_open=wanted.newest_closed is None or owner[0] > wanted.newest_closed,
    )


def with_judged(cells: list[Cell], wanted: Wanted) -> list[Cell]:
    """Each deployment's judged seconds, once: in its newest cell. One query."""
    judged = judged_sums(wanted)
    finished_cells: list[Cell] = []
    for cell in reversed(cells):
        numbers = judged.pop(cell.deployment_id or 0, None)
        if numbers is not None and cell.deployment_id is not None:
            seconds, tokens = numbers
            peak = wanted.members[cell.deployment_id].peak_tokens_per_second
            more = Figures(
                judged_seconds=seconds,
                peak_seconds=None if not peak else Decimal(tokens) / peak,
            )
            cell = replace(cell, figures=cell.figures + more)
        finished_cells.append(cell)
    return finished_cells[::-1]


def judged_sums(wanted: Wanted) -> dict[int, tuple[int, int]]:
    """(seconds, tokens) of the judged hours of the window, per deployment id."""
    values: dict[str, Any] = {
        "members": list(wanted.members),
        "start": day_bounds(wanted.begin).start,
        "end": day_bounds(wanted.end).end,
    }
    with connection.cursor() as cursor:
        cursor.execute(JUDGED, values)
        return {pk: (seconds, tokens) for pk, seconds, tokens in cursor.fetchall()}


def grouped(cells: Iterable[Cell], key: Callable[[Cell], K]) -> dict[K, Figures]:
    """The sums of cells by what `key` says of each."""
    found: dict[K, Figures] = {}
    for cell in cells:
        name = key(cell)
        found[name] = found.get(name, Figures()) + cell.figures
    return found


def total(cells: Iterable[Cell]) -> Figures:
    """All of them as one."""
    return grouped(cells, lambda cell: None).get(None, Figures())


def day_key(cell: Cell) -> date:
    return cell.day


def owner_key(wanted: Wanted, by: str) -> Callable[[Cell], Any]:
    """What a cell belongs to: (slug, name) of its model, deployment or fleet; ("", name)
    for what only more than one of them have together. Raises KeyError for another word."""
    shared_by_all = ("", "shared")

    def fleet(cell: Cell) -> tuple[str, str]:
        for each in wanted.choices:
            if cell.fleet_id == each.fleet_id or cell.deployment_id == each.pk:
                return each.fleet.slug, each.fleet.name
        return shared_by_all

    def deployment(cell: Cell) -> tuple[str, str]:
        member = wanted.members.get(cell.deployment_id or 0)
        return shared_by_all if member is None else (member.slug, member.slug)

    def model(cell: Cell) -> tuple[str, str]:
        member = wanted.members.get(cell.deployment_id or 0)
        if member is None:
            return shared_by_all
        served = member.variant.served_model
        return served.slug, served.name

    return {"fleets": fleet, "deployments": deployment, "models": model}[by]
