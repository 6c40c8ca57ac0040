"""Profit a day over utilization and price, with the line where it is zero."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from economics.calc.money import shown_usd
from economics.charts.chart import (
    GREEN,
    USD_TICKS,
    VERMILION,
    Chart,
    ChartTable,
    as_float,
    figure_dict,
    trace_of,
)
from economics.planner.frontier import Frontier

NAME = "frontier"
WHITE = "#F7F7F7"
INK = "#222222"


def frontier_map(
    drawn: Frontier,
    *,
    usd_per_million: Decimal,
    here: tuple[Decimal, Decimal],
    here_usd: Decimal,
) -> Chart:
    """The heat map of one option.

    usd_per_million   blended price [USD / 1M tokens] at a factor of 1
    here              (utilization [1], price factor [1]) of the plan
    here_usd          profit there [USD / day]
    """
    prices = [factor * usd_per_million for factor in drawn.factors]
    shares = [share * 100 for share in drawn.utilizations]
    rows = [[as_float(usd) for usd in row] for row in drawn.profit_usd]
    x, y = as_float(here[0] * 100), as_float(here[1] * usd_per_million)
    traces: list[Any] = [
        trace_of(
            "heatmap",
            x=[as_float(share) for share in shares],
            y=[as_float(price) for price in prices],
            z=rows,
            zmid=0,
            colorscale=[[0, VERMILION], [0.5, WHITE], [1, GREEN]],
            colorbar={
                "title": {"text": "USD/day"},
                "tickformat": USD_TICKS,  # a prefix would say "$−500"
                "thickness": 12,
            },
            hovertemplate=("%{x:.0f} % at $%{y:,.4f}/1M: %{z:$,.2f} a day<extra></extra>"),
        ),
        trace_of(
            "contour",
            x=[as_float(share) for share in shares],
            y=[as_float(price) for price in prices],
            z=rows,
            contours={"start": 0, "end": 0, "size": 1, "coloring": "none"},
            line={"color": INK, "width": 3},
            showscale=False,
            hoverinfo="skip",
            name="break-even",
        ),
        trace_of(
            "scatter",
            x=[x],
            y=[y],
            mode="markers+text",
            text=["you are here"],
            textposition="top center",
            textfont={"color": INK},
            marker={"symbol": "x", "size": 12, "color": INK, "line": {"width": 2}},
            hovertemplate=f"here: {shown_usd(here_usd)} a day<extra></extra>",
            name="you are here",
            showlegend=False,
        ),
    ]
    figure = figure_dict(traces, title=finding(here, here_usd), name=NAME, meta={})
    figure["layout"].update(
        xaxis={
            "automargin": True,
            "ticksuffix": " %",
            "title": {"text": "utilization of the serving time"},
        },
        yaxis={
            "automargin": True,
            "tickprefix": "$",
            "title": {"text": "USD per 1M tokens, this mix"},
        },
        hovermode="closest",
    )
    return Chart(figure, finding(here, here_usd), _table(drawn, prices))


def finding(here: tuple[Decimal, Decimal], here_usd: Decimal) -> str:
    """What the plan earns where it stands."""
    word = "earns" if here_usd >= 0 else "loses"
    return (
        f"At {here[0] * 100:.0f} % utilization this option {word} "
        f"{shown_usd(abs(here_usd))} a day; the line is break-even"
    )


def _table(drawn: Frontier, prices: list[Decimal]) -> ChartTable:
    """Every second utilization, so that it can be read."""
    picks = range(0, len(drawn.utilizations), 2)
    headers = ("USD per 1M", *(f"{drawn.utilizations[n] * 100:.0f} %" for n in picks))
    return ChartTable(
        headers,
        tuple(
            (f"{price:,.4f}", *(shown_usd(row[n]) for n in picks))
            for price, row in zip(prices, drawn.profit_usd, strict=True)
        ),
    )
