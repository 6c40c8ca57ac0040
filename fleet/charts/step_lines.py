"""Prices as step lines: a price holds until it changes, and a silence is a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

# Okabe-Ito with six digits each: plotly.js 4 takes other notations for "no colour".
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F")
USD_TICKS = "$,.2f"


@dataclass(frozen=True, slots=True)
class PriceStep:
    """A price that was observed from `observed_from` to `last_observed_at`."""

    usd_per_gpu_hour: Decimal
    observed_from: datetime
    last_observed_at: datetime


@dataclass(frozen=True, slots=True)
class PriceLine:
    """The steps of one offer, oldest first. A silence longer than `gap_after` is a gap."""

    name: str
    steps: tuple[PriceStep, ...]
    gap_after: timedelta
    is_live: bool


@dataclass(frozen=True, slots=True)
class StepChart:
    """`figure` for plotly.js, `caption` with the finding, and the steps as a table."""

    figure: dict[str, Any]
    caption: str
    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Point = tuple[datetime, Decimal | None]


def price_history(
    lines: Sequence[PriceLine], *, gpu: str, since: datetime, now: datetime
) -> StepChart:
    """Prices of one GPU from `since` to `now`, one line per offer, USD per GPU-hour."""
    caption = finding(lines, gpu=gpu)
    return StepChart(
        figure={
            "data": [_trace(line, place, since) for place, line in enumerate(lines)],
            "layout": _layout(since, now),
        },
        caption=caption,
        headers=("offer", "from (UTC)", "last seen (UTC)", "USD per GPU-hour"),
        rows=tuple(
            (
                line.name,
                f"{step.observed_from:%Y-%m-%d %H:%M}",
                f"{step.last_observed_at:%Y-%m-%d %H:%M}",
                f"${step.usd_per_gpu_hour:,.4f}",
            )
            for line in lines
            for step in line.steps
        ),
    )


def points(line: PriceLine, since: datetime) -> list[Point]:
    """Corners of a step line drawn 'hv'; a price of None is where the line breaks.

    The line begins at `since` at the earliest, and ends where the price was last seen:
    what holds today was seen today, or it is not drawn.
    """
    found: list[Point] = []
    for place, step in enumerate(line.steps):
        found.append((max(step.observed_from, since), step.usd_per_gpu_hour))
        after = line.steps[place + 1 : place + 2]
        if after and after[0].observed_from - step.last_observed_at <= line.gap_after:
            continue  # it held until the next one was seen
        if step.last_observed_at > step.observed_from:
            found.append((step.last_observed_at, step.usd_per_gpu_hour))
        if after:
            found.append((step.last_observed_at, None))
    return found


def finding(lines: Sequence[PriceLine], *, gpu: str) -> str:
    """One sentence: the cheapest last price, and the line that moved most."""
    if not lines:
        return f"No price of {gpu} was observed in this time"
    last = min(lines, key=lambda line: line.steps[-1].usd_per_gpu_hour)
    words = (
        f"{gpu}: the lowest last price is ${last.steps[-1].usd_per_gpu_hour:,.2f} per "
        f"GPU-hour ({last.name})"
    )
    moves = [(_move(line), line) for line in lines if len(line.steps) > 1]
    moves = [each for each in moves if each[0]]
    if not moves:
        return f"{words}; no price moved"
    move, line = max(moves, key=lambda each: abs(each[0]))
    went = "rose" if move > 0 else "fell"
    first = line.steps[0].observed_from
    return f"{words}; {line.name} {went} {abs(move):.0%} since {first:%Y-%m-%d}"


def _move(line: PriceLine) -> Decimal:
    first, last = line.steps[0].usd_per_gpu_hour, line.steps[-1].usd_per_gpu_hour
    return last / first - 1


def _trace(line: PriceLine, place: int, since: datetime) -> dict[str, Any]:
    corners = points(line, since)
    return {
        "type": "scatter",
        "mode": "lines+markers",
        "name": line.name,
        "x": [_text(at) for at, _ in corners],
        "y": [None if price is None else float(price) for _, price in corners],
        "line": {
            "shape": "hv",
            "width": 2,
            "color": COLOURS[place % len(COLOURS)],
            "dash": "solid" if line.is_live else "dot",
        },
        "marker": {"size": 7},
        "connectgaps": False,
        "hovertemplate": "%{y:" + USD_TICKS + "}/h per GPU",
    }


def _layout(since: datetime, now: datetime) -> dict[str, Any]:
    return {
        "uirevision": "price-history",
        "legend": {"orientation": "h", "y": -0.2},
        "margin": {"l": 8, "r": 8, "t": 24, "b": 8},
        "hovermode": "closest",
        "xaxis": {
            "automargin": True,
            "type": "date",
            "range": [_text(since), _text(now)],
            "title": {"text": "time (UTC)"},
        },
        "yaxis": {
            "automargin": True,
            "tickformat": USD_TICKS,
            "rangemode": "tozero",
            "title": {"text": "USD per GPU-hour"},
        },
    }


def _text(at: datetime) -> str:
    """UTC without a zone: no browser moves it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
