"""A job is paused from its row without a mouse, stays open while numbers come, and is
taken back; the page is usable on both screens while it is paused."""

from __future__ import annotations

import pytest

from fleet.models import Pod
from tests.browser.screen import Screen, ScreenMaker


@pytest.fixture
def seen(screen: ScreenMaker, lively_fleet: Pod) -> Screen:
    return screen()


def test_a_job_is_paused_and_taken_back_by_keyboard(seen: Screen):
    page = seen.open("/jobs/")
    page.locator("#pause-housekeeping").focus()
    page.keyboard.press("Enter")
    length = page.get_by_label("Pause housekeeping for")
    length.wait_for()
    length.select_option("4h")
    page.get_by_role("button", name="Pause housekeeping").focus()
    page.keyboard.press("Enter")

    row = page.locator("tr", has_text="housekeeping").first
    row.locator("#resume-housekeeping").wait_for()
    assert "paused until" in " ".join(row.inner_text().split())
    page.set_viewport_size({"width": 390, "height": 844})
    assert seen.fits()
    assert seen.left_behind() == []
    page.get_by_role("button", name="Undo").click()
    row.locator("#pause-housekeeping").wait_for()
    assert seen.left_behind() == []


def test_a_job_that_can_not_be_paused_tells_a_screen_reader_why(seen: Screen):
    page = seen.open("/jobs/")

    never = page.get_by_role("button", name="reconcile can not be paused: it ends what")
    assert never.is_disabled()
