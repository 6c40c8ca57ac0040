"""Options as dots: what a million tokens cost against how fast they come."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import log10
from typing import Any

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
# Shares of the plot that a label takes where the plot is narrowest, on a phone: about 100
# of 260 px and 22 of 180. Labels that far apart collide at no width.
LABEL_WIDTH, LABEL_HEIGHT = 0.38, 0.13
LIFT_PX = 16
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


@dataclass(frozen=True)
class Label:
    """The name of a dot, above it; x and y in shares of the plot."""

    dot: CostSpeed
    x: float
    y: float

    @property
    def anchor(self) -> str:
        """Where it is held, so that it stays inside of the plot."""
        if self.x > 1 - LABEL_WIDTH / 2:
            return "right"
        return "left" if self.x < LABEL_WIDTH / 2 else "center"

    @property
    def left(self) -> float:
        return (
            self.x - {"left": 0.0, "center": 0.5, "right": 1.0}[self.anchor] * LABEL_WIDTH
        )

    def meets(self, other: Label) -> bool:
        """Whether their boxes overlap on a phone."""
        return (
            abs(self.left - other.left) < LABEL_WIDTH
            and abs(self.y - other.y) < LABEL_HEIGHT
        )

    def annotation(self) -> dict[str, Any]:
        """For plotly.js; the border makes the page give it a ground of its own."""
        return {
            "x": log10(self.dot.speed),
            "y": log10(self.dot.cost),
            "text": self.dot.short,
            "showarrow": False,
            "xanchor": self.anchor,
            "yshift": LIFT_PX,
            "font": {"size": 11},
            "bordercolor": GREY,
            "borderpad": 1,
        }


@dataclass(frozen=True)
class Plot:
    """The ranges of the axes, as powers of ten."""

    x_range: list[float]
    y_range: list[float]

    @classmethod
    def of(cls, dots: Sequence[CostSpeed]) -> Plot:
        """All dots with the bands of their speeds, and some room for the topmost label."""
        speeds = [log10(each.low_speed) for each in dots if each.low_speed > 0]
        speeds += [log10(max(each.high_speed, each.speed)) for each in dots]
        costs = [log10(each.cost) for each in dots]
        return cls(_padded(speeds, 0.04, 0.04), _padded(costs, 0.06, LABEL_HEIGHT))

    def label(self, dot: CostSpeed) -> Label:
        x, y = log10(dot.speed), log10(dot.cost)
        return Label(dot, _share(x, self.x_range), _share(y, self.y_range))

    def labels(self, dots: Sequence[CostSpeed], front: Sequence[CostSpeed]) -> list[Label]:
        """At most `MOST_LABELS` that stand apart: the chosen option, both ends of the
        line, then what of it still finds room."""
        wanted = [*(each for each in dots if each.is_chosen), *front[:1], *front[-1:]]
        kept: list[Label] = []
        for dot in [*wanted, *front]:
            label = self.label(dot)
            if len(kept) < MOST_LABELS and not any(map(label.meets, kept)):
                kept.append(label)
        return kept


def _padded(values: Sequence[float], below: float, above: float) -> list[float]:
    """Their range with shares of it added; of one value, or none, a range all the same."""
    if not values:
        return [0.0, 1.0]
    size = max(values) - min(values) or 1.0
    return [min(values) - below * size, max(values) + above * size]


def _share(value: float, within: Sequence[float]) -> float:
    return (value - within[0]) / (within[1] - within[0])


def cost_speed(options: Iterable[CostSpeed], *, left_out: int = 0) -> Chart:
    """Dots, and the line of those that no other beats in both.

    left_out  how many options have no known speed: said, never silently dropped
    """
    dots = sorted(options, key=lambda each: (each.cost, each.key))
    front = pareto(dots, cost=lambda each: each.cost, speed=lambda each: each.speed)
    plot = Plot.of(dots)
    labels = plot.labels(dots, front)
    figure = figure_dict(
        [_dots(dots, {each.dot.key for each in labels}), _line(front)],
        title=finding(dots, front),
        name=NAME,
        meta={"left_out": left_out},
    )
    figure["layout"].update(
        xaxis={
            "automargin": True,
            "type": "log",
            "range": plot.x_range,
            "title": {"text": "tokens/s of one replica, this mix"},
        },
        yaxis={
            "automargin": True,
            "type": "log",
            "range": plot.y_range,
            "tickprefix": "$",
            "title": {"text": "USD per 1M tokens"},
        },
        hovermode="closest",
        annotations=[each.annotation() for each in labels],
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


def _dots(dots: Sequence[CostSpeed], named: Collection[str]) -> Trace:
    return trace_of(
        "scatter",
        name="options",
        mode="markers",
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
        hovertext=[each.label for each in dots],
        customdata=[each.key for each in dots],
        marker={
            "size": [13 if each.is_chosen else 8 for each in dots],
            "symbol": ["star" if each.is_chosen else "circle" for each in dots],
            "color": [ORANGE if each.is_chosen else BLUE for each in dots],
        },
        hovertemplate="%{hovertext}<br>$%{y:,.4f}/1M, %{x:,.0f} tokens/s<extra></extra>",
    )


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
