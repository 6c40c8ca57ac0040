"""A schedule by the hour: demand against capacity, and replicas, both as step lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from economics.charts.chart import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    Chart,
    ChartTable,
    Trace,
    figure_dict,
    trace_of,
)

COLOURS = (BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY, GREY)
DASHES = ("solid", "dash", "dot", "dashdot", "longdash")
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class HourStep:
    """One hour [at, at + 1 h).

    demand, capacity, served  [tokens/h] of ours; capacity is that of rented replicas
    replicas                  of each candidate that is used, in their order
    """

    at: datetime
    demand: int
    capacity: int
    served: int
    replicas: tuple[int, ...]


def demand_steps(hours: Sequence[HourStep], *, simulated: bool) -> Chart:
    """Tokens asked, tokens that the replicas could serve, and tokens served."""
    caption = demand_finding(hours)
    lines = (
        ("demand", [each.demand for each in hours], VERMILION, "solid"),
        ("capacity of replicas", [each.capacity for each in hours], BLUE, "dash"),
        ("served", [each.served for each in hours], GREEN, "dot"),
    )
    traces = [
        _line(name, hours, values, colour, dash, hover="%{y:,.0f} tokens/h")
        for name, values, colour, dash in lines
    ]
    return Chart(
        _figure(traces, caption, "schedule-demand", "tokens per hour", simulated),
        caption,
        ChartTable(
            ("hour (UTC)", "demand, tokens/h", "capacity, tokens/h", "served, tokens/h"),
            tuple(
                (
                    f"{each.at:%Y-%m-%d %H:%M}",
                    f"{each.demand:,}",
                    f"{each.capacity:,}",
                    f"{each.served:,}",
                )
                for each in hours
            ),
        ),
    )


def replica_steps(
    hours: Sequence[HourStep], names: Sequence[str], *, simulated: bool
) -> Chart:
    """How many replicas of each candidate run in each hour."""
    caption = replica_finding(hours, names)
    traces = [
        _line(
            name,
            hours,
            [each.replicas[i] for each in hours],
            COLOURS[i % len(COLOURS)],
            DASHES[i % len(DASHES)],
            hover="%{y} replicas",
        )
        for i, name in enumerate(names)
    ]
    figure = _figure(traces, caption, "schedule-replicas", "replicas", simulated)
    figure["layout"]["yaxis"]["dtick"] = max(1, _most(hours) // 8)
    return Chart(
        figure,
        caption,
        ChartTable(
            ("hour (UTC)", *(f"replicas of {name}" for name in names)),
            tuple(
                (f"{each.at:%Y-%m-%d %H:%M}", *map(str, each.replicas)) for each in hours
            ),
        ),
    )


def demand_finding(hours: Sequence[HourStep]) -> str:
    """How much of the demand is served, and in how many hours less than all."""
    asked = sum(each.demand for each in hours)
    served = sum(each.served for each in hours)
    if not asked:
        return "Nothing is asked in any hour"
    short = sum(each.served < each.demand for each in hours)
    words = f"{served / asked:.0%} of {asked:,} tokens are served"
    if not short:
        return f"{words}, all of them in every hour"
    return f"{words}; in {short} of {len(hours)} hours less than is asked"


def replica_finding(hours: Sequence[HourStep], names: Sequence[str]) -> str:
    """The most and the least that run at once, and the replica-hours."""
    if not names:
        return "No replica is rented in any hour"
    totals = [sum(each.replicas) for each in hours]
    least, most = min(totals), max(totals)
    words = "1 replica" if most == 1 else f"{most} replicas"
    at_once = f"{words} in all hours" if least == most else f"{least} to {words} at once"
    return f"{at_once}, {sum(totals):,} replica-hours in {len(hours)} hours"


def _most(hours: Sequence[HourStep]) -> int:
    return max((max(each.replicas, default=0) for each in hours), default=0)


def _line(
    name: str,
    hours: Sequence[HourStep],
    values: Sequence[int],
    colour: str,
    dash: str,
    *,
    hover: str,
) -> Trace:
    """A step line; its last corner is the end of the last hour."""
    at = [each.at for each in hours]
    ends = [*at, at[-1] + HOUR] if at else []
    return trace_of(
        "scatter",
        name=name,
        mode="lines",
        x=[f"{each:%Y-%m-%d %H:%M}" for each in ends],
        y=[*values, *values[-1:]],
        line={"shape": "hv", "width": 2, "color": colour, "dash": dash},
        connectgaps=False,
        hovertemplate=hover,
    )


def _figure(
    traces: list[Trace], caption: str, name: str, unit: str, simulated: bool
) -> dict[str, Any]:
    figure = figure_dict([*traces], title=caption, name=name, meta={"simulated": simulated})
    figure["layout"].update(
        xaxis={"automargin": True, "type": "date", "title": {"text": "hour (UTC)"}},
        yaxis={"automargin": True, "rangemode": "tozero", "title": {"text": unit}},
    )
    return figure
