"""Charts over the same hours share their zoom and what is pointed at; others do not."""

from typing import TYPE_CHECKING

import pytest

from economics.models import SchedulePlan
from tests.browser.screen import ScreenMaker, wait_until
from tests.economics.schedules.asked import answered, world

if TYPE_CHECKING:
    from playwright.sync_api import Page

DRAWN = "document.querySelectorAll('[data-chart][data-drawn=yes]').length === 3"
DEMAND, REPLICAS = (
    f"#chart-schedule-{name} [data-chart-plot]" for name in ("demand", "replicas")
)


def axis(plot: str, what: str = "range.map(String)") -> str:
    return f"document.querySelector('{plot}')._fullLayout.xaxis.{what}"


SAME = f"String({axis(DEMAND)}) === String({axis(REPLICAS)})"
HOVERED = f"document.querySelectorAll('{REPLICAS} .hoverlayer > *').length > 0"
CALM = f"document.querySelectorAll('{REPLICAS} .hoverlayer > *').length === 0"
COUNT = f"""window.changes = 0;
    for (const plot of document.querySelectorAll('{DEMAND}, {REPLICAS}'))
        plot.on('plotly_relayout', () => {{ window.changes += 1; }});"""

TWO_FRAMES = """new Promise((done) => requestAnimationFrame(
    () => requestAnimationFrame(() => done(true))))"""
WATCH = f"""window.redrawn = 0;
    for (const plot of document.querySelectorAll('{DEMAND}, {REPLICAS}'))
        plot.on('plotly_afterplot', () => {{ window.redrawn += 1; }});"""


@pytest.fixture
def page(screen: ScreenMaker, transactional_db: None) -> "Page":
    world(simulated=True)
    plan: SchedulePlan = answered(simulated=True, usd_per_hour="8")
    opened = screen().open(f"/schedule/{plan.pk}/")
    wait_until(opened, DRAWN)
    return opened


def drag(page: "Page", plot: str) -> None:
    """From a quarter to three quarters of the drawing area, at its middle."""
    box = page.locator(f"{plot} .nsewdrag").first
    box.scroll_into_view_if_needed()
    at = box.bounding_box()
    assert at is not None
    middle = at["y"] + at["height"] / 2
    page.mouse.move(at["x"] + at["width"] / 4, middle)
    page.mouse.down()
    page.mouse.move(at["x"] + at["width"] * 3 / 4, middle, steps=4)
    page.mouse.up()


def test_a_zoom_of_one_is_the_zoom_of_the_other_and_stops_there(page: "Page"):
    before = page.evaluate(axis(REPLICAS))
    page.evaluate(COUNT)

    drag(page, DEMAND)

    wait_until(page, f"{SAME} && {axis(REPLICAS)}[0] !== '{before[0]}'")
    page.evaluate(TWO_FRAMES)
    assert page.evaluate("window.changes") == 2  # one of each: nothing goes round


def test_a_double_click_on_any_shows_all_of_it_in_each(page: "Page"):
    before = page.evaluate(axis(DEMAND))
    drag(page, DEMAND)
    wait_until(page, f"{SAME} && {axis(DEMAND)}[0] !== '{before[0]}'")

    page.wait_for_timeout(400)  # else the end of the drag is the first of the two clicks
    page.locator(f"{REPLICAS} .nsewdrag").first.dblclick()

    wait_until(page, f"{axis(DEMAND, 'autorange')} && {axis(REPLICAS, 'autorange')}")
    assert page.evaluate(axis(DEMAND)) == before


def test_the_zoom_stays_when_the_charts_are_read_again(page: "Page"):
    drag(page, DEMAND)
    wait_until(page, f"{SAME} && !{axis(REPLICAS, 'autorange')}")
    held = page.evaluate(axis(DEMAND))

    page.evaluate(WATCH)
    page.evaluate("document.dispatchEvent(new Event('kerne:refresh'))")
    wait_until(page, "window.redrawn >= 2")

    assert page.evaluate(axis(DEMAND)) == page.evaluate(axis(REPLICAS)) == held


def test_a_chart_without_a_time_axis_keeps_its_own(page: "Page"):
    tornado = "#chart-schedule-tornado [data-chart-plot]"
    before = page.evaluate(axis(tornado))

    drag(page, DEMAND)
    wait_until(page, SAME)

    assert page.evaluate(axis(tornado)) == before


def test_what_is_pointed_at_in_one_is_told_in_the_other(page: "Page"):
    box = page.locator(f"{DEMAND} .nsewdrag").first
    box.scroll_into_view_if_needed()
    box.hover()
    wait_until(page, HOVERED)

    page.mouse.move(2, 2)

    wait_until(page, CALM)
