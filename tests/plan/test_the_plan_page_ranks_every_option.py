from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import SpeedEstimate

LLAMA = "/plan/?model=llama-3.1-8b"
GLM = "/plan/?model=glm-5"


def page_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def costs(page: str) -> list[float]:
    """Cost per million of the listed options, in their order."""
    cells = re.findall(r'data-label="Cost per 1M">\$([0-9.,]+)', page)
    return [float(cell.replace(",", "")) for cell in cells]


def test_speeds_are_asked_of_the_worker_and_appear_when_it_answers(
    planner: Client, answer_speeds: Callable[[], None]
):
    first = page_of(planner, LLAMA)
    assert "are being worked out" in first and costs(first) == []

    answer_speeds()

    second = page_of(planner, LLAMA)
    assert "are being worked out" not in second and len(costs(second)) == 25


def test_a_worker_that_does_not_answer_is_spoken_of(planner: Client):
    page_of(planner, LLAMA)
    assert "has not answered" not in page_of(planner, LLAMA)

    asked = timezone.now() - timedelta(minutes=5)
    SpeedEstimate.objects.update(wanted_at=asked)

    assert "the worker has not answered all of them" in page_of(planner, LLAMA)


def test_the_request_says_where_it_is_from(planner: Client):
    assert "mean of 28 days to 2026-08-07, as of 2026-08-08" in page_of(planner, LLAMA)
    assert "which nobody has measured" in page_of(planner, "/plan/?model=gemma-3-27b")


def test_the_cheapest_token_is_the_first(
    planner: Client, answer_speeds: Callable[[], None]
):
    page_of(planner, LLAMA)
    answer_speeds()

    listed = costs(page_of(planner, LLAMA + "&all=1"))

    assert len(listed) > 60 and listed == sorted(listed)


def test_looking_twice_asks_once(planner: Client):
    page_of(planner, LLAMA)
    asked = SpeedEstimate.objects.count()

    page_of(planner, LLAMA)

    assert SpeedEstimate.objects.count() == asked > 0


def test_turning_a_slider_asks_for_no_new_speed(planner: Client):
    page_of(planner, LLAMA)
    asked = SpeedEstimate.objects.count()

    page_of(
        planner,
        LLAMA + "&utilization=0.8&price_factor=1.5&gpu_price_factor=0.9&cached_if=0.7"
        "&completion_if=0.3",
    )

    assert SpeedEstimate.objects.count() == asked


def test_what_does_not_fit_is_listed_with_its_reason_and_what_would(planner: Client):
    assert "do not fit" in page_of(planner, GLM)

    refused = page_of(planner, "/plan/refused/?model=glm-5")

    assert "8× H100" in refused and "sparse latent attention" in refused
    assert re.search(r"GLM-5 needs [0-9.]+ GiB of weights", refused)
    assert "Take 8 x NVIDIA" in refused


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("/plan/?model=nobody", "Model &#x27;nobody&#x27; is unknown"),
        (LLAMA + "&price_prompt=abc&price_completion=1", "Prompt price is &#x27;abc&#x27;"),
        (LLAMA + "&price_prompt=-1&price_completion=1", "Prompt price is -1"),
        (LLAMA + "&price_prompt=1", "give prompt and completion price"),
        (LLAMA + "&mix=0.5,0.3,0.1", "must sum to 1"),
        (LLAMA + "&mix=a,b,c", "write three shares"),
        (LLAMA + "&mix=1,0,1e-9999999", "write three shares"),
        (LLAMA + "&cached_share=1.5", "from 0 to below 1"),
        (LLAMA + "&prompt_tokens=0", "Prompt is 0 tokens"),
        (LLAMA + "&prompt_tokens=1e9", "write a whole number"),
        (LLAMA + "&utilization=2", "from 0 to 1"),
        (LLAMA + "&max_tpot_ms=-5", "-5 ms"),
        (LLAMA + "&hours=0", "more than 0"),
        ("/plan/?model=%00", "without the null character"),
    ],
)
def test_nonsense_gets_a_sentence_and_asks_nothing(
    planner: Client, address: str, words: str
):
    page = page_of(planner, address)

    assert words in page
    assert SpeedEstimate.objects.count() == 0


@pytest.mark.parametrize(
    ("wrong", "starts"),
    [
        ("utilization=2", ["0.26", "0.10"]),
        ("utilization=2&prompt_tokens=300&completion_tokens=100", ["0.26", "0.25"]),
        ("cached_share=7", ["0.00", "0.00"]),
        ("prompt_tokens=0&completion_tokens=0", ["0.00", "0.00"]),
    ],
)
def test_a_refused_question_leaves_the_sliders_where_its_traffic_is(
    planner: Client, wrong: str, starts: list[str]
):
    page = page_of(planner, f"{LLAMA}&{wrong}")

    assert re.findall(r'data-slider="\w+_if" data-base="([^"]+)"', page) == starts


def test_the_change_against_the_base_is_shown(
    planner: Client, answer_speeds: Callable[[], None]
):
    page_of(planner, LLAMA)
    answer_speeds()

    assert "against the base" not in page_of(planner, LLAMA)
    assert "against the base" in page_of(planner, LLAMA + "&utilization=0.9")


def test_up_to_four_options_stand_side_by_side(
    planner: Client, answer_speeds: Callable[[], None]
):
    page_of(planner, LLAMA)
    answer_speeds()
    keys = re.findall(r'name="compare" value="([^"]+)"', page_of(planner, LLAMA))
    several = "".join(f"&compare={key}" for key in keys[:6])

    page = page_of(planner, LLAMA + several)

    table = page[page.index("Side by side") : page.index("Hardware")]
    assert table.count('<th scope="col" class="num">') == 4 and "★" in table


def test_an_option_far_down_keeps_its_box_while_it_is_compared(
    planner: Client, answer_speeds: Callable[[], None]
):
    page_of(planner, LLAMA)
    answer_speeds()
    keys = re.findall(r'name="compare" value="([^"]+)"', page_of(planner, LLAMA + "&all=1"))

    page = page_of(planner, f"{LLAMA}&compare={keys[60]}")

    assert re.findall(r'name="compare" value="([^"]+)"[^>]* checked', page) == [keys[60]]
    assert f"Show {len(keys) - 26} more" in page
    assert 'type="hidden" name="all"' in page_of(planner, LLAMA + "&all=1")


def test_the_hardware_table_names_three_machines(
    planner: Client, answer_speeds: Callable[[], None]
):
    page_of(planner, GLM)
    answer_speeds()

    page = page_of(planner, GLM)

    for word in ("Minimum", "Recommended", "Optimal"):
        assert word in page


def test_a_fragment_is_enough_for_htmx(planner: Client):
    part = planner.get(LLAMA, headers={"HX-Request": "true"}).content.decode()

    assert "<html" not in part
    assert 'id="plan-results"' in part and 'hx-swap-oob="true"' in part


def test_the_launch_command_holds_no_key(
    planner: Client, answer_speeds: Callable[[], None]
):
    page_of(planner, LLAMA)
    answer_speeds()

    page = page_of(planner, LLAMA)

    assert "--served-model-name llama-3.1-8b" in page and "--api-key=***" in page
    assert "shown-instead" not in page


def test_a_model_without_any_price_has_a_cost_and_no_verdict(
    planner: Client, answer_speeds: Callable[[], None]
):
    gemma = "/plan/?model=gemma-3-27b"
    page_of(planner, gemma)
    answer_speeds()

    page = page_of(planner, gemma)
    priced = page_of(planner, gemma + "&price_prompt=0&price_completion=0")

    assert len(costs(page)) == 25 and "There is a cost and no profit" in page
    assert "cannot break even" not in page and "loses money" not in page
    assert "cannot break even" in priced


def test_a_model_is_launched_for_longer_requests_than_the_mean(
    planner: Client, answer_speeds: Callable[[], None]
):
    page_of(planner, LLAMA)
    answer_speeds()

    assert "--max-model-len 4096" in page_of(planner, LLAMA)
    assert "it would be refused" in page_of(planner, LLAMA + "&max_model_len=500")
