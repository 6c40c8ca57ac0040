"""The plan page while speeds are worked out: nothing typed, opened or drawn is lost."""

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
CAPTION = "document.querySelector('#chart-frontier figcaption').textContent"
DRAWN_WITHOUT = (
    "document.querySelector('#chart-frontier [data-chart-state]')"
    ".textContent.includes('worked out')"
)


def answer_all() -> None:
    more = True
    while more:
        _, more = answer_wanted(evidence=lambda: ROOFLINE_ONLY, clock=timezone.now)


@pytest.fixture
def waiting(screen: ScreenMaker, transactional_db: None) -> Screen:
    """The plan page whose speeds nobody has worked out yet."""
    load_public_prices(now=timezone.now())
    seen = screen()
    seen.open(PLAN)
    wait_until(seen.page, DRAWN_WITHOUT)
    return seen


def test_the_charts_are_drawn_anew_when_the_speeds_are_there(waiting: Screen):
    answer_all()

    wait_until(waiting.page, "!document.getElementById('plan-waiting')")
    wait_until(waiting.page, "document.querySelectorAll('[data-drawn=yes]').length === 3")
    profit = waiting.page.locator(".plan-tiles .tile .figure").last.inner_text()
    amount = profit.split("/")[0].strip().lstrip("+−\u2060")  # no line breaks after a sign
    wait_until(waiting.page, f"{CAPTION}.includes({amount!r})")
    assert (waiting.errors, waiting.violations) == ([], [])


def test_what_is_being_typed_and_what_was_opened_stays(waiting: Screen):
    waiting.page.locator("#launch-command summary").click()
    waiting.page.locator("#id_prompt_tokens").press_sequentially("7")
    typed = waiting.page.input_value("#id_prompt_tokens")

    answer_all()

    wait_until(waiting.page, "!document.getElementById('plan-waiting')")
    assert waiting.page.input_value("#id_prompt_tokens") == typed
    assert waiting.page.evaluate("document.activeElement.id") == "id_prompt_tokens"
    wait_until(waiting.page, "document.getElementById('launch-command').open")


def test_another_model_brings_its_own_traffic(waiting: Screen):
    waiting.page.select_option("#id_model", "glm-5")

    waiting.page.wait_for_url("**/plan/?model=glm-5*")
    waiting.page.wait_for_load_state("networkidle")
    assert waiting.page.input_value("#id_prompt_tokens") == "23265"
    assert "GLM-5" in waiting.page.inner_text("#hardware-title + .muted")
