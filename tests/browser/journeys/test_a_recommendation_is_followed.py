"""What the matrix says is followed to the sheet that would do it."""

from __future__ import annotations

from tests.browser.screen import Screen
from tests.browser.stage import Stage


def test_advice_leads_to_its_reasons_and_to_a_plan_sheet(stage: Stage, ada: Screen) -> None:
    page = ada.open("/decide/")
    ada.settle()
    row = page.locator("tr", has_text="demo-llama-8b").first
    assert "Stop" in row.inner_text()
    row.locator("a:has(strong)").click()

    why = page.locator("#deployment-demo-llama-8b")
    why.get_by_text("Contribution of the last 3 closed days").first.wait_for()
    why.locator("a.button", has_text="Plan the stop").click()
    sheet = page.locator("#sheet")
    sheet.get_by_text("Stop demo-llama-8b").first.wait_for()
    assert "Saves" in sheet.inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Keep it running"
    page.keyboard.press("Enter")
    sheet.wait_for(state="hidden")

    page.locator("summary", has_text="Start earning today").first.click()
    page.get_by_role("link", name="Open its plan sheet").first.click()
    page.wait_for_url("**/plan/?**")
    page.locator("#chosen-title").wait_for()
    assert "option=" in page.url
    assert ada.left_behind() == []
