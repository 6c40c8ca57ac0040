import json
import re
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from economics.calc.unknown import Unknown
from economics.selectors.plan import answer
from economics.selectors.plan_json import instant, known, plan_json, text
from economics.selectors.plan_question import question_of
from tests.economics.plan.offers import LLAMA, NO_RATE, facts_of, two_offers, work_out

PLAIN = re.compile(r"-?[0-9]+(\.[0-9]{1,12})?")


def each_value(node: object):
    if isinstance(node, dict):
        for value in node.values():
            yield from each_value(value)
    elif isinstance(node, list):
        for value in node:
            yield from each_value(value)
    else:
        yield node


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("1E+3", "1000"),
        ("1E-7", "0.0000001"),
        ("0.740", "0.74"),
        ("100", "100"),
        ("0.0000000000004", "0"),
        ("-0.0000000000004", "0"),
        ("123456789012345678901234567890.5", "123456789012345678901234567890.5"),
    ],
)
def test_a_number_has_no_exponent(value: str, written: str):
    assert text(Decimal(value)) == written


def test_none_stays_none():
    assert text(None) is None


def test_an_instant_is_of_utc():
    assert instant(datetime(2026, 3, 4, 16, 20, tzinfo=UTC)) == "2026-03-04T16:20:00Z"


def test_what_is_unknown_is_null_with_its_reason():
    assert known("cost", Unknown("nothing is sold")) == {
        "cost": None,
        "cost_unknown_because": "nothing is sold",
    }


@pytest.mark.django_db
def test_a_speed_that_is_being_worked_out_makes_the_money_unknown():
    two_offers()
    question = question_of({}, facts_of(), take_rate=NO_RATE)
    found = answer(question, facts_of(), now=timezone.now())

    told = plan_json(found, with_changes=False)

    assert told["speeds_being_worked_out"] == len(found.missing) > 0
    first = told["options"][0]
    assert first["speed"] is None
    assert "being worked out" in first["speed_unknown_because"]
    ours = first["at_our_price"]
    for name in ("profit_usd_per_day", "break_even_utilization", "cost_usd_per_million"):
        assert ours[name] is None
        assert "being worked out" in ours[f"{name}_unknown_because"]
    assert first["verdict"] == "unknown"


@pytest.mark.django_db
def test_a_whole_answer_is_json_without_a_float_or_an_exponent():
    two_offers()

    told = plan_json(work_out({}), with_changes=False)

    assert json.loads(json.dumps(told)) == told
    assert not [each for each in each_value(told) if isinstance(each, float)]
    cost = told["options"][0]["at_our_price"]["cost_usd_per_million"]
    assert all(PLAIN.fullmatch(each) for each in cost.values())
    assert not [
        each
        for each in each_value(told)
        if isinstance(each, str) and re.fullmatch(r"-?[0-9.]+[eE][-+]?[0-9]+", each)
    ]


@pytest.mark.django_db
def test_every_option_has_the_same_fields():
    two_offers()

    told = plan_json(work_out({"max_model_len": "131072"}), with_changes=False)

    kept = {
        frozenset(name for name in each if not name.endswith("_unknown_because"))
        for each in told["options"]
    }
    assert len(kept) == 1
    assert {each["fits"] for each in told["options"]} == {True, False}


@pytest.mark.django_db
def test_changes_that_were_not_looked_for_are_not_an_empty_list():
    two_offers()
    found = work_out({"max_model_len": "131072"})
    short = next(each for each in found.options if not each.machine.fitting.ok)

    told = {each["key"]: each for each in plan_json(found, with_changes=False)["options"]}

    assert told[short.machine.key]["smallest_changes"] is None
    assert told[short.machine.key]["smallest_changes_unknown_because"]


@pytest.mark.django_db
def test_the_figures_are_those_of_the_options():
    two_offers()
    found = work_out({"price_prompt": "0.10", "price_completion": "0.20"})

    told = plan_json(found, with_changes=False)

    assert told["model"] == LLAMA
    assert told["our_prices"]["uncached_prompt_usd_per_token"] == "0.0000001"
    assert told["our_prices"]["source"] == "as written in this plan"
    for option, plain in zip(found.options, told["options"], strict=True):
        assert plain["key"] == option.machine.key
        assert plain["usd_per_replica_hour"] == text(option.usd_per_hour)
