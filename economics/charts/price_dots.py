"""Prices of one token class as dots: each rival on its line, our own dot among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.charts.chart import (
    BLUE,
    GREY,
    VERMILION,
    Chart,
    ChartTable,
    Trace,
    as_float,
    figure_dict,
    trace_of,
)

OURS = "our price"
MOST_DOTS = 40


@dataclass(frozen=True)
class PriceDot:
    """A price [USD / 1M tokens]; `apart`: shown, but it does not count."""

    label: str
    price: Decimal
    apart: bool = False


def price_dots(
    rivals: Sequence[PriceDot], ours: Decimal | None, *, of: str, simulated: bool
) -> Chart:
    """One panel: rivals cheapest first from below, and our own dot on a line of its own.

    of  the token class in words, such as "cached prompt"
    """
    shown = sorted(rivals, key=lambda each: (-each.price, each.label))[-MOST_DOTS:]
    caption = finding(rivals, ours, of=of)
    traces = [
        _trace("rivals", [each for each in shown if not each.apart], BLUE, "circle"),
        _trace("not counted", [each for each in shown if each.apart], GREY, "circle-open"),
    ]
    if ours is not None:
        traces.append(_trace(OURS, [PriceDot(OURS, ours)], VERMILION, "diamond"))
    meta = {"left_out": len(rivals) - len(shown), "simulated": simulated}
    figure = figure_dict(traces, title=caption, name=f"price-dots-{of}", meta=meta)
    order = [OURS] if ours is not None else []
    figure["layout"].update(
        xaxis={
            "automargin": True,
            "rangemode": "tozero",
            "tickprefix": "$",
            "title": {"text": "USD per 1M tokens"},
        },
        yaxis={
            "automargin": True,
            "categoryorder": "array",
            "categoryarray": [*(each.label for each in shown), *order],
        },
        hovermode="closest",
        showlegend=False,
    )
    return Chart(figure, caption, _table(shown, ours))


def finding(rivals: Sequence[PriceDot], ours: Decimal | None, *, of: str) -> str:
    """Where we stand in this class, with the floor and its name."""
    name = of.capitalize()
    counted = [each for each in rivals if not each.apart]
    if not counted:
        return f"{name}: no rival that counts has a price for it"
    floor = min(counted, key=lambda each: (each.price, each.label))
    words = f"{name}: the floor is {_usd(floor.price)} ({floor.label})"
    if ours is None:
        return f"{words}; we have no price"
    cheaper = sum(each.price < ours for each in counted)
    if not cheaper:
        return f"{words}; at {_usd(ours)} nobody is cheaper than we are"
    return f"{words}; at {_usd(ours)} {cheaper} of {len(counted)} are cheaper"


def _trace(name: str, dots: Sequence[PriceDot], colour: str, symbol: str) -> Trace:
    return trace_of(
        "scatter",
        name=name,
        mode="markers",
        x=[as_float(each.price) for each in dots],
        y=[each.label for each in dots],
        marker={"size": 13 if name == OURS else 9, "color": colour, "symbol": symbol},
        hovertemplate="%{y}: $%{x:,.4f}/1M<extra></extra>",
    )


def _usd(price: Decimal) -> str:
    return f"${price:,.4f}/1M"


def _table(dots: Sequence[PriceDot], ours: Decimal | None) -> ChartTable:
    rows = [
        (each.label, f"{each.price:,.6f}", "no" if each.apart else "yes") for each in dots
    ]
    if ours is not None:
        rows.append((OURS, f"{ours:,.6f}", "—"))
    return ChartTable(("offer", "USD per 1M tokens", "counts"), tuple(rows))
