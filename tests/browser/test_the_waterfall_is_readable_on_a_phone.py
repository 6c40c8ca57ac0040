"""Ten bars with long names, one huge beside tiny ones, on a phone and on a desk."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from economics.calc.profit_parts import COSTS, Figures, Part
from economics.charts.profit_waterfall import profit_waterfall, waterfall_steps
from tests.browser.screen import ScreenMaker, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Page

COSTLY = {part: Decimal("0.0154") for part in COSTS} | {Part.SERVING: Decimal("12345.67")}
PARTS = {Part.DISCOUNT: Decimal(3), Part.REVENUE: Decimal(20), Part.FEES: Decimal("1.1")}
PLOT = "document.querySelector('#chart-waterfall [data-chart-plot]')"
DRAWN = "document.querySelector('#chart-waterfall').dataset.drawn"
WORDS = "'.ytick text, .xtick text, .g-ytitle, .xtitle, .annotation text'"
BOXES = f"""(() => {{  // at once: what loads above the plot moves it between two looks
    const named = (name) => (each) => {{
        const box = each.getBoundingClientRect();
        return [name(each), box.left, box.top, box.right, box.bottom];
    }};
    const found = (query) => [...{PLOT}.querySelectorAll(query)];
    return {{
        words: found({WORDS}).filter((each) => each.textContent)
            .map(named((each) => each.textContent)),
        bars: found('.barlayer .point path').map(named(() => 'a bar')),
        frame: named(() => 'the plot')({PLOT}),
    }};
}})()"""
Box = tuple[str, float, float, float, float]


def touch(one: Box, other: Box) -> bool:
    _, left, top, right, bottom = one
    _, left_2, top_2, right_2, bottom_2 = other
    return left < right_2 and left_2 < right and top < bottom_2 and top_2 < bottom


def opened_with(screen: ScreenMaker, figures: Figures, **look: Any) -> tuple[Page, int]:
    """The profit page with this waterfall drawn, and how many steps it has."""
    steps = waterfall_steps(figures)
    links = ["/profit/lines/?bar=" + step.bar for step in steps]
    chart = profit_waterfall(figures, days=31, simulated=True, links=links)
    told = json.dumps({"figure": chart.figure, "caption": chart.caption, "empty": ""})
    opened = screen(**look)
    opened.page.route("**/profit/waterfall.json*", lambda asked: asked.fulfill(body=told))
    page = opened.open("/profit/")
    wait_until(page, DRAWN)
    opened.settle()  # the charts above it are drawn too
    return page, len(steps)


@pytest.mark.parametrize("revenue", [Decimal(20), Decimal(98765)], ids=["loses", "earns"])
@pytest.mark.parametrize(("width", "theme"), [(390, "light"), (1280, "dark")])
def test_no_name_and_no_amount_is_cut_or_covered(
    screen: ScreenMaker, width: int, theme: str, revenue: Decimal
):
    figures = Figures(parts=PARTS | COSTLY | {Part.REVENUE: revenue})
    page, steps = opened_with(screen, figures, width=width, theme=theme)

    boxes = page.evaluate(BOXES)
    words, bars = boxes["words"], boxes["bars"]
    _, left, top, right, bottom = boxes["frame"]

    assert steps > 10 and len(bars) == steps
    assert len(words) == 2 * steps + 3  # the 0, the title of the axis, SIMULATED
    assert [
        each
        for each in words
        if each[1] < left or each[2] < top or each[3] > right or each[4] > bottom
    ] == []
    pairs = [(a, b) for n, a in enumerate(words) for b in [*words[n + 1 :], *bars]]
    assert [(a[0], b[0]) for a, b in pairs if touch(a, b)] == []


def test_a_bar_of_one_pixel_is_opened_by_its_row(screen: ScreenMaker):
    figures = Figures(parts=PARTS | COSTLY)
    row = [step.bar for step in waterfall_steps(figures)].index(Part.EXPENSES)
    page, _ = opened_with(screen, figures, width=390)
    page.locator("#chart-waterfall .nsewdrag").scroll_into_view_if_needed()
    _, left, top, right, bottom = page.evaluate(BOXES)["bars"][row]

    far_from_it = left + 60 if left < 195 else left - 60
    page.mouse.move(far_from_it, (top + bottom) / 2)
    page.mouse.click(far_from_it, (top + bottom) / 2)

    page.wait_for_url("**/profit/lines/?bar=expenses")
