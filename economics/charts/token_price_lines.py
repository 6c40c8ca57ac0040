"""Token prices over time as step lines: a price holds until it changes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

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
    as_float,
    figure_dict,
    trace_of,
)

COLOURS = (BLUE, GREEN, ORANGE, PURPLE, SKY, GREY)
MOST_LINES = 12
OURS = "our price"


@dataclass(frozen=True, slots=True)
class Step:
    """A price [USD / 1M tokens] that was seen from `start` to `last_seen`."""

    price: Decimal
    start: datetime
    last_seen: datetime


@dataclass(frozen=True, slots=True)
class PriceLine:
    """The steps of one offer, oldest first, at least one; `ours`: drawn on top."""

    label: str
    steps: tuple[Step, ...]
    ours: bool = False

    @property
    def last(self) -> Decimal:
        return self.steps[-1].price


def token_price_lines(
    lines: Sequence[PriceLine],
    *,
    of: str,
    since: datetime,
    now: datetime,
    gap_after: timedelta,
    simulated: bool,
) -> Chart:
    """Step lines of the cheapest offers and ours; a longer silence than `gap_after` is a
    gap. `of` is the token class in words."""
    rivals = sorted((e for e in lines if not e.ours), key=lambda e: (e.last, e.label))
    shown = [*rivals[:MOST_LINES], *(each for each in lines if each.ours)]
    caption = finding(shown, of=of)
    traces = [
        _trace(line, place, since=since, gap_after=gap_after)
        for place, line in enumerate(shown)
    ]
    meta = {"left_out": len(lines) - len(shown), "simulated": simulated}
    figure = figure_dict(traces, title=caption, name=f"token-prices-{of}", meta=meta)
    figure["layout"].update(
        xaxis={
            "automargin": True,
            "type": "date",
            "range": [_text(since), _text(now)],
            "title": {"text": "time (UTC)"},
        },
        yaxis={
            "automargin": True,
            "rangemode": "tozero",
            "tickprefix": "$",
            "title": {"text": "USD per 1M tokens"},
        },
        hovermode="closest",
    )
    return Chart(figure, caption, _table(shown))


def corners(
    line: PriceLine, *, since: datetime, gap_after: timedelta
) -> list[tuple[datetime, Decimal | None]]:
    """Corners of a line drawn "hv"; a price of None is where it breaks.

    It ends where the price was last seen: what holds today was seen today.
    """
    found: list[tuple[datetime, Decimal | None]] = []
    for place, step in enumerate(line.steps):
        if step.last_seen < since:
            continue
        found.append((max(step.start, since), step.price))
        after = line.steps[place + 1] if place + 1 < len(line.steps) else None
        if after is not None and after.start - step.last_seen <= gap_after:
            continue  # it held until the next one was seen
        if step.last_seen > step.start:
            found.append((step.last_seen, step.price))
        if after is not None:
            found.append((step.last_seen, None))
    return found


def finding(lines: Sequence[PriceLine], *, of: str) -> str:
    """The lowest last price, and the line that moved most."""
    if not lines:
        return f"{of.capitalize()}: no price was seen in this time"
    low = min(lines, key=lambda each: (each.last, each.label))
    words = f"{of.capitalize()}: the lowest last price is ${low.last:,.4f}/1M ({low.label})"
    moves = [
        (each.last / each.steps[0].price - 1, each) for each in lines if each.steps[0].price
    ]
    moves = [move for move in moves if move[0]]
    if not moves:
        return f"{words}; no price moved"
    move, line = max(moves, key=lambda each: abs(each[0]))
    went = "rose" if move > 0 else "fell"
    return (
        f"{words}; {line.label} {went} {abs(move):.0%} since {line.steps[0].start:%Y-%m-%d}"
    )


def _trace(line: PriceLine, place: int, *, since: datetime, gap_after: timedelta) -> Trace:
    points = corners(line, since=since, gap_after=gap_after)
    colour = VERMILION if line.ours else COLOURS[place % len(COLOURS)]
    return trace_of(
        "scatter",
        name=line.label,
        mode="lines+markers",
        x=[_text(at) for at, _ in points],
        y=[as_float(price) for _, price in points],
        line={
            "shape": "hv",
            "width": 3 if line.ours else 2,
            "color": colour,
            "dash": "solid" if place < len(COLOURS) or line.ours else "dot",
        },
        marker={"size": 6},
        connectgaps=False,
        hovertemplate="%{x}: $%{y:,.4f}/1M",
    )


def _table(lines: Sequence[PriceLine]) -> ChartTable:
    rows = [
        (
            f"{step.start:%Y-%m-%d %H:%M}",
            line.label,
            f"{step.price:,.6f}",
            f"{step.last_seen:%Y-%m-%d %H:%M}",
        )
        for line in lines
        for step in line.steps
    ]
    return ChartTable(
        ("from (UTC)", "offer", "USD per 1M tokens", "last seen (UTC)"), tuple(sorted(rows))
    )


def _text(at: datetime) -> str:
    """UTC without a zone: no browser moves it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
