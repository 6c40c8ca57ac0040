"""A bar of the profit chart is clicked, and its rows add up to it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.browser.screen import Screen, wait_until
from tests.browser.stage import Stage, now

DRAWN = "document.querySelector('[data-chart*=\"days.json\"]').dataset.drawn === 'yes'"
# The bar of a trace and a day: where it is on the screen, and what it is by the chart.
BAR = """([name, day]) => {
    const plot = document.querySelector('[data-chart*="days.json"] [data-chart-plot]');
    const bars = plot._fullData.filter((trace) => trace.type === "bar");
    const at = bars.findIndex((trace) => trace.name === name);
    const point = Array.from(bars[at].x).findIndex((x) => String(x).startsWith(day));
    const trace = plot.querySelectorAll(".barlayer .trace")[at];
    const mark = trace.querySelectorAll(".point path")[point];
    mark.scrollIntoView({ block: "center" });
    const box = mark.getBoundingClientRect();
    // A tenth from its outer end, where no dot of the profit line lies over it.
    const [x, y] = [box.x + box.width / 2, box.bottom - box.height / 10];
    return { x, y, usd: bars[at].y[point] };
}"""


def money(text: str) -> Decimal:
    """The amount in "$1,234.56" or "−$1.50 simulated"."""
    sign = -1 if text.strip().startswith("−") else 1
    return sign * Decimal(text.split()[0].lstrip("−\u2060$").replace(",", ""))


def test_the_rows_behind_a_bar_add_up_to_it(stage: Stage, ada: Screen) -> None:
    day = f"{now().date() - timedelta(days=2):%Y-%m-%d}"
    page = ada.open("/profit/?money=simulated")
    wait_until(page, DRAWN)
    ada.settle()

    bar = page.evaluate(BAR, ["cost", day])
    page.mouse.click(bar["x"], bar["y"])
    page.wait_for_url("**/profit/lines/**")
    said = page.locator("#lines strong").first
    said.wait_for()
    total = money("$" + said.inner_text().split("$")[1])
    assert abs(total - abs(Decimal(str(bar["usd"])))) < Decimal("0.005")

    rows: list[str] = []
    while True:
        ada.settle()
        rows += page.locator('#lines tbody [data-label="Amount"]').all_inner_texts()
        later = page.get_by_role("link", name="Later rows")
        if not later.count():
            break
        later.click()
        page.wait_for_load_state()
    assert sum(map(money, rows)) == total
    assert day in page.inner_text("#lines-title")
    assert ada.left_behind() == []
