"""Options as dots: what a million tokens cost against how fast they come."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.money import round_shown_rate
from economics.charts.chart import (
    BLUE,
    GREY,
    ORANGE,
    Chart,
    ChartTable,
    Trace,
    as_float,
    figure_dict,
    trace_of,
)
from economics.planner.pareto import pareto

MOST_LABELS = 5
NAME = "cost-speed"


@dataclass(frozen=True)
class CostSpeed:
    """One option. `cost` [USD / 1M tokens of the mix], `speed` [tokens / s of the mix]."""

    key: str
    label: str
    short: str  # what stands beside the dot
    cost: Decimal
    speed: Decimal
    low_speed: Decimal
    high_speed: Decimal
    is_chosen: bool = False


def cost_speed(options: Iterable[CostSpeed], *, left_out: int = 0) -> Chart:
    """Dots, and the line of those that no other beats in both.

    left_out  how many options have no known speed: said, never silently dropped
    """
    dots = sorted(options, key=lambda each: (each.cost, each.key))
    front = pareto(dots, cost=lambda each: each.cost, speed=lambda each: each.speed)
    figure = figure_dict(
        [_dots(dots, front), _line(front)],
        title=finding(dots, front),
        name=NAME,
        meta={"left_out": left_out},
    )
    figure["layout"].update(
        xaxis={
            "automargin": True,
            "type": "log",
            "title": {"text": "tokens per second of one replica, this mix"},
        },
        yaxis={
            "automargin": True,
            "type": "log",
            "tickprefix": "$",
            "title": {"text": "USD per 1M tokens"},
        },
        hovermode="closest",
    )
    caption = finding(dots, front)
    if left_out:
        caption += f" {left_out} options have no known speed and are in the list only."
    return Chart(figure, caption, _table(dots, front))


def finding(dots: Sequence[CostSpeed], front: Sequence[CostSpeed]) -> str:
    """The cheapest option with its cost, and how many are worth a look."""
    if not dots:
        return "No option has a known cost and speed"
    first = front[0]
    words = f"Cheapest: {first.label} at ${round_shown_rate(first.cost)}/1M tokens"
    if len(front) == 1:
        return f"{words}; no other is faster."
    return f"{words}; {len(front) - 1} more are faster for more money."


def _dots(dots: Sequence[CostSpeed], front: Sequence[CostSpeed]) -> Trace:
    named = {each.key for each in spread(front)} | {
        each.key for each in dots if each.is_chosen
    }
    return trace_of(
        "scatter",
        name="options",
        mode="markers+text",
        x=[as_float(each.speed) for each in dots],
        y=[as_float(each.cost) for each in dots],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [
                as_float(each.high_speed - each.speed) if each.key in named else None
                for each in dots
            ],
            "arrayminus": [
                as_float(each.speed - each.low_speed) if each.key in named else None
                for each in dots
            ],
            "thickness": 1,
            "color": GREY,
        },
        text=[each.short if each.key in named else "" for each in dots],
        hovertext=[each.label for each in dots],
        customdata=[each.key for each in dots],
        textposition="top center",
        marker={
            "size": [13 if each.is_chosen else 8 for each in dots],
            "symbol": ["star" if each.is_chosen else "circle" for each in dots],
            "color": [ORANGE if each.is_chosen else BLUE for each in dots],
        },
        hovertemplate="%{hovertext}<br>$%{y:,.4f}/1M, %{x:,.0f} tokens/s<extra></extra>",
    )


def spread(front: Sequence[CostSpeed]) -> list[CostSpeed]:
    """At most `MOST_LABELS` of the line, from its one end to the other."""
    if len(front) <= MOST_LABELS:
        return list(front)
    step = (len(front) - 1) / (MOST_LABELS - 1)
    return [front[round(n * step)] for n in range(MOST_LABELS)]


def _line(front: Sequence[CostSpeed]) -> Trace:
    return trace_of(
        "scatter",
        name="not beaten by any other",
        mode="lines",
        x=[as_float(each.speed) for each in front],
        y=[as_float(each.cost) for each in front],
        line={"color": ORANGE, "width": 2, "shape": "hv"},
        hoverinfo="skip",
    )


def _table(dots: Sequence[CostSpeed], front: Sequence[CostSpeed]) -> ChartTable:
    ahead = {each.key for each in front}
    return ChartTable(
        ("option", "USD per 1M tokens", "tokens per second", "not beaten"),
        tuple(
            (
                each.label,
                f"{each.cost:,.4f}",
                f"{each.speed:,.0f} ({each.low_speed:,.0f} to {each.high_speed:,.0f})",
                "yes" if each.key in ahead else "no",
            )
            for each in dots
        ),
    )
