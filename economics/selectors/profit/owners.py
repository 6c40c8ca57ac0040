"""Profit by model, deployment or fleet, and what each would have needed to break even."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.day_unit_cost import day_unit_cost
from economics.calc.profit_parts import Figures
from economics.calc.token_mix import TokenCounts
from economics.calc.unit_cost import UnitCost
from economics.calc.unknown import Unknown
from economics.selectors.day_rows import class_speeds
from economics.selectors.profit.cells import grouped, owner_key, profit_cells
from economics.selectors.profit.scope import Wanted

KINDS = ("deployments", "models", "fleets")
OF_FLEETS = Unknown("classes of several models do not add up")
OF_NOBODY = Unknown("what is shared served no token")


@dataclass(frozen=True)
class Owner:
    """Figures of one of them; slug "" is what only several have together.

    class_cost  USD per 1M tokens of each class
    """

    slug: str
    name: str
    figures: Figures
    class_cost: UnitCost | Unknown


def profit_owners(wanted: Wanted, by: str, *, now: datetime) -> list[Owner]:
    """The highest profit first. Seven queries. Raises KeyError for a `by` not in KINDS."""
    cells = profit_cells(wanted, now=now, judged=True)
    key = owner_key(wanted, by)
    costs: defaultdict[tuple[str, str], list[tuple[Figures, UnitCost | Unknown]]]
    costs = defaultdict(list)
    if by != "fleets":
        speeds = class_speeds(wanted.members.values())
        named = {cell.deployment_id: key(cell) for cell in cells}
        for pk, figures in grouped(cells, lambda cell: cell.deployment_id).items():
            if pk is not None and figures.counts.total:
                seconds = speeds[pk]
                costs[named[pk]].append(
                    (
                        figures,
                        seconds
                        if isinstance(seconds, Unknown)
                        else day_unit_cost(
                            cost_usd=figures.cost_usd,
                            counts=figures.counts,
                            seconds=seconds,
                        ),
                    )
                )
    owners = [
        Owner(
            slug, name, figures, OF_FLEETS if by == "fleets" else added(costs[slug, name])
        )
        for (slug, name), figures in grouped(cells, key).items()
    ]
    return sorted(owners, key=lambda each: (-each.figures.profit_usd, each.slug))


def added(costs: Iterable[tuple[Figures, UnitCost | Unknown]]) -> UnitCost | Unknown:
    """What classes cost over several deployments: their costs over their tokens."""
    usd, counts, whole = [Decimal(0)] * 3, TokenCounts(), Decimal(0)
    for figures, cost in costs:
        if isinstance(cost, Unknown):
            return cost
        for n, (rate, tokens) in enumerate(
            (
                (cost.uncached_prompt, figures.counts.uncached_prompt),
                (cost.cached_prompt, figures.counts.cached_prompt),
                (cost.completion, figures.counts.completion),
            )
        ):
            usd[n] += rate * tokens
        counts += figures.counts
        whole += cost.blended * figures.counts.total
    if counts.total == 0:
        return OF_NOBODY
    tokens_by_class = (counts.uncached_prompt, counts.cached_prompt, counts.completion)
    uncached, cached, completion = (
        part / tokens if tokens else Decimal(0)
        for part, tokens in zip(usd, tokens_by_class, strict=True)
    )
    return UnitCost(uncached, cached, completion, whole / counts.total)
