"""What each month is owed: received, not due yet, late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from economics.calc.money import shown_usd
from economics.charts.chart import (
    BLUE,
    GREEN,
    USD_TICKS,
    VERMILION,
    Chart,
    ChartTable,
    Trace,
    as_float,
    figure_dict,
    trace_of,
)

MOST_MONTHS = 24
HOVER = "%{y:" + USD_TICKS + "}"
HEADERS = ("month (UTC)", "received", "not due", "late", "owed")


@dataclass(frozen=True)
class MonthOwed:
    """One month of all marketplaces [USD]: what is owed, what came, what is to come.

    The three add up to what is owed, unless more came than that.
    """

    month: date
    owed_usd: Decimal
    received_usd: Decimal
    not_due_usd: Decimal
    late_usd: Decimal


def receivable_months(rows: Iterable[MonthOwed], *, simulated: bool) -> Chart:
    """The chart of the newest months, oldest first. A month without a row has no bar."""
    months = sorted(rows, key=lambda row: row.month)[-MOST_MONTHS:]
    names = [f"{row.month:%Y-%m}" for row in months]
    hatch = "/" if simulated else ""

    def bar(name: str, amounts: list[Decimal], colour: str) -> Trace:
        return trace_of(
            "bar",
            name=name,
            x=names,
            y=[as_float(amount) for amount in amounts],
            marker={"color": colour, "pattern": {"shape": hatch}},
            hovertemplate=HOVER,
        )

    title = finding(months)
    figure = figure_dict(
        [
            bar("received", [row.received_usd for row in months], GREEN),
            bar("not due", [row.not_due_usd for row in months], BLUE),
            bar("late", [row.late_usd for row in months], VERMILION),
        ],
        title=title,
        name="receivable-months",
        meta={"simulated": simulated},
    )
    figure["layout"].update(
        {
            "barmode": "relative",
            "xaxis": {
                "type": "category",
                "automargin": True,
                "title": {"text": "month (UTC)"},
            },
            "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom"},
            "yaxis": {
                "tickformat": USD_TICKS,
                "rangemode": "tozero",
                "automargin": True,
                "title": {"text": "USD"},
            },
        }
    )
    said = f"{title}. Simulated money." if simulated else f"{title}."
    return Chart(figure=figure, caption=said, table=table(months))


def finding(months: Sequence[MonthOwed]) -> str:
    """One sentence with what is late, or what is still to come."""
    late = sum((row.late_usd for row in months), Decimal(0))
    coming = sum((row.not_due_usd for row in months), Decimal(0))
    if not months:
        return "Nothing is owed yet"
    if late > 0:
        return f"{shown_usd(late)} is late, {shown_usd(coming)} is not due yet"
    return f"{shown_usd(coming)} is to come, nothing is late"


def table(months: Sequence[MonthOwed]) -> ChartTable:
    """The same months as text, newest first."""
    return ChartTable(
        HEADERS,
        tuple(
            (
                f"{row.month:%Y-%m}",
                *map(
                    shown_usd,
                    (row.received_usd, row.not_due_usd, row.late_usd, row.owed_usd),
                ),
            )
            for row in reversed(months)
        ),
    )
