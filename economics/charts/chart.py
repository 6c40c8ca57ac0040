"""What every chart hands to a template, and the look that they share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

# Okabe-Ito: told apart by colour-blind people; always six digits, because plotly.js 4
# takes other notations for "no colour given" and draws its default.
GREEN = "#009E73"
ORANGE = "#E69F00"
VERMILION = "#D55E00"
BLUE = "#0072B2"
SKY = "#56B4E9"
PURPLE = "#CC79A7"
GREY = "#7F7F7F"

USD_TICKS = "$,.2f"
MISSING = "—"
Trace = dict[str, Any]


@dataclass(frozen=True)
class ChartTable:
    """The same numbers as text, for people who can not see or hover the figure."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Chart:
    """`figure` for plotly.js ({data, layout}); `caption` states the finding."""

    figure: dict[str, Any]
    caption: str
    table: ChartTable


def usd_ticks(amounts: Iterable[Decimal]) -> str:
    """Cents, or finer where all that is drawn is some cents: ticks would else repeat."""
    biggest = max(map(abs, amounts), default=Decimal(1))
    for least, ticks in ((Decimal("0.1"), USD_TICKS), (Decimal("0.001"), "$,.4f")):
        if biggest >= least:
            return ticks
    return "$,.6f"


def days_words(count: int, kind: str = "") -> str:
    """How many days, in a title: 1 day, 30 UTC days."""
    return f"1 {kind}day" if count == 1 else f"{count} {kind}days"


def as_float(amount: Decimal | None) -> float | None:
    """The one edge where money becomes a float: for drawing, never to calculate."""
    return None if amount is None else float(amount)


def trace_of(kind: str, /, **properties: Any) -> Trace:
    """A trace of plotly.js, such as a "bar"; what is None is left out.

    Not plotly's own classes: they check each property again at every look, which takes
    longer than all that is drawn. A test has them check every figure once.
    """
    return {"type": kind} | {
        name: value for name, value in properties.items() if value is not None
    }


def figure_dict(
    traces: list[Trace], *, title: str, name: str, meta: dict[str, Any]
) -> dict[str, Any]:
    """A figure without a Python template, so that the page's light or dark one applies.

    `name` is the constant `uirevision`: a refresh keeps what the reader zoomed to.
    """
    return {
        "data": traces,
        "layout": {
            "title": {"text": title, "automargin": True, "x": 0, "xref": "paper"},
            "uirevision": name,
            "meta": meta,
            "legend": {"orientation": "h", "y": -0.2},
            "margin": {"l": 8, "r": 8, "t": 56, "b": 8},
            "hovermode": "x unified",
            "xaxis": {"automargin": True},
            "yaxis": {"automargin": True},
        },
    }
