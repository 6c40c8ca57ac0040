"""The first steps do not hide the figures of a phone, and stay as somebody left them."""

import pytest

from fleet.models import Pod
from tests.browser.conftest import ScreenMaker

STEPS = "#first-steps"


@pytest.mark.parametrize(("width", "is_open"), [(1280, True), (390, False)])
def test_it_begins_open_where_there_is_room(
    screen: ScreenMaker, lively_fleet: Pod, width: int, is_open: bool
):
    seen = screen(width=width)
    page = seen.open("/")
    page.wait_for_selector(STEPS)
    seen.settle()

    assert page.evaluate(f"document.querySelector('{STEPS}').open") is is_open


@pytest.mark.parametrize(("width", "is_open"), [(1280, False), (390, True)])
def test_what_was_turned_by_hand_stays(
    screen: ScreenMaker, lively_fleet: Pod, width: int, is_open: bool
):
    seen = screen(width=width)
    page = seen.open("/")
    page.wait_for_selector(STEPS)
    seen.settle()
    page.locator(f"{STEPS} summary").click()
    page.reload()
    page.wait_for_selector(STEPS)
    seen.settle()

    assert page.evaluate(f"document.querySelector('{STEPS}').open") is is_open
    assert (seen.errors, seen.violations) == ([], [])
