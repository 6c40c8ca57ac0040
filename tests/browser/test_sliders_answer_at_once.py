"""The plan page in a browser: sliders, their figures, the address, the charts."""

from __future__ import annotations

import pytest
from django.utils import timezone

from fleet.services.market import load_public_prices
from fleet.services.speeds import answer_wanted
from fleet.throughput.latency import Unknown
from fleet.throughput.speed_question import SpeedEvidence
from tests.browser.screen import Screen, ScreenMaker, wait_until

ROOFLINE_ONLY = SpeedEvidence(own=[], published=[], estimator=Unknown("not asked in tests"))
PLAN = "/plan/?model=llama-3.1-8b"
# Moves a slider as a hand does, a step a frame, and counts the steps after which the
# number beside it was not the slider's own in the very next frame.
DRAG = """async () => {
    const slider = document.querySelector('[data-slider="utilization"]');
    const said = document.getElementById("slide-utilization-said");
    let late = 0;
    for (let step = 0; step < 40; step += 1) {
        slider.value = 0.3 + step * 0.01;
        slider.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise(requestAnimationFrame);
        if (said.textContent !== `${Math.round(slider.value * 100)} %`) late += 1;
    }
    return { late, said: said.textContent };
}"""


@pytest.fixture
def planned(screen: ScreenMaker, transactional_db: None) -> Screen:
    """The plan page with public prices and every speed worked out."""
    load_public_prices(now=timezone.now())
    seen = screen()
    seen.open(PLAN).wait_for_load_state("networkidle")
    more = True
    while more:
        _, more = answer_wanted(evidence=lambda: ROOFLINE_ONLY, clock=timezone.now)
    seen.open(PLAN).wait_for_load_state("networkidle")
    return seen


def shown_profit(seen: Screen) -> str:
    return seen.page.locator(".plan-tiles .tile").last.inner_text()


def test_the_number_beside_a_slider_follows_the_hand(planned: Screen):
    moved = planned.page.evaluate(DRAG)

    assert moved == {"late": 0, "said": "69 %"}


def test_the_figures_and_the_address_follow(planned: Screen):
    before = shown_profit(planned)

    planned.page.evaluate(DRAG)

    wait_until(planned.page, "location.search.includes('utilization=0.69')")
    wait_until(planned.page, "document.body.innerText.includes('against the base')")
    assert shown_profit(planned) != before
    assert (planned.errors, planned.violations) == ([], [])


def test_the_mix_is_turned_from_where_it_was_written(planned: Screen):
    planned.page.fill("#id_mix", "0.5, 0.25, 0.25")
    planned.page.dispatch_event("#id_mix", "change")
    slider = planned.page.locator("#slide-completion_if")

    wait_until(
        planned.page, "document.getElementById('slide-completion_if').value === '0.25'"
    )
    slider.focus()
    slider.press("ArrowRight")

    wait_until(planned.page, "location.search.includes('completion_if=0.26')")
    wait_until(planned.page, "document.body.innerText.includes('against the base')")
    assert planned.page.inner_text("#slide-completion_if-said") == "26 %"


def test_the_charts_are_drawn_for_the_new_question(planned: Screen):
    wait_until(planned.page, "document.querySelectorAll('[data-drawn=yes]').length === 3")

    planned.page.evaluate(DRAG)

    wait_until(
        planned.page,
        "document.querySelector('#chart-frontier figcaption').textContent"
        ".startsWith('At 69 %')",
    )


def test_reset_brings_the_beginning_back(planned: Screen):
    planned.page.evaluate(DRAG)
    wait_until(planned.page, "location.search.includes('utilization=0.69')")

    planned.page.click("#plan-reset")

    wait_until(planned.page, "!location.search.includes('utilization')")
    wait_until(planned.page, "!document.body.innerText.includes('against the base')")


def test_the_address_alone_brings_the_same_page(planned: Screen):
    planned.page.evaluate(DRAG)
    wait_until(planned.page, "location.search.includes('utilization=0.69')")
    wait_until(planned.page, "document.body.innerText.includes('against the base')")
    before = shown_profit(planned)

    planned.page.reload()
    planned.page.wait_for_load_state("networkidle")

    assert shown_profit(planned) == before
    assert planned.page.input_value('[data-slider="utilization"]') == "0.69"


def test_forward_brings_the_whole_page_with_what_was_turned(planned: Screen):
    planned.page.evaluate(DRAG)
    wait_until(planned.page, "location.search.includes('utilization=0.69')")
    wait_until(planned.page, "document.body.innerText.includes('against the base')")
    before = shown_profit(planned)
    planned.open("/jobs/")
    planned.page.go_back()

    planned.page.wait_for_url("**/plan/**")
    planned.page.wait_for_load_state("networkidle")

    assert planned.page.locator("h1").inner_text() == "Plan"
    assert planned.page.input_value("#id_utilization") == "0.69"
    assert shown_profit(planned) == before


def test_two_options_picked_in_the_list_stand_side_by_side(planned: Screen):
    boxes = planned.page.locator("input[name=compare]")
    boxes.nth(0).check()
    wait_until(planned.page, "location.search.includes('compare=')")
    planned.page.locator("input[name=compare]").nth(1).check()

    wait_until(planned.page, "document.body.innerText.includes('Side by side')")
    assert (planned.errors, planned.violations) == ([], [])
