from decimal import Decimal

import pytest
from django.conf import settings

from economics.planner.question import PriceList
from economics.selectors.plan_question import NAMES, PlanRefused, question_of
from tests.economics.plan.offers import facts_of

pytestmark = pytest.mark.django_db


def asked(**written: str):
    return question_of(written, facts_of(), take_rate=settings.TAKE_RATE)


def refused(**written: str) -> dict[str, list[str]]:
    with pytest.raises(PlanRefused) as refusal:
        asked(**written)
    return refusal.value.errors


def test_what_is_left_out_is_the_models_own_traffic():
    facts = facts_of()

    question = asked()

    assert question.prompt_tokens == facts.form_defaults["prompt_tokens"]
    assert question.cached_share == facts.form_defaults["cached_share"]
    assert question.take_rate == settings.TAKE_RATE
    assert question.prices is None


def test_an_empty_field_is_left_out():
    assert asked(prompt_tokens=" ", mix="") == asked()


def test_numbers_are_exact():
    question = asked(utilization="0.1", prompt_tokens="700", hours="7.5")

    assert question.utilization == Decimal("0.1")
    assert (question.prompt_tokens, question.hours) == (700, Decimal("7.5"))


def test_a_concurrency_replaces_the_latency_targets():
    question = asked(concurrency="16", max_tpot_ms="20")

    assert question.concurrency == 16
    assert (question.max_tpot_ms, question.max_ttft_ms) == (None, None)


def test_a_cached_price_that_is_left_out_is_the_prompts():
    question = asked(price_prompt="0.10", price_completion=".2")

    assert question.prices == PriceList(Decimal("0.10"), Decimal("0.10"), Decimal("0.2"))


def test_half_a_price_list_is_refused():
    assert refused(price_cached="0.05") == {
        "price_prompt": ["Prompt price is missing; give prompt and completion price."],
        "price_completion": [
            "Completion price is missing; give prompt and completion price."
        ],
    }


@pytest.mark.parametrize("mix", ["0.35,0.62,0.03", "0.35, 0.62, 0.03", "0.35 .62 0.03"])
def test_a_mix_is_three_shares(mix: str):
    assert asked(mix=mix).mix == (Decimal("0.35"), Decimal("0.62"), Decimal("0.03"))


@pytest.mark.parametrize(
    ("field", "text", "sentence"),
    [
        ("prompt_tokens", "many", "Prompt is 'many'; write a whole number such as 1000."),
        ("prompt_tokens", "1.5", "Prompt is '1.5'; write a whole number"),
        ("prompt_tokens", "0", "Prompt is 0 tokens; use 1 to 10,000,000."),
        ("prompt_tokens", "²", "write a whole number"),
        ("completion_tokens", "-1", "Completion is -1 tokens"),
        ("cached_share", "1", "it is a share of the prompt, from 0 to below 1"),
        ("utilization", "nan", "Utilization is 'nan'; write a number such as 0.5."),
        ("utilization", "-", "write a number such as 0.5."),
        ("utilization", ".", "write a number such as 0.5."),
        ("utilization", "1e-1", "write a number such as 0.5."),
        ("utilization", "1.01", "use a share from 0 to 1"),
        ("hours", "inf", "write a number such as 24."),
        ("hours", "25", "use more than 0, up to 24"),
        ("concurrency", "0", "Concurrency is 0"),
        ("price_factor", "21", "use 0 to 20"),
        ("mix", "1,2", "Mix is '1,2'; write three shares that sum to 1"),
        ("mix", "0.5,0.5,x", "write three shares that sum to 1"),
        ("mix", "0.5,0.5,0.5", "= 1.5; uncached, cached and completion shares must sum"),
        ("mix", "2,-1,0", "each share is from 0 to 1"),
        ("mix", "1e9,0,0", "write three shares that sum to 1"),
    ],
)
def test_nonsense_gets_a_sentence_at_its_field(field: str, text: str, sentence: str):
    errors = refused(**{field: text})

    assert list(errors) == [field]
    assert sentence in " ".join(errors[field])


@pytest.mark.parametrize("field", NAMES)
def test_an_endless_number_is_refused_at_once_and_not_repeated(field: str):
    for text in ("9" * 5_000, "1e9999999", "0.0," * 2_000):
        errors = refused(**{field: text})

        assert len(str(errors)) < 600


def test_every_fault_is_told_at_once():
    assert set(refused(hours="x", starts="y", mix="z")) == {"hours", "starts", "mix"}


def test_a_name_that_is_no_field_is_a_mistake_of_the_caller():
    with pytest.raises(KeyError, match="colour"):
        asked(colour="red")
