"""The figures of each day and owner: stored ones of closed days, lines of open ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar

from django.db import connection

from economics.calc.break_even import break_even_revenue
from economics.calc.money import round_stored
from economics.calc.pod_use import USES
from economics.calc.profit import DayFigures, Provenance
from economics.calc.profit_parts import Figures, Part
from economics.calc.token_mix import TokenCounts
from economics.calc.unknown import Unknown
from economics.selectors.profit.ledger import Sum, ledger_sums
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
    rates: TakeRates | None = None,
) -> list[Cell]:
    """Every cell of the days wanted. Seven queries: stored days, lines, rates, and what
    runs up.

    judged         with what the utilization needs, in the figures of the newest day of each
    revenue_alone  without the costs of open days: for fees, which are of revenue
    running        what runs up; read when not given
    rates          of the marketplace; the same
    """
    found: defaultdict[Owner, Figures] = defaultdict(Figures)
    for owner, figures in stored_figures(wanted):
        found[owner] += figures
    closed = set(found)
    sums = ledger_sums(wanted, now=now, judged=judged, revenue_alone=revenue_alone)
    for row in sums:
        if row.day is not None:
            owner = (row.day, row.deployment_id, row.fleet_id)
            if row.deployment_id is not None:
                owner = (row.day, row.deployment_id, None)
            more = figures_of(row)
            found[owner] += replace(more, tags=frozenset()) if owner in closed else more
    for each in running_rows(wanted, now=now) if running is None else running:
        found[each.day, each.deployment_id, None] += Figures(
            parts={each.part: each.usd},
            unpriced_tokens=each.tokens or 0 if each.unpriced else 0,
            tags=each.tags,
        )
    rates = rates or TakeRates()
    cells = [
        Cell(*owner, finished(figures, owner, wanted, rates, is_stored=owner in closed))
        for owner, figures in sorted(found.items(), key=lambda item: str(item[0]))
    ]
    return with_judged(cells, sums, wanted) if judged else cells


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


def figures_of(row: Sum) -> Figures:
    """Lines of one part, or tokens by class."""
    if row.part == "tokens":
        return Figures(counts=TokenCounts(*row.numbers))
    return Figures(
        parts={Part(row.part): row.usd},
        tags=frozenset(Provenance(tag) for tag in row.tags),
    )


def finished(
    figures: Figures, owner: Owner, wanted: Wanted, rates: TakeRates, *, is_stored: bool
) -> Figures:
    """With what is no line of its own: of a stored day the rest that is not split, of
    lines the marketplace's share and the revenue that would have paid."""
    if is_stored:
        told = (Part.VOLUMES, Part.SERVERLESS, Part.EXPENSES, Part.VARIANCE)
        explained = sum((figures.of(part) for part in told), Decimal(0))
        rest = figures.of(Part.UNSPLIT) - explained
        return replace(figures, parts={**figures.parts, Part.UNSPLIT: rest})
    day = DayFigures.from_sums(
        cost_usd=figures.cost_usd,
        revenue_usd=figures.revenue_usd,
        take_rate=rates.on(owner[0]),
        tags=figures.tags,
    )
    needed = break_even_revenue(
        cost_usd=max(day.cost_usd, Decimal(0)), take_rate=day.take_rate
    )
    fees = day.revenue_usd - day.net_revenue_usd
    return replace(
        figures,
        parts={**figures.parts, Part.FEES: fees},
        needed_usd=Decimal(0) if isinstance(needed, Unknown) else round_stored(needed),
        is_open=wanted.newest_closed is None or owner[0] > wanted.newest_closed,
    )


def with_judged(cells: list[Cell], sums: list[Sum], wanted: Wanted) -> list[Cell]:
    """Each deployment's judged seconds, once: in its newest cell."""
    judged = {row.deployment_id: row.numbers for row in sums if row.part == "judged"}
    finished_cells: list[Cell] = []
    for cell in reversed(cells):
        numbers = judged.pop(cell.deployment_id, None)
        if numbers is not None and cell.deployment_id is not None:
            peak = wanted.members[cell.deployment_id].peak_tokens_per_second
            more = Figures(
                judged_seconds=numbers[0],
                peak_seconds=None if not peak else Decimal(numbers[1]) / peak,
            )
            cell = replace(cell, figures=cell.figures + more)
        finished_cells.append(cell)
    return finished_cells[::-1]


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
