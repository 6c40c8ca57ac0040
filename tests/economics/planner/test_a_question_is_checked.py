from dataclasses import replace
from decimal import Decimal

import pytest

from economics.planner.question import PlanQuestion, PriceList

GOOD = PlanQuestion(model="llama-3.1-8b", prompt_tokens=895, completion_tokens=98)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("prompt_tokens", 0, "Prompt is 0 tokens"),
        ("completion_tokens", -5, "Completion is -5 tokens"),
        ("cached_share", Decimal(1), "from 0 to below 1"),
        ("concurrency", 0, "Concurrency is 0"),
        ("max_tpot_ms", Decimal(-1), "-1 ms"),
        ("max_model_len", 0, "Context is 0 tokens"),
        ("max_model_len", 992, "the mean request has 993: it would be refused"),
        ("utilization", Decimal("1.2"), "from 0 to 1"),
        ("cached_if", Decimal("1.1"), "is 1.1; use 0 to 1"),
        ("completion_if", Decimal("-0.1"), "is -0.1; use 0 to 1"),
        ("take_rate", Decimal(-1), "from 0 to 1"),
        ("gpu_memory_utilization", Decimal(1), "less than 1"),
        ("hours", Decimal(25), "up to 24"),
        ("starts", -1, "0 to 100"),
        ("price_factor", Decimal(-1), "0 to 20"),
        ("gpu_price_factor", Decimal(21), "0 to 20"),
        ("load_gb_per_second", Decimal(0), "Load speed is 0"),
    ],
)
def test_each_wrong_field_gets_a_sentence_with_its_value(field, value, words):
    faults = replace(GOOD, **{field: value}).faults()

    assert list(faults) == [field] and words in faults[field][0]


def test_without_a_target_and_a_concurrency_there_is_no_load():
    faults = replace(GOOD, max_tpot_ms=None, max_ttft_ms=None).faults()

    assert "Give a latency target or a concurrency" in faults["max_tpot_ms"][0]


def test_a_good_question_has_no_faults():
    assert GOOD.faults() == {}


@pytest.mark.parametrize(
    ("shares", "words"),
    [
        ("0.5 0.3 0.1", "0.5 + 0.3 + 0.1 = 0.9"),
        ("0.5 0.7 -0.2", "each share is from 0 to 1"),
        ("1 1 1", "must sum to 1"),
    ],
)
def test_a_mix_that_does_not_sum_to_one_is_refused(shares, words):
    mix = tuple(map(Decimal, shares.split()))

    assert words in replace(GOOD, mix=mix).faults()["mix"][0]


def test_a_negative_price_is_refused_by_its_name():
    prices = PriceList(Decimal("0.1"), Decimal("-0.05"), Decimal("0.2"))

    faults = replace(GOOD, prices=prices).faults()

    assert list(faults) == ["price_cached"] and "-0.05" in faults["price_cached"][0]


def test_shares_given_replace_the_mix_of_the_requests():
    mix = (Decimal("0.333"), Decimal("0.333"), Decimal("0.334"))

    shares = replace(GOOD, mix=mix).token_mix.shares

    assert tuple(shares.values()) == mix


@pytest.mark.parametrize(
    ("most", "context"), [(131_072, 4_096), (2_048, 2_048), (512, 993), (None, 4_096)]
)
def test_the_context_holds_four_mean_requests_as_far_as_the_model_goes(most, context):
    assert GOOD.context_of(most) == context


def test_a_context_that_is_given_stays():
    assert replace(GOOD, max_model_len=2_000).context_of(131_072) == 2_000
