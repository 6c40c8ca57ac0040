"""At night, on a phone: is it earning, what does it cost, stop it."""

from __future__ import annotations

from pytest_django import Settings

from tests.browser.screen import Screen
from tests.browser.stage import Stage


def test_a_deployment_is_stopped_with_a_thumb(
    stage: Stage, ada_on_her_phone: Screen, settings: Settings
) -> None:
    settings.DRAIN_SECONDS = 0  # the demo's demand never pauses; nobody waits for it here
    ada = ada_on_her_phone
    page = ada.open("/")
    assert "Profit today so far" in page.inner_text("main")
    assert ada.fits()

    page.locator("main").get_by_role("link", name="All pods").tap()
    page.get_by_role("heading", name="Fleet", exact=True).wait_for()
    row = page.locator(".deployment", has_text="demo-llama-8b")
    assert "1 of 1 ready" in row.inner_text()
    stop = row.get_by_role("link", name="Stop")
    assert stop.bounding_box()["height"] >= 24  # type: ignore[index] - what a thumb hits
    stop.tap()

    sheet = page.locator("#sheet")
    sheet.get_by_text("Stop demo-llama-8b").first.wait_for()
    said = sheet.inner_text()
    assert "Saves" in said and "$0.34" in said and "Balance lasts" in said
    assert ada.fits()
    sheet.locator("#confirm").tap()

    page.wait_for_url("**/actions/*/")
    for _ in range(3):  # told to end, gone, seen to be gone by the provider's word
        stage.tick()
    page.reload()
    page.locator("#action-live").get_by_text("done", exact=True).wait_for()
    pods = stage.cloud.ask("GET", "/sandbox/truth")["pods"]
    alive = [pod["name"] for pod in pods if pod["ended_at"] is None]
    assert not [name for name in alive if "demo-llama-8b" in name]

    ada.open("/fleet/")
    row = page.locator(".deployment", has_text="demo-llama-8b")
    row.get_by_role("link", name="Start").wait_for()
    assert ada.fits() and ada.left_behind() == []
