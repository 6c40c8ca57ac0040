"""What every chart hands to a template, and the look that they share."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

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


def as_float(amount: Decimal | None) -> float | None:
    """The one edge where money becomes a float: for drawing, never to calculate."""
    return None if amount is None else float(amount)


def figure_dict(
    traces: list[go.Bar | go.Scatter], *, title: str, name: str, meta: dict[str, Any]
) -> dict[str, Any]:
    """A figure without a Python template, so that the page's light or dark one applies.

    `name` is the constant `uirevision`: a refresh keeps what the reader zoomed to.
    """
    figure = go.Figure(data=traces)
    figure.update_layout(
        title={"text": title, "automargin": True, "x": 0, "xref": "paper"},
        uirevision=name,
        meta=meta,
        legend={"orientation": "h", "y": -0.2},
        margin={"l": 8, "r": 8, "t": 56, "b": 8},
        hovermode="x unified",
    )
    figure.update_xaxes(automargin=True)
    figure.update_yaxes(automargin=True)
    figure.layout.template = None
    as_dict: dict[str, Any] = figure.to_plotly_json()
    return as_dict
