"""A pod that nobody ordered is seen at once, priced, and ended from the page."""

from __future__ import annotations

from fleet import tasks
from tests.browser.screen import Screen
from tests.browser.stage import Stage


def test_an_orphan_is_found_and_ended(stage: Stage, ada: Screen) -> None:
    stray = stage.cloud.create(name="somebodys-training")
    stage.tick()
    stage.tick()
    stage.jobs(tasks.watch_alerts)

    page = ada.open("/")
    alarm = page.get_by_role("alert").filter(has_text="1 pod nobody ordered")
    alarm.wait_for()
    assert "billed at $0.74" in alarm.inner_text()
    alarm.get_by_role("link", name="the pods").click()

    card = page.locator("section", has_text="1 pod that nobody ordered").first
    assert "left alone until you end or adopt it" in card.inner_text()
    card.get_by_role("link", name="End…").click()
    sheet = page.locator("#sheet")
    sheet.get_by_text("somebodys-training").first.wait_for()
    if sheet.locator("#typed").count():  # what is lost for good is typed
        sheet.locator("#typed").fill("somebodys-training")
    sheet.locator("#confirm").click()
    page.wait_for_url("**/actions/*/")

    for _ in range(3):
        stage.tick()
    stage.jobs(tasks.watch_alerts)
    assert stage.cloud.truth(stray["id"])["ended_at"] is not None
    ada.open("/fleet/")
    page.get_by_role("heading", name="Fleet", exact=True).wait_for()
    assert "nobody ordered" not in page.inner_text("main")
    assert ada.left_behind() == []
