"""What pods cost by day: our seconds at the agreed price, at the provider's, its bill."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from economics.calc.money import shown_usd
from economics.charts.chart import (
    BLUE,
    GREEN,
    MISSING,
    ORANGE,
    Chart,
    ChartTable,
    Trace,
    as_float,
    days_words,
    figure_dict,
    trace_of,
    usd_ticks,
)

NAME = "billed-days"
CENT = Decimal("0.01")
HEADERS = ("day (UTC)", "ours", "at listed price", "billed", "bill − ours", "state")


@dataclass(frozen=True)
class BilledDay:
    """[USD]; None where it is not known. `state`: the worst of its hours."""

    day: date
    ours_usd: Decimal
    listed_usd: Decimal | None
    billed_usd: Decimal | None
    difference_usd: Decimal | None
    state: str


def billed_days(
    rows: Sequence[BilledDay], *, simulated: bool, links: Sequence[str]
) -> Chart:
    """Three bars a day, oldest first; what is not known has no bar."""
    days = [row.day.isoformat() for row in rows]
    ticks = usd_ticks(
        each
        for row in rows
        for each in (row.ours_usd, row.listed_usd, row.billed_usd)
        if each is not None
    )

    def bar(name: str, amounts: list[Decimal | None], colour: str) -> Trace:
        return trace_of(
            "bar",
            name=name,
            x=days,
            y=[as_float(amount) for amount in amounts],
            marker={"color": colour, "pattern": {"shape": "/" if simulated else ""}},
            customdata=list(links),
            hovertemplate="%{y:" + ticks + "}",
        )

    title = finding(rows)
    figure = figure_dict(
        [
            bar("our seconds x agreed price", [row.ours_usd for row in rows], BLUE),
            bar("at the listed price", [row.listed_usd for row in rows], ORANGE),
            bar("billed", [row.billed_usd for row in rows], GREEN),
        ],
        title=title,
        name=NAME,
        meta={"simulated": simulated},
    )
    figure["layout"].update(
        barmode="group",
        xaxis={"automargin": True, "type": "category", "title": {"text": "day (UTC)"}},
        yaxis={
            "automargin": True,
            "tickformat": ticks,
            "rangemode": "tozero",
            "title": {"text": "USD per day"},
        },
    )
    said = f"{title}. Simulated money." if simulated else f"{title}."
    return Chart(figure, said, _table(rows))


def finding(rows: Sequence[BilledDay]) -> str:
    """By how much the bill differs where its buckets are closed.

    The bars have the open ones too, in which the bill runs ahead of our lines or behind
    them: without that word the title would contradict what is drawn.
    """
    known = [row.difference_usd for row in rows if row.difference_usd is not None]
    if not rows:
        return "No hour of a pod is booked or billed in these days"
    if not known:
        return "No bucket of the bill is closed in these days"
    off = sum(known, Decimal(0))
    if not off:
        return f"The bill is what we booked, on {len(known)} of {days_words(len(rows))}"
    word = "more" if off > 0 else "less"
    usd = shown_usd(abs(off)) if abs(off) >= CENT / 2 else f"under {shown_usd(CENT)}"
    words = f"The bill says {usd} {word} than our seconds at the agreed price"
    return f"{words}, in its closed hours on {len(known)} of {days_words(len(rows))}"


def _table(rows: Sequence[BilledDay]) -> ChartTable:
    return ChartTable(
        HEADERS,
        tuple(
            (
                row.day.isoformat(),
                *(
                    MISSING if usd is None else shown_usd(usd)
                    for usd in (
                        row.ours_usd,
                        row.listed_usd,
                        row.billed_usd,
                        row.difference_usd,
                    )
                ),
                row.state,
            )
            for row in rows
        ),
    )
