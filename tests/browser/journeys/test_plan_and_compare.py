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

    rentable = page.locator(
        "table.plan-options tr", has_text="sandbox community, on-demand"
    )
    rentable.first.locator("th a").click()
    deploy = page.locator("#deploy")
    deploy.wait_for()
    price = deploy.inner_text().removeprefix("Order sheet for ").removesuffix("/h")
    deploy.click()
    page.get_by_role("heading", name="Order a model").wait_for()
    page.fill("#id_slug", "from-the-plan")
    page.get_by_role("button", name="Show the plan").click()
    sheet = page.locator("#plan")
    sheet.wait_for()
    said = sheet.inner_text()
    assert "Llama 3.1 8B" in said and f"× 1 = {price}/h" in said
    assert "Nothing is rented or spent before this." in said
    assert ada.left_behind() == []
