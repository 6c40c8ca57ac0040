"""A slow answer: what was pressed looks pressed, and a second click asks nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fleet.models import Pod
from tests.browser.screen import ScreenMaker, wait_until

if TYPE_CHECKING:
    from playwright.sync_api import Route

OPACITY = "getComputedStyle(document.querySelector('#plan-results')).opacity"


def test_a_sheet_that_takes_its_time_is_asked_for_once(
    screen: ScreenMaker, lively_fleet: Pod
):
    seen = screen()
    page = seen.open("/fleet/")
    waiting: list[Route] = []
    page.route("**/actions/plan/terminate/**", lambda route: waiting.append(route))
    button = page.locator(f"#end-{lively_fleet.pk}")

    button.dblclick()

    wait_until(page, f"document.querySelector('#end-{lively_fleet.pk}').ariaBusy")
    assert len(waiting) == 1 and page.locator("#sheet").is_hidden()

    waiting[0].continue_()
    page.locator("#sheet").wait_for()
    assert button.get_attribute("aria-busy") is None
    assert seen.errors == [] and seen.violations == []


def test_a_sheet_that_never_comes_is_opened_as_a_page(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/fleet/")
    page.route("**/actions/plan/terminate/**", lambda route: route.abort(), times=1)

    page.click(f"#end-{lively_fleet.pk}")

    page.wait_for_url("**/actions/plan/terminate/**")
    assert "Terminate" in page.inner_text("main")


def test_figures_of_a_plan_are_dimmed_while_others_are_worked_out(
    screen: ScreenMaker, transactional_db: None
):
    seen = screen()
    page = seen.open("/plan/?model=llama-3.1-8b")
    seen.settle()
    waiting: list[Route] = []
    page.route("**/plan/?**", lambda route: waiting.append(route))

    page.locator('[data-slider="utilization"]').press("ArrowRight")

    wait_until(page, f"{OPACITY} < 1")
    while waiting:
        waiting.pop().continue_()
        page.wait_for_timeout(50)
    wait_until(page, f"{OPACITY} == 1")
