"""From revenue down to profit, bar by bar; the bars add up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from economics.calc.money import shown_usd
from economics.calc.profit_parts import COSTS, LABELS, SUM_LABELS, Figures, Part, sign_in
from economics.charts.chart import (
    BLUE,
    GREEN,
    GREY,
    VERMILION,
    Chart,
    ChartTable,
    as_float,
    days_words,
    figure_dict,
    trace_of,
)

MOST_LETTERS = 14  # of a label on one line
NAME = "profit-waterfall"
ROW_PX, FRAME_PX = 38, 84
LETTER_PX, GAP_PX = 8, 10
ALWAYS = (Part.REVENUE, Part.FEES)


@dataclass(frozen=True)
class Step:
    """One bar [USD]: what it adds, and where it begins. A sum stands on 0.

    bar  its name in BARS
    """

    bar: str
    label: str
    usd: Decimal
    base: Decimal
    is_sum: bool = False

    @property
    def end(self) -> Decimal:
        return self.base + self.usd


def waterfall_steps(figures: Figures) -> list[Step]:
    """Revenue, the take rate, net revenue, each cost that is not 0, profit. Where we funded
    a discount, first the revenue at list prices and what was taken off."""
    steps: list[Step] = []
    if cut := figures.of(Part.DISCOUNT):
        listed = figures.bar("list")
        steps.append(Step("list", SUM_LABELS["list"], listed, Decimal(0), is_sum=True))
        steps.append(Step(Part.DISCOUNT, LABELS[Part.DISCOUNT], -cut, listed))
    level = Decimal(0)
    for part in (*ALWAYS, *COSTS):
        usd = Decimal(0) + sign_in("profit", part) * figures.of(part)  # never "-0.00"
        if usd or part in ALWAYS:
            steps.append(Step(part, LABELS[part], usd, level, part == Part.REVENUE))
            level += usd
        if part == Part.FEES:
            steps.append(Step("net", SUM_LABELS["net"], level, Decimal(0), True))
    steps.append(Step("profit", SUM_LABELS["profit"], level, Decimal(0), True))
    return steps


def profit_waterfall(
    figures: Figures, *, days: int, simulated: bool, links: Sequence[str]
) -> Chart:
    """The waterfall of some days.

    links  one address a bar, of the rows that it is the sum of
    """
    steps = waterfall_steps(figures)
    title = finding(figures, days)
    trace = trace_of(
        "bar",
        orientation="h",
        y=[step.label for step in steps],
        x=[as_float(step.usd) for step in steps],
        base=[as_float(step.base) for step in steps],
        marker={
            "color": [_colour(step) for step in steps],
            "line": {"color": [_colour(step) for step in steps], "width": 1},
            "pattern": {"shape": "/" if simulated else ""},
        },
        text=[shown_usd(step.usd) for step in steps],
        textposition="none",  # they stand in a column of their own, see _amounts
        customdata=list(links),
        hovertemplate="%{y}: %{text}<extra></extra>",
        showlegend=False,
    )
    meta = {"simulated": simulated, "room_right_px": _room_px(steps)}
    figure = figure_dict([trace], title=title, name=NAME, meta=meta)
    figure["layout"].update(_layout(steps, days))
    said = [title]
    if figures.is_open:
        said.append("Days that are not closed yet count as far as they are known")
    if figures.unpriced_tokens:
        count = f"{figures.unpriced_tokens:,}"
        said.append(f"{count} tokens had no price and are in no bar")
    if simulated:
        said.append("Simulated money")
    return Chart(figure, ". ".join(said) + ".", _table(steps))


def finding(figures: Figures, days: int) -> str:
    """What was lost or earned, and what cost most beside serving."""
    profit, others = figures.profit_usd, [part for part in COSTS if part != Part.SERVING]
    if not figures.parts:
        return f"No figures in {days_words(days)}"
    verb = "Lost" if profit < 0 else "Earned"
    words = f"{verb} {shown_usd(abs(profit))} in {days_words(days)}"
    most = max(others, key=figures.of)
    if figures.of(most) <= 0:
        return words
    name = LABELS[most][0].lower() + LABELS[most][1:]
    return f"{words}; {name.replace('pods, idle', 'idle pods')} cost " + shown_usd(
        figures.of(most)
    )


def _layout(steps: Sequence[Step], days: int) -> dict[str, Any]:
    """A row for each bar: its name, the bar, its amount.

    Side by side, ten bars leave each 25 pixels of a phone: no name and no amount is
    readable there. The row is clicked as well as its bar, which may be one pixel wide.
    """
    return {
        "height": FRAME_PX + ROW_PX * len(steps),
        "hovermode": "y",
        "xaxis": {
            "automargin": True,
            "tickvals": [0],
            "ticktext": ["$0"],
            "tickangle": 0,
            "zeroline": True,
            "title": {"text": f"USD in {days_words(days, 'UTC ')}"},
        },
        "yaxis": {
            "automargin": True,
            "type": "category",
            "autorange": "reversed",
            "showgrid": False,
            "tickvals": [step.label for step in steps],
            "ticktext": [in_two_lines(step.label) for step in steps],
        },
        "annotations": _amounts(steps),
        "shapes": _levels(steps),
    }


def _room_px(steps: Sequence[Step]) -> int:
    """How wide the column of the amounts is."""
    return GAP_PX + LETTER_PX * max(len(shown_usd(step.usd)) for step in steps)


def _amounts(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """Each amount at the right of its row, below each other as in a book.

    At the end of its bar it would lie on the names where the bar runs to the left.
    """
    return [
        {
            "text": f"<b>{shown_usd(step.usd)}</b>" if step.is_sum else shown_usd(step.usd),
            "xref": "paper",
            "x": 1,
            "xanchor": "right",
            "xshift": _room_px(steps),
            "y": step.label,
            "yanchor": "middle",
            "showarrow": False,
        }
        for step in steps
    ]


def _levels(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """A line from where each bar ends to where the next one begins."""
    return [
        {
            "type": "line",
            "layer": "below",
            "x0": as_float(step.end),
            "x1": as_float(step.end),
            "y0": row,
            "y1": row + 1,
            "line": {"color": GREY, "width": 1, "dash": "dot"},
        }
        for row, step in enumerate(steps[:-1])
    ]


def _colour(step: Step) -> str:
    if step.bar in (Part.REVENUE, "list"):
        return GREEN
    if step.is_sum:
        return BLUE if step.usd >= 0 else VERMILION
    return GREY if step.usd >= 0 else VERMILION


def in_two_lines(label: str) -> str:
    """A long label broken at the space that is nearest to its middle.

    On one line, the longest name would leave its bar no room on a phone.

    >>> in_two_lines("Pods, not split yet"), in_two_lines("Profit")
    ('Pods, not<br>split yet', 'Profit')
    """
    spaces = [place for place, letter in enumerate(label) if letter == " "]
    if len(label) <= MOST_LETTERS or not spaces:
        return label
    at = min(spaces, key=lambda place: abs(place - len(label) / 2))
    return f"{label[:at]}<br>{label[at + 1 :]}"


def _table(steps: Sequence[Step]) -> ChartTable:
    return ChartTable(
        ("bar", "USD", "left after it"),
        tuple((step.label, shown_usd(step.usd), shown_usd(step.end)) for step in steps),
    )
