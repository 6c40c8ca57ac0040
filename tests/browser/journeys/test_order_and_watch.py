"""A model is ordered with its price on the sheet, and watched until it serves."""

from __future__ import annotations

from fleet.models import Pod
from tests.browser.screen import Screen
from tests.browser.stage import Stage


def test_an_order_is_priced_confirmed_and_watched_until_it_serves(
    stage: Stage, ada: Screen
) -> None:
    page = ada.open("/fleet/order/")
    page.select_option("#id_variant_id", label=option_with(ada, "Llama 3.1 8B"))
    page.fill("#id_slug", "night-owl")
    page.select_option("#id_cloud", "SECURE")
    page.get_by_text("Fits").first.wait_for()
    page.get_by_role("button", name="Show the plan").click()

    sheet = page.locator("#plan")
    sheet.wait_for()
    said = sheet.inner_text()
    assert "Balance lasts" in said and "/day" in said
    assert "Billing begins when the provider creates the pod" in said
    assert page.evaluate("document.activeElement.textContent") == "Cancel"
    button = page.locator("#confirm")
    assert button.inner_text().startswith("Rent 1× RTX 4090 for $0.7")
    assert rented(stage) == []

    button.click()
    page.wait_for_url("**/actions/*/")
    live = page.locator("#action-live")
    assert "running" in live.inner_text()
    stage.serve()
    page.keyboard.press("r")
    live.get_by_text("1 pod is ready.").wait_for()

    live.get_by_role("link", name="kerne-demo-night-owl-1").click()
    page.get_by_role("heading", name="kerne-demo-night-owl-1").wait_for()
    page.locator("main").get_by_text("Answers and has no queue.").first.wait_for()
    assert rented(stage) == ["kerne-demo-night-owl-1"]
    assert ada.left_behind() == []


def option_with(screen: Screen, words: str) -> str:
    """The first entry of the model list that has the words in it."""
    return screen.page.locator("#id_variant_id option", has_text=words).first.inner_text()


def rented(stage: Stage) -> list[str]:
    """The pods of the order that the cloud bills, by its own word."""
    pods = stage.cloud.ask("GET", "/sandbox/truth")["pods"]
    names = [pod["name"] for pod in pods if pod["ended_at"] is None]
    known = stage.crew.do(lambda: set(Pod.objects.values_list("name", flat=True)))
    assert set(names) <= known
    return [name for name in names if "night-owl" in name]
