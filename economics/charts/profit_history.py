"""Daily revenue, cost and profit against the revenue that would have broken even."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from economics.calc.money import shown_usd
from economics.charts.chart import (
    BLUE,
    GREEN,
    GREY,
    MISSING,
    ORANGE,
    PURPLE,
    USD_TICKS,
    VERMILION,
    Chart,
    ChartTable,
    Trace,
    as_float,
    figure_dict,
    trace_of,
    usd_ticks,
)

ONE_DAY = timedelta(days=1)
HOVER = "%{y:" + USD_TICKS + "}"
LONE_DASH_PX = 20
BREAK_EVEN_NAME = "revenue needed to break even"


@dataclass(frozen=True)
class ProfitDay:
    """The figures of one UTC day [USD]. Revenue is gross; cost is 0 or more.

    `break_even_revenue` is the gross revenue that pays the cost after the take rate;
    None where no revenue can. `is_partial`: the day is not closed yet.
    """

    day: date
    cost: Decimal
    revenue: Decimal
    profit: Decimal
    break_even_revenue: Decimal | None
    is_partial: bool = False
    is_simulated: bool = False

    @property
    def fees(self) -> Decimal:
        """What the marketplace keeps, so that revenue - fees - cost = profit."""
        return self.revenue - self.cost - self.profit


Slots = Sequence[tuple[date, ProfitDay | None]]


def profit_history(rows: Iterable[ProfitDay], *, first_day: date, last_day: date) -> Chart:
    """The chart of the days first_day to last_day, both included.

    Rows may come in any order; a day of the window without a row is a gap in the
    figure and a "—" in the table, never 0. Raises ValueError for a row outside the
    window, two rows of one day, or a window that ends before it starts.
    """
    slots = _slots(list(rows), first_day, last_day)
    simulated = sum(1 for _, row in slots if row and row.is_simulated)
    title = finding(slots)
    figure = figure_dict(
        _traces(slots),
        title=title,
        name="profit-history",
        meta={"simulated": simulated > 0, "simulated_days": simulated},
    )
    figure["layout"].update(_layout(slots, simulated))
    return Chart(
        figure=figure, caption=_caption(title, slots, simulated), table=_table(slots)
    )


def finding(slots: Slots) -> str:
    """One sentence with the newest closed day and its rank among the closed days shown."""
    closed = [row for _, row in slots if row and not row.is_partial]
    if not closed:
        today = next((row for _, row in reversed(slots) if row), None)
        if today is None:
            return "No figures yet for these days"
        return f"{_profit_words(today.profit)} so far; no day is closed yet"
    newest = closed[-1]
    words = f"{_profit_words(newest.profit)} on {newest.day:%Y-%m-%d}"
    if len(closed) == 1:
        return f"{words}, the first closed day"
    rank = 1 + sum(1 for row in closed if row.profit > newest.profit)
    return f"{words}, {_ordinal(rank)} best of {len(closed)} closed days"


def _slots(rows: list[ProfitDay], first_day: date, last_day: date) -> Slots:
    if last_day < first_day:
        raise ValueError(f"the last day {last_day} lies before the first day {first_day}")
    by_day = {row.day: row for row in rows}
    if len(by_day) < len(rows):
        raise ValueError("there are two rows of one day")
    outside = [day for day in by_day if not first_day <= day <= last_day]
    if outside:
        raise ValueError(f"{min(outside)} lies outside {first_day} to {last_day}")
    days = [first_day + n * ONE_DAY for n in range((last_day - first_day).days + 1)]
    return [(day, by_day.get(day)) for day in days]


def _traces(slots: Slots) -> list[Trace]:
    days = [day.isoformat() for day, _ in slots]  # strings: no browser moves a UTC day
    rows = [row for _, row in slots]
    hatch = ["/" if row and row.is_simulated else "" for row in rows]

    def bar(name: str, amounts: list[Decimal | None], colour: str) -> Trace:
        return trace_of(
            "bar",
            name=name,
            x=days,
            y=[as_float(amount) for amount in amounts],
            marker={"color": colour, "pattern": {"shape": hatch}},
            hovertemplate=HOVER,
        )

    def line(name: str, amounts: list[Decimal | None], **style: Any) -> Trace:
        return trace_of(
            "scatter",
            name=name,
            x=days,
            y=[as_float(amount) for amount in amounts],
            connectgaps=False,
            hovertemplate=HOVER,
            **style,
        )

    traces: list[Trace] = [
        bar("revenue", _each(rows, lambda row: row.revenue), GREEN),
        bar("cost", _each(rows, lambda row: -row.cost), VERMILION),
    ]
    if any(row and row.fees for row in rows):
        fees = _each(rows, lambda row: -row.fees)
        traces.append(bar("marketplace fees", fees, PURPLE))
    traces.append(
        line(
            BREAK_EVEN_NAME,
            _each(rows, lambda row: row.break_even_revenue),
            mode="lines+markers",
            line={"color": ORANGE, "width": 2, "dash": "dash", "shape": "hvh"},
            marker=_dashes_of_lone_days(slots),
        )
    )
    traces.append(
        line(
            "profit",
            _each(rows, lambda row: row.profit),
            mode="lines+markers",
            line={"color": BLUE, "width": 2},
            marker={
                "symbol": [
                    "circle-open" if row and row.is_partial else "circle" for row in rows
                ],
                "size": 7,
            },
        )
    )
    return traces


def _dashes_of_lone_days(slots: Slots) -> dict[str, Any]:
    """A dash on each day without a neighbour: a line through one point draws nothing,
    and the first day of all would have no break-even line."""
    has = [row is not None and row.break_even_revenue is not None for _, row in slots]
    beside = zip([False, *has[:-1]], [*has[1:], False], strict=True)
    alone = [not (before or after) for before, after in beside]
    return {
        "symbol": "line-ew",
        "size": [LONE_DASH_PX if lone else 0 for lone in alone],
        "line": {"color": ORANGE, "width": 2},
    }


def _each(
    rows: list[ProfitDay | None], amount: Callable[[ProfitDay], Decimal | None]
) -> list[Decimal | None]:
    """One amount of each row; a missing day stays None, so that it is drawn as a gap."""
    return [None if row is None else amount(row) for row in rows]


def _layout(slots: Slots, simulated: int) -> dict[str, Any]:
    partial = [day for day, row in slots if row and row.is_partial]
    shapes = [_shade(day) for day in partial]
    notes = [_note(day, "partial") for day in partial]
    notes += [_note(_middle(gap), "no data", angle=-90) for gap in _gaps(slots)]
    if simulated:
        notes.append(_simulated_mark(simulated, len(slots)))
    return {
        "barmode": "relative",
        "shapes": shapes,
        "annotations": notes,
        "xaxis": {
            "automargin": True,
            "type": "date",
            "tickformat": "%d %b",
            "hoverformat": "%Y-%m-%d",
            "range": [_noon(slots[0][0] - ONE_DAY), _noon(slots[-1][0])],
            "title": {"text": "day (UTC)"},
        },
        "yaxis": {
            "automargin": True,
            "tickformat": usd_ticks(
                each
                for _, row in slots
                if row is not None
                for each in (row.cost, row.revenue)
            ),
            "rangemode": "tozero",  # an axis that does not start at 0 hides a loss
            "zeroline": True,
            "title": {"text": "USD per day"},
        },
    }


def _shade(day: date) -> dict[str, Any]:
    return {
        "type": "rect",
        "xref": "x",
        "yref": "paper",
        "x0": _noon(day - ONE_DAY),
        "x1": _noon(day),
        "y0": 0,
        "y1": 1,
        "fillcolor": "#999999",
        "opacity": 0.15,
        "line": {"width": 0},
        "layer": "below",
    }


def _note(day: date, text: str, *, angle: int = 0) -> dict[str, Any]:
    at_top = angle == 0
    return {
        "text": text,
        # Above, it ends with its day: over the middle of a narrow last one it was cut off.
        "x": _noon(day) if at_top else day.isoformat(),
        "xref": "x",
        "xanchor": "right" if at_top else "center",
        "y": 1 if at_top else 0.5,
        "yref": "paper",
        "yanchor": "bottom" if at_top else "middle",
        "textangle": angle,
        "showarrow": False,
        "font": {"size": 11},
    }


def _simulated_mark(simulated: int, days: int) -> dict[str, Any]:
    some = "" if simulated == days else f" (hatched, {simulated} of {days} days)"
    return {
        "text": f"SIMULATED{some}",
        "x": 0,
        "xref": "paper",
        "xanchor": "left",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",  # above the plot: inside it hides the break-even line
        "showarrow": False,
        "font": {"size": 12},
        "bordercolor": GREY,
        "borderwidth": 1,
        "borderpad": 3,
    }


def _gaps(slots: Slots) -> list[list[date]]:
    """Runs of days without a row, so that a long gap gets one label, not thirty."""
    gaps: list[list[date]] = []
    for day, row in slots:
        if row is not None:
            continue
        if gaps and gaps[-1][-1] == day - ONE_DAY:
            gaps[-1].append(day)
        else:
            gaps.append([day])
    return gaps


def _caption(title: str, slots: Slots, simulated: int) -> str:
    sentences = [title]
    last = next((row for _, row in reversed(slots) if row and not row.is_partial), None)
    if last is not None and last.break_even_revenue is not None:
        sentences.append(
            f"That day earned {shown_usd(last.revenue)} of the "
            f"{shown_usd(last.break_even_revenue)} needed to break even"
        )
    if any(row and row.is_partial for _, row in slots):
        sentences.append("Shaded days are not closed yet")
    missing = sum(1 for _, row in slots if row is None)
    if missing:
        days = "day has" if missing == 1 else "days have"
        sentences.append(f"{missing} {days} no figures and {_are(missing)} left as a gap")
    if simulated:
        sentences.append(f"{simulated} of {len(slots)} days are simulated")
    return ". ".join(sentences) + "."


def _table(slots: Slots) -> ChartTable:
    headers = ("day (UTC)", "revenue", "fees", "cost", "profit", BREAK_EVEN_NAME, "note")
    return ChartTable(headers, tuple(_table_row(day, row) for day, row in slots))


def _table_row(day: date, row: ProfitDay | None) -> tuple[str, ...]:
    if row is None:
        return (day.isoformat(), *[MISSING] * 5, "no figures for this day")
    needed = row.break_even_revenue
    notes = ["partial"] * row.is_partial + ["simulated"] * row.is_simulated
    if needed is None:
        notes.append("no revenue can break even")
    return (
        day.isoformat(),
        shown_usd(row.revenue),
        shown_usd(row.fees),
        shown_usd(row.cost),
        shown_usd(row.profit),
        MISSING if needed is None else shown_usd(needed),
        ", ".join(notes),
    )


def _profit_words(profit: Decimal) -> str:
    return f"{'Loss' if profit < 0 else 'Profit'} {shown_usd(abs(profit))}"


def _ordinal(rank: int) -> str:
    if rank == 1:
        return "the"
    last = (
        "th" if 10 <= rank % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(rank % 10, "th")
    )
    return f"{rank}{last}"


def _middle(days: list[date]) -> date:
    return days[len(days) // 2]


def _noon(day: date) -> str:
    """The right edge of a day's bar: bars are centred on midnight."""
    return f"{day.isoformat()} 12:00"


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
