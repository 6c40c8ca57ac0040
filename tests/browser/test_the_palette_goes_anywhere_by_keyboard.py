from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from fleet.models import Incident, Pod, Severity
from tests.browser.screen import ScreenMaker

if TYPE_CHECKING:
    from playwright.sync_api import Route


def test_a_few_letters_and_enter_open_the_page(screen: ScreenMaker, lively_fleet: Pod):
    seen = screen()
    page = seen.open("/jobs/")
    page.keyboard.press("Control+k")
    page.keyboard.type("stat")
    page.wait_for_selector("#palette-list a:has-text('Statements')")
    page.keyboard.press("Enter")

    page.wait_for_url("**/books/statements/")
    assert seen.errors == [] and seen.violations == []


def test_the_first_letter_asks_at_once_and_the_last_is_answered(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/jobs/")
    held: list[Route] = []
    asked: list[str] = []
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette-list [aria-selected=true]")
    page.on("request", lambda each: asked.append(each.url.split("q=")[-1]))
    page.route("**/palette/?q=s", lambda each: held.append(each))
    with page.expect_request("**/palette/?q=s"):
        page.keyboard.type("st")
    page.wait_for_timeout(300)  # more than a wait for a slow hand would be
    assert asked == ["s"]
    held[0].continue_()

    page.wait_for_selector("#palette-list a:has-text('Statements')")
    page.wait_for_selector("#palette-list a:has-text('Serverless')", state="detached")
    assert asked == ["s", "st"]


def test_the_arrows_choose_and_escape_leaves_everything(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/jobs/")
    page.keyboard.press("Control+k")
    page.wait_for_selector("#palette-list [aria-selected=true]")
    first = page.get_attribute("#palette-words", "aria-activedescendant")
    page.keyboard.press("ArrowDown")
    second = page.get_attribute("#palette-words", "aria-activedescendant")

    assert (first, second) == ("found-1", "found-2")
    page.keyboard.type("job")
    page.keyboard.press("Escape")
    assert page.locator("#palette").is_hidden()


def test_a_filtered_page_is_saved_and_opened_again(screen: ScreenMaker, lively_fleet: Pod):
    seen = screen()
    page = seen.open("/actions/?state=ended")
    page.click(".subnav [data-open=keep]")
    page.fill("#keep-name", "what ended")
    page.click("#keep-view button.primary")
    page.wait_for_selector(".subnav a:has-text('what ended')")
    page.goto(page.url.split("/actions/")[0] + "/jobs/")
    page.click(".subnav a:has-text('what ended')")

    page.wait_for_url("**/actions/?state=ended")
    assert seen.errors == [] and seen.violations == []


def test_the_tab_tells_an_open_incident(screen: ScreenMaker, lively_fleet: Pod):
    now = timezone.now()
    Incident.objects.create(
        key=f"pod_down:pod:{lively_fleet.pk}",
        title="A pod is down",
        severity=Severity.CRITICAL,
        pod=lively_fleet,
        first_seen_at=now,
        last_seen_at=now,
        opened_at=now,
    )
    page = screen().open("/jobs/")
    page.wait_for_function("document.title.startsWith('(')")

    assert page.title().startswith("(Critical 1) Jobs")
    assert "critical" in (page.get_attribute("#icon", "href") or "")
