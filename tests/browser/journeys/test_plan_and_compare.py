"""What it costs to serve a model: two machines beside each other, then an order sheet."""

from __future__ import annotations

from tests.browser.screen import Screen, wait_until
from tests.browser.stage import Stage


def test_two_machines_are_compared_and_one_is_ordered(stage: Stage, ada: Screen) -> None:
    page = ada.open("/plan/?model=llama-3.1-8b")
    ada.settle()
    page.select_option("#id_provider", "sandbox")
    wait_until(page, "location.search.includes('provider=sandbox')")
    ada.settle()

    names = []
    for number in range(2):
        row = page.locator("table.plan-options tbody tr").nth(number)
        names.append(row.locator("th a").inner_text())
        row.locator("input[name=compare]").check()
        wait_until(
            page, f"new URL(location).searchParams.getAll('compare').length > {number}"
        )
        ada.settle()

    beside = page.locator("table.compare")
    beside.wait_for()
    heads = beside.locator("thead a").all_inner_texts()
    assert heads == names
    assert beside.locator("td.winner").count() > 0
    assert beside.locator("tr.differs").count() > 0

    beside.locator("thead a").first.click()
    deploy = page.locator("#deploy")
    deploy.wait_for()
    price = deploy.inner_text().removeprefix("Order sheet for ")
    deploy.click()
    page.get_by_role("heading", name="Order a model").wait_for()
    sheet = page.locator("#plan")
    sheet.wait_for()
    assert "Llama 3.1 8B" in sheet.inner_text()
    assert price.startswith("$") and price.endswith("/h")
    assert page.locator("#confirm").inner_text().startswith("Rent 1×")
    assert ada.left_behind() == []
