"""The software's own verdict on the founding plan, row by row of its audit.

The offers are the public prices that ship, the speeds those of the roofline; every
expected figure was worked out by hand from the audit's sources.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone

from economics.planner.strategy.check import check_plan
from economics.planner.strategy.finding import Finding, Verdict
from economics.planner.strategy.founding_plan import FOUNDING_PLAN
from economics.selectors.strategy_world import today_world
from fleet.services.speeds import want

V = Verdict
ROWS = [  # audit row, claim, verdict, words that its answer holds
    (1, "size", V.HOLDS, "744 billion"),
    (2, "glm-5-on-a-4090:fit", V.HOLDS, "its GPUs have 24 GiB"),
    (3, "optimal:fit", V.IMPOSSIBLE, "The weights alone are 1,386 GiB"),
    (4, "recommended:fit", V.IMPOSSIBLE, "693 GiB, and its GPUs have 633 GiB"),
    (5, "recommended:fit", V.IMPOSSIBLE, "no kernel for sparse latent attention"),
    (6, "throughput:fit", V.IMPOSSIBLE, "which offers 71.3 GiB"),
    (7, "minimum:fit", V.IMPOSSIBLE, "64 attention heads are not divisible by 5"),
    (8, "launch-int4:fit", V.IMPOSSIBLE, "its GPUs have 317 GiB"),
    (9, "quantised", V.WRONG, "FP8 2.0 times"),
    (10, "launch:fit", V.IMPOSSIBLE, "its GPUs have 633 GiB"),
    (11, "launch:context", V.WRONG, "23,265 prompt tokens"),
    (12, "launch:flags", V.WRONG, "--tool-call-parser glm47 --reasoning-parser glm45"),
    (13, "scheduled:rent", V.HOLDS, "runpod secure $14.32/h"),
    (14, "runpod-h100", V.STALE, "runpod secure $31.92/h"),
    (15, "lambda-h100", V.STALE, "lambda $31.92/h"),
    (15, "lambda-a100", V.STALE, "lambda $22.32/h"),
    (16, "aws-h100", V.STALE, "aws $55.04/h"),
    (16, "aws-a100", V.STALE, "aws $27.45/h"),
    (17, "digitalocean-h100", V.WRONG, "digitalocean $23.92/h"),
    (18, "spot:kind", V.STALE, "withdrew spot pods"),
    (20, "recommended:day-cost", V.HOLDS, "$288.00 a day"),
    (22, "recommended:blended", V.WRONG, "280 M tokens a day"),
    (23, "throughput:capacity", V.WRONG, "It does not start, so it serves nothing."),
    (24, "recommended:break-even", V.INCONSISTENT, "120 to 160 %"),
    (24, "throughput:break-even", V.INCONSISTENT, "200 to 267 %"),
    (25, "at-60:profit", V.WRONG, "−$372.00 to −$144.00"),
    (26, "at-80:break-even", V.INCONSISTENT, "impossible, not difficult"),
    (27, "fleet-2:revenue", V.INCONSISTENT, "$90.00 to $120.00"),
    (30, "tier-1:rent", V.HOLDS, "the price of runpod community only"),
    (31, "tier-1:capacity", V.HOLDS, "M a day at 50 %"),
    (32, "small-models-rate", V.WRONG, "2.8 to 5.6 times less"),
    (33, "tier-1:revenue", V.INCONSISTENT, "$8.00 to $24.00"),
    (34, "tier-1:profit", V.WRONG, "full at the market's price it earns"),
    (35, "fleet-1:market-share", V.WRONG, "13 to 25 %"),
    (36, "headline-profit:sum", V.INCONSISTENT, "$50.00 to $350.00"),
    (37, "market-rate", V.WRONG, "$0.60 to $1.00"),
    (43, "maximum-loss", V.WRONG, "$288.00 to $960.00"),
]


@pytest.fixture
def found(public_prices: None, answer_speeds: Callable[[], None]) -> dict[str, Finding]:
    """The findings of today, with every speed worked out."""
    now = timezone.now()
    world = today_world(now=now)
    check_plan(FOUNDING_PLAN, world)
    want(world.missing, now=now)
    answer_speeds()
    return {each.key: each for each in check_plan(FOUNDING_PLAN, today_world(now=now))}


def test_every_row_of_the_audit_has_its_verdict(found: dict[str, Finding]):
    wrong = [
        (row, key, found[key].verdict.value, found[key].today)
        for row, key, verdict, words in ROWS
        if found[key].verdict != verdict or words not in found[key].today
    ]

    assert wrong == []


def test_tier_1_earns_less_than_the_plan_says_even_when_it_is_full(
    found: dict[str, Finding],
):
    """Audit row 34: a full RTX 4090 earns $13 to $18 a day at the market's average."""
    line = next(line for line in found["tier-1:profit"].arithmetic if "gross" in line)

    gross = float(line.partition(" = $")[2].split()[0])
    assert 8 < gross < 20


def test_the_page_shows_each_claim_with_its_verdict(
    planner: Client, answer_speeds: Callable[[], None]
):
    planner.get("/plan/strategy/")
    answer_speeds()

    page = planner.get("/plan/strategy/").content.decode()

    assert "are being worked out" not in page
    assert page.count('<article class="finding"') >= 70
    assert "impossible, not difficult" in page


def test_a_context_beyond_the_models_own_is_impossible(planner: Client):
    own = (
        "/plan/strategy/?model=llama-3.1-8b&precision=fp8&gpu=RTX+4090&gpu_count=1"
        "&max_model_len=200000"
    )

    page = planner.get(own).content.decode()

    card = page[page.index("Your plan") : page.index("Check a plan of your own")]
    assert "The model reads at most 131,072 tokens." in card and "holds" not in card


def test_a_plan_of_ones_own_gets_the_same_questions(planner: Client):
    own = (
        "/plan/strategy/?model=llama-3.3-70b&precision=bf16&gpu=RTX+4090&gpu_count=3"
        "&usd_per_hour=2.22&tokens=100&at_utilization=0.5&blended=0.20&break_even=0.5"
        "&profit=10+to+20&revenue=20"
    )

    page = planner.get(own).content.decode()

    card = page[page.index("Your plan") : page.index("Check a plan of your own")]
    assert "64 attention heads are not divisible by 3" in card
    assert "133 % of its own capacity: impossible" in card
    assert "−\u2060$33.28" in card


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ("gpu_count=0", "GPU count is 0"),
        ("gpu_count=", "GPU count is empty"),
        ("gpu_count=8&tokens=80+to+60", "the first number must be the smaller"),
        ("gpu_count=8&usd_per_hour=abc", "Price of the machine is &#x27;abc&#x27;"),
        ("gpu_count=8&at_utilization=1.5", "shares above 0, up to 1"),
        ("gpu_count=8&hours_per_day=30", "more than 0, up to 24"),
        ("gpu_count=8&prompt=-1", "use 0 or more USD"),
    ],
)
def test_nonsense_gets_a_sentence_by_its_field(planner: Client, fields: str, words: str):
    address = f"/plan/strategy/?model=glm-5&precision=fp8&gpu=H200&{fields}"

    page = planner.get(address).content.decode()

    assert words in page and "Your plan</h2>" not in page
