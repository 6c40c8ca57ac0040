"""Each uncertain input of a schedule alone: its profit at the low and at the high end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from economics.calc.money import shown_usd
from economics.charts.chart import (
    BLUE,
    GREY,
    ORANGE,
    USD_TICKS,
    Chart,
    ChartTable,
    Trace,
    as_float,
    figure_dict,
    trace_of,
)

NAME = "schedule-tornado"
MOST_BARS = 10
ROW_PX, FRAME_PX = 54, 90
ROOM = 0.85  # of the width of the bars, on either side, for the values at their ends
HEADERS = ("input", "low", "profit at low", "high", "profit at high", "range from")


@dataclass(frozen=True, slots=True)
class TornadoBar:
    """One input, and the schedule's profit over all hours [USD] at its P10 and P90.

    kind       what it is: "GPU price"; label: and of what
    low, high  the values of the input, in words: "$0.67/h"
    """

    kind: str
    label: str
    low: str
    low_usd: Decimal
    high: str
    high_usd: Decimal
    source: str


def schedule_tornado(
    bars: Sequence[TornadoBar],
    *,
    base_usd: Decimal,
    simulated: bool,
    name: str = NAME,
    period: str = "",
) -> Chart:
    """Bars around the profit as asked, in the order given: the widest first.

    period  of the profit, where it is not all hours that were asked: "a day"
    """
    shape = "/" if simulated else ""
    drawn = [replace(b, label=s) for b, s in zip(bars, short_labels(bars), strict=True)]
    title = finding(drawn, base_usd, period)
    drawn = drawn[:MOST_BARS]
    low = _trace("low", drawn, [(b.low, b.low_usd) for b in drawn], base_usd, ORANGE, shape)
    high = _trace(
        "high", drawn, [(b.high, b.high_usd) for b in drawn], base_usd, BLUE, shape
    )
    figure = figure_dict([low, high], title=title, name=name, meta={"simulated": simulated})
    figure["layout"].update(_layout(drawn, base_usd, period))
    said = f"{title}. Simulated demand." if simulated else f"{title}."
    return Chart(figure, said, ChartTable(HEADERS, tuple(map(_cells, bars))))


def short_labels(bars: Sequence[TornadoBar]) -> list[str]:
    """The least words by which each bar is told from the others: a phone is narrow."""
    full = [bar.label for bar in bars]
    shorter = [label.partition(",")[0] for label in full]
    kinds = [bar.kind for bar in bars]

    def shortest(i: int) -> str:
        for words in (kinds, shorter):
            if words.count(words[i]) == 1:
                return words[i]
        return full[i]

    return [shortest(i) for i in range(len(full))]


def finding(bars: Sequence[TornadoBar], base_usd: Decimal, period: str = "") -> str:
    """What moves the profit most, and from where to where."""
    base = f"{shown_usd(base_usd)} {period}".rstrip()
    if not bars:
        return f"No input moves the {base} that it earns as asked"
    first = bars[0]
    return (
        f"As asked it earns {base}; {first.label} moves it most: "
        f"{shown_usd(first.low_usd)} at {first.low}, {shown_usd(first.high_usd)} at "
        f"{first.high}"
    )


def _trace(
    name: str,
    bars: Sequence[TornadoBar],
    ends: Sequence[tuple[str, Decimal]],
    base_usd: Decimal,
    colour: str,
    shape: str,
) -> Trace:
    return trace_of(
        "bar",
        name=name,
        orientation="h",
        y=[bar.label for bar in bars],
        base=as_float(base_usd),
        x=[as_float(usd - base_usd) for _, usd in ends],
        text=[value for value, _ in ends],
        textposition="outside",
        cliponaxis=False,
        marker={"color": colour, "pattern": {"shape": shape}},
        customdata=[shown_usd(usd) for _, usd in ends],
        hovertemplate="%{y} at %{text}: %{customdata}<extra>" + name + "</extra>",
        width=0.4,
        offset=-0.05,
    )


def _layout(bars: Sequence[TornadoBar], base_usd: Decimal, period: str) -> dict[str, Any]:
    """Each input's name stands above its bar: beside it there is no room on a phone."""
    ends = [usd for bar in bars for usd in (bar.low_usd, bar.high_usd)]
    least, most = min([base_usd, *ends]), max([base_usd, *ends])
    room = float(most - least) * ROOM or 1.0
    return {
        "barmode": "overlay",
        "hovermode": "closest",
        "height": FRAME_PX + ROW_PX * max(len(bars), 2),
        "xaxis": {
            "automargin": True,
            "tickformat": USD_TICKS,
            "nticks": 5,
            "zeroline": False,
            "title": {"text": f"profit, USD {period}".rstrip()},
            "range": [float(least) - room, float(most) + room],
        },
        "yaxis": {
            "type": "category",
            "autorange": "reversed",
            "showticklabels": False,
            "showgrid": False,
        },
        "annotations": [
            {
                "text": bar.label,
                "xref": "paper",
                "x": 0,
                "xanchor": "left",
                "y": bar.label,
                "yanchor": "bottom",
                "yshift": 4,
                "showarrow": False,
            }
            for bar in bars
        ],
        "shapes": [
            {
                "type": "line",
                "x0": as_float(base_usd),
                "x1": as_float(base_usd),
                "yref": "paper",
                "y0": 0,
                "y1": 1,
                "line": {"color": GREY, "width": 1, "dash": "dot"},
            }
        ],
    }


def _cells(bar: TornadoBar) -> tuple[str, ...]:
    low, high = shown_usd(bar.low_usd), shown_usd(bar.high_usd)
    return bar.label, bar.low, low, bar.high, high, bar.source
