"""Going on holiday: everything is selected by keyboard, stopped by one plan, and gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_django import Settings

from tests.browser import world
from tests.browser.screen import Screen, open_screen
from tests.browser.stage import Stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STATE = "document.getElementById('select-all').indeterminate"


def test_two_deployments_are_stopped_by_one_plan(
    stage: Stage, ada: Screen, settings: Settings
) -> None:
    settings.DRAIN_SECONDS = 0  # the demo's demand never pauses; nobody waits for it here
    page = ada.open("/fleet/")
    boxes = page.locator("[name=deployment][data-pick]")
    names = [boxes.nth(n).get_attribute("value") for n in range(boxes.count())]
    assert len(names) > 1
    everything = page.locator("#select-all")

    boxes.first.focus()
    page.keyboard.press("Space")
    assert page.evaluate(STATE) is True
    assert "1 selected" in page.locator("#selected").inner_text()
    page.wait_for_timeout(2500)  # numbers wait while something is selected
    assert boxes.first.is_checked()
    everything.focus()
    page.keyboard.press("Space")
    assert everything.is_checked() and page.evaluate(STATE) is False
    assert boxes.last.is_checked()
    page.locator("#deed").select_option("stop")
    page.get_by_role("button", name="Show the plan").focus()
    page.keyboard.press("Enter")

    page.get_by_role("heading", name=f"Stop {len(names)} deployments?").wait_for()
    if page.locator("#without").count():  # what never ran can not be stopped, and says so
        said = page.locator("main").inner_text()
        assert "can not be done, so nothing is" in said and "is stopped already" in said
        page.locator("#without").click()
    page.locator("#confirm").wait_for()
    main = page.locator("main").inner_text()
    assert "→ no spend" in " ".join(main.split())
    assert "Together" in main and "Balance lasts" in main and "Saves" in main
    page.set_viewport_size({"width": 390, "height": 844})
    assert ada.fits() and ada.left_behind() == []
    page.locator("#confirm").click()

    page.wait_for_url("**/actions/together/*/")
    assert "confirmed together" in page.locator("h1").inner_text()
    for _ in range(3):  # told to end, gone, seen to be gone by the provider's word
        stage.tick()
    page.reload()
    page.get_by_role("heading", name="All have ended").wait_for()
    pods = stage.cloud.ask("GET", "/sandbox/truth")["pods"]
    alive = [pod["name"] for pod in pods if pod["ended_at"] is None]
    assert not [each for each in alive if each.startswith("kerne")]
    assert ada.fits() and ada.left_behind() == []


def test_without_scripts_the_box_for_all_is_a_field_of_a_plain_form(
    stage: Stage, chromium: Browser
) -> None:
    owner = stage.crew.do(world.as_owner)
    plain = open_screen(chromium, stage.url, owner, java_script_enabled=False)
    page = plain.open("/fleet/")

    page.locator("#select-all").check()
    page.locator("#deed").select_option("maintenance")
    page.get_by_role("button", name="Show the plan").click()

    page.get_by_text("costs go on; nothing is stopped").wait_for()
    page.locator("#confirm").click()
    page.get_by_text("nobody is told of them. Costs go on.").wait_for()
    page.context.close()
