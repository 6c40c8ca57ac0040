"""Profit of each model, deployment or fleet as bars, with its contribution margin."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from economics.calc.money import shown_usd
from economics.calc.profit_parts import Figures, Part
from economics.charts.chart import (
    BLUE,
    GREEN,
    USD_TICKS,
    VERMILION,
    Chart,
    ChartTable,
    as_float,
    figure_dict,
    trace_of,
)

NAME = "profit-owners"
ROW_PX, FRAME_PX = 44, 110
HEADERS = ("", "net revenue", "contribution", "idle cost", "cost", "profit")


def profit_owners_chart(
    owners: Sequence[tuple[str, Figures]], *, simulated: bool, links: Sequence[str]
) -> Chart:
    """Bars of (name, figures), the highest profit on top.

    links  one address each, of the rows that its profit is the sum of
    """
    names = [name for name, _ in owners]
    profits = [figures.profit_usd for _, figures in owners]
    title = finding(owners)
    bars = trace_of(
        "bar",
        name="profit",
        orientation="h",
        y=names,
        x=[as_float(usd) for usd in profits],
        marker={
            "color": [GREEN if usd >= 0 else VERMILION for usd in profits],
            "pattern": {"shape": "/" if simulated else ""},
        },
        customdata=list(links),
        hovertemplate="%{y}: %{x:" + USD_TICKS + "}<extra>profit</extra>",
    )
    marks = trace_of(
        "scatter",
        name="contribution margin",
        mode="markers",
        y=names,
        x=[as_float(figures.contribution_usd) for _, figures in owners],
        marker={"symbol": "diamond", "size": 10, "color": BLUE},
        customdata=list(links),
        hovertemplate="%{y}: %{x:" + USD_TICKS + "}<extra>contribution</extra>",
    )
    figure = figure_dict(
        [bars, marks], title=title, name=NAME, meta={"simulated": simulated}
    )
    figure["layout"].update(
        xaxis={
            "automargin": True,
            "tickformat": USD_TICKS,
            "zeroline": True,
            "title": {"text": "USD in these days"},
        },
        yaxis={"automargin": True, "type": "category", "autorange": "reversed"},
        height=FRAME_PX + ROW_PX * max(len(owners), 2),
        hovermode="closest",
    )
    said = f"{title}. Simulated money." if simulated else f"{title}."
    return Chart(figure, said, _table(owners))


def finding(owners: Sequence[tuple[str, Figures]]) -> str:
    """Who earned, and who lost most."""
    if not owners:
        return "No figures in these days"
    losing = [each for each in owners if each[1].profit_usd < 0]
    if not losing:
        return f"{_of(owners)} earned or paid for itself"
    name, worst = min(losing, key=lambda each: each[1].profit_usd)
    words = f"{len(losing)} of {len(owners)} lost money"
    lost = shown_usd(abs(worst.profit_usd))
    return (
        f"{words}; {name} lost most, {lost}" if len(owners) > 1 else f"{name} lost {lost}"
    )


def _of(owners: Sequence[tuple[str, Figures]]) -> str:
    return owners[0][0] if len(owners) == 1 else f"Each of the {len(owners)}"


def _table(owners: Sequence[tuple[str, Figures]]) -> ChartTable:
    def cells(name: str, each: Figures) -> tuple[str, ...]:
        usd: tuple[Decimal, ...] = (each.net_revenue_usd, each.contribution_usd)
        usd += (each.of(Part.IDLE), each.cost_usd, each.profit_usd)
        return name, *map(shown_usd, usd)

    return ChartTable(HEADERS, tuple(cells(name, each) for name, each in owners))
