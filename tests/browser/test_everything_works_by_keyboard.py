"""No mouse: skip link, focus that is seen, sheets, tables' drill-down, live numbers."""

from __future__ import annotations

from typing import Any

import pytest

from fleet.models import Pod
from tests.browser.screen import Screen, ScreenMaker

MOST_STOPS = 120  # of Tab on one page
FOCUSED = """() => {
    const at = document.activeElement;
    if (!at || at === document.body) return null;
    const box = at.getBoundingClientRect();
    const style = getComputedStyle(at);
    return {
        name: at.id || at.textContent.trim().slice(0, 40) || at.getAttribute("aria-label"),
        ring: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
        shown: box.width > 0 && box.height > 0 && box.right > 0 && box.bottom > 0
            && box.left < innerWidth && box.top < innerHeight,
    };
}"""


@pytest.fixture
def seen(screen: ScreenMaker, lively_fleet: Pod) -> Screen:
    return screen()


def stops(seen: Screen) -> list[dict[str, Any]]:
    """Where Tab leads, from the top of the page until it leaves it."""
    found: list[dict[str, Any]] = []
    for _ in range(MOST_STOPS):
        seen.page.keyboard.press("Tab")
        at = seen.page.evaluate(FOCUSED)
        if at is None:
            return found
        found.append(at)
    return found


def test_the_first_stop_skips_to_the_content(seen: Screen):
    page = seen.open("/fleet/")
    page.keyboard.press("Tab")

    skip = page.locator(".skip-link")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    assert skip.bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


@pytest.mark.parametrize("address", ["/", "/fleet/", "/fleet/order/", "/profit/", "/jobs/"])
def test_every_stop_is_on_the_screen_and_has_a_ring(seen: Screen, address: str):
    seen.open(address)
    seen.settle()

    found = stops(seen)

    assert len(found) > 10
    assert [each["name"] for each in found if not (each["ring"] and each["shown"])] == []


def test_a_sheet_takes_the_focus_keeps_it_and_gives_it_back(
    seen: Screen, lively_fleet: Pod
):
    page = seen.open("/fleet/")
    seen.settle()
    opener = f"end-{lively_fleet.pk}"
    page.focus(f"#{opener}")
    page.keyboard.press("Enter")
    page.locator("#sheet").wait_for()

    assert page.evaluate("document.activeElement.textContent") == "Keep it running"
    for _ in range(8):
        page.keyboard.press("Tab")
        outside = "document.activeElement.closest('#sheet, body > *:not(main, header)')"
        assert page.evaluate(f"document.activeElement === document.body || !!{outside}")
    page.keyboard.press("Escape")

    page.locator("#sheet").wait_for(state="hidden")
    assert page.evaluate("document.activeElement.id") == opener
    lively_fleet.refresh_from_db()
    assert lively_fleet.status == "serving"


def test_the_menu_opens_and_closes_and_the_focus_stays_with_it(seen: Screen):
    page = seen.open("/jobs/")
    summary = page.locator("#own > summary")
    summary.focus()
    page.keyboard.press("Enter")
    assert page.locator("#own #theme").is_visible()

    page.keyboard.press("Tab")
    page.keyboard.press("Escape")

    assert page.locator("#own #theme").is_hidden()
    assert page.evaluate(
        "document.activeElement === document.querySelector('#own > summary')"
    )


def test_a_charts_table_opens_the_rows_of_a_day(seen: Screen):
    page = seen.open("/profit/")
    seen.settle()
    page.locator('[data-chart*="days.json"] details.rows > summary').focus()
    page.keyboard.press("Enter")
    table = page.locator('[data-chart*="days.json"] details.rows tbody')
    table.locator("a").first.wait_for()

    page.keyboard.press("Tab")  # the table's own place, which the arrows scroll
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "A"
    page.keyboard.press("Enter")

    page.wait_for_url("**/profit/lines/**")
    assert "row by row" in page.inner_text("h1")


def test_new_numbers_leave_the_focus_where_it_was(seen: Screen, lively_fleet: Pod):
    page = seen.open("/fleet/")
    seen.settle()
    page.focus(f"#open-{lively_fleet.pk}")
    page.keyboard.press("r")
    page.wait_for_timeout(100)
    seen.settle()

    assert page.evaluate("document.activeElement.id") == f"open-{lively_fleet.pk}"


def test_a_wide_table_is_scrolled_by_the_arrow_keys(screen: ScreenMaker, lively_fleet: Pod):
    seen = screen(width=390)
    page = seen.open("/books/import/cash/")
    seen.settle()
    place = page.locator(".table-wrap[tabindex]").last
    place.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")

    page.wait_for_timeout(300)
    assert place.evaluate("(place) => place.scrollLeft") > 0
    assert "scrolls" in (place.get_attribute("aria-label") or "")
