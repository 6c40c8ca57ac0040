"""One letter shows the usual days, an arrow those beside them; fields keep their keys."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from django.utils import timezone

from economics.calc.hours import day_of
from fleet.models import Pod
from tests.browser.screen import Screen, ScreenMaker


def days_of(seen: Screen) -> tuple[str, str]:
    asked = parse_qs(urlsplit(seen.page.url).query)
    return asked["first"][0], asked["last"][0]


def test_a_letter_and_an_arrow_change_the_days_and_keep_the_filter(
    screen: ScreenMaker, lively_fleet: Pod
):
    seen = screen()
    page = seen.open("/profit/?money=simulated")
    yesterday = day_of(timezone.now()) - timedelta(days=1)

    page.keyboard.press("e")
    page.wait_for_url("**first=**")
    assert days_of(seen) == (f"{yesterday}", f"{yesterday}")

    with page.expect_navigation():
        page.keyboard.press("ArrowLeft")
    before = yesterday - timedelta(days=1)
    assert days_of(seen) == (f"{before}", f"{before}")
    assert "money=simulated" in page.url

    page.focus("#first")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("w")
    seen.settle()
    assert days_of(seen) == (f"{before}", f"{before}")


def test_the_shown_days_are_marked_and_none_is_later_than_today(
    screen: ScreenMaker, lively_fleet: Pod
):
    seen = screen(width=390)
    page = seen.open("/books/")

    assert page.inner_text(".periods [aria-current]") == "30 days"
    assert page.locator(".periods [aria-label='Later days']").count() == 0
    page.goto(page.url + "?first=2026-01-05&last=2026-01-06")
    link = page.locator(".periods a").last.bounding_box()
    assert link and link["x"] + link["width"] < 390 - 12  # no name is cut
    assert seen.fits() and seen.left_behind() == []
