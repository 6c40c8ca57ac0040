"""How busy the hours of the week were, 7 x 24 in UTC. An hour without data is a gap."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from economics.charts.chart import (
    MISSING,
    Chart,
    ChartTable,
    as_float,
    figure_dict,
    trace_of,
)

NAME = "week-map"
WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
UNKNOWN = "#9A9A9A"
HOURS = [f"{hour:02}" for hour in range(24)]

Shares = Sequence[Sequence[Decimal | None]]


def week_map(shares: Shares, *, measure: str, simulated: bool) -> Chart:
    """The heat map of 7 rows of 24 shares [1], Monday 00:00 first.

    measure  what a share is, in words: the title of the colours
    """
    title = finding(shares, measure)
    trace = trace_of(
        "heatmap",
        x=HOURS,
        y=list(WEEKDAYS),
        z=[[as_float(_percent(share)) for share in row] for row in shares],
        zmin=0,
        zmax=100,
        xgap=1,
        ygap=1,
        colorscale="Cividis",
        hoverongaps=False,
        colorbar={"ticksuffix": " %", "thickness": 12},
        hovertemplate="%{y} %{x}:00 UTC: %{z:.1f} %<extra></extra>",
    )
    traces: list[Any] = [trace]
    figure = figure_dict(traces, title=title, name=NAME, meta={"simulated": simulated})
    figure["layout"].update(
        xaxis={"automargin": True, "type": "category", "title": {"text": "hour (UTC)"}},
        yaxis={"automargin": True, "type": "category", "autorange": "reversed"},
        shapes=[_grey()] if any(None in row for row in shares) else [],
        hovermode="closest",
    )
    missing = sum(row.count(None) for row in map(list, shares))
    said = [title]
    if missing:
        said.append(f"{missing} of 168 hours are grey: nothing is known of them")
    if simulated:
        said.append("Simulated money")
    return Chart(figure, ". ".join(said) + ".", _table(shares))


def finding(shares: Shares, measure: str) -> str:
    """The busiest and the quietest hour that are known."""
    known = [
        (share, f"{WEEKDAYS[day]} {hour:02}:00")
        for day, row in enumerate(shares)
        for hour, share in enumerate(row)
        if share is not None
    ]
    if not known:
        return "No hour of these days is judged yet"
    most, least = max(known, key=lambda each: each[0]), min(known, key=lambda each: each[0])
    return (
        f"{measure.capitalize()} is highest {most[1]} UTC ({most[0]:.1%}), "
        f"lowest {least[1]} UTC ({least[0]:.1%})"
    )


def _percent(share: Decimal | None) -> Decimal | None:
    return None if share is None else 100 * share


def _grey() -> dict[str, Any]:
    """What shines through where there is no figure."""
    return {
        "type": "rect",
        "xref": "paper",
        "yref": "paper",
        "x0": 0,
        "x1": 1,
        "y0": 0,
        "y1": 1,
        "fillcolor": UNKNOWN,
        "opacity": 0.35,
        "line": {"width": 0},
        "layer": "below",
    }


def _table(shares: Shares) -> ChartTable:
    return ChartTable(
        ("UTC", *HOURS),
        tuple(
            (
                WEEKDAYS[day],
                *(MISSING if share is None else f"{share:.1%}" for share in row),
            )
            for day, row in enumerate(shares)
        ),
    )
