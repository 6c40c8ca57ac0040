"""What if it were busier? A slider is moved by the keyboard and everything follows."""

from __future__ import annotations

from tests.browser.screen import Screen, wait_until
from tests.browser.stage import Stage


def test_a_slider_moves_the_figures_and_the_address_and_reset_brings_them_back(
    stage: Stage, ada: Screen
) -> None:
    page = ada.open("/plan/?model=glm-5")
    ada.settle()
    tiles = page.locator(".plan-tiles")
    before = tiles.inner_text()

    slider = page.locator('[data-slider="utilization"]')
    slider.focus()
    for _ in range(10):
        slider.press("ArrowRight")
    wait_until(page, "location.search.includes('utilization=0.6')")
    page.locator("main").get_by_text("against the base").first.wait_for()
    assert page.inner_text("#slide-utilization-said") == "60 %"
    assert tiles.inner_text() != before
    page.locator("#chart-frontier figcaption", has_text="At 60 %").wait_for()

    page.reload()
    ada.settle()
    assert page.input_value('[data-slider="utilization"]') == "0.6"

    page.click("#plan-reset")
    wait_until(page, "!location.search.includes('utilization')")
    wait_until(page, "!document.body.innerText.includes('against the base')")
    assert tiles.inner_text() == before
    assert ada.left_behind() == []
