"""`manage.py schedule --risk`: the same seed, the same worlds, each figure in words."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError
from django.utils import timezone

from economics.calc.hours import HOUR, day_bounds, day_of
from economics.models import UsageHour
from tests.economics.plan.offers import two_offers, work_out
from tests.economics.schedules.test_a_schedule_at_a_terminal import (
    TOKENS,
    priced,
    schedule,
    served,
    told,
)
from tests.factories import make_deployment, make_fleet, make_llama, make_pod

pytestmark = pytest.mark.django_db


@pytest.fixture
def planned_day():
    two_offers()
    served(make_llama(), simulated=False)
    work_out({})
    priced()


def risk(*words: str) -> dict:
    return told("--risk", *words)["risk"]


def test_the_same_seed_has_the_same_answer_and_another_another(planned_day):
    first, again, other = risk("--seed", "7"), risk("--seed", "7"), risk("--seed", "8")

    assert first["seed"] == 7
    assert first["schedules"] == again["schedules"]
    assert first["schedules"] != other["schedules"]
    assert first["tornado"] == other["tornado"]  # no chance in it


def test_every_schedule_stands_in_the_same_worlds(planned_day):
    rows = {each["name"]: each for each in risk()["schedules"]}

    names = {name for each in rows.values() for name in (each["name"], *each["also"])}
    assert names >= {"best as asked", "24/7", "8 fixed hours a day", "do nothing"}
    for each in rows.values():
        p10, p50, p90 = (float(each[f"{name}_usd"]) for name in ("p10", "p50", "p90"))
        assert p10 <= p50 <= p90
        assert (
            float(each["chance_beyond_cap_least"])
            <= float(each["chance_beyond_cap"])
            <= float(each["chance_beyond_cap_most"])
        )
    picks = [name for each in rows.values() for name in each["picked_as"]]
    assert sorted(picks) == ["best P10", "best expected", "least regret"]


def test_the_schedule_as_asked_earns_what_the_answer_says(planned_day):
    answer = told("--risk")

    asked = next(r for r in answer["risk"]["schedules"] if r["name"] == "best as asked")
    for told_usd in (asked["as_asked_usd"], answer["risk"]["tornado"]["base_usd"]):
        assert abs(Decimal(told_usd) - Decimal(answer["profit_usd"])) <= Decimal("0.000002")


def test_every_uncertain_input_has_a_range_and_a_source(planned_day):
    answer = risk()

    assert any(each["name"] == "demand of llama-3.1-8b" for each in answer["inputs"])
    assert all(each["source"] for each in answer["inputs"])
    demand = next(b for b in answer["tornado"]["bars"] if b["input"].startswith("demand"))
    assert demand["low"]["factor"] == "0.61"
    assert demand["low"]["value"].endswith("M tokens/day")
    swings = [Decimal(bar["swing_usd"]) for bar in answer["tornado"]["bars"]]
    assert swings == sorted(swings, reverse=True)
    assert min(swings) >= Decimal("0.01")


def test_the_cap_is_the_safer_policys_unless_one_is_written(planned_day):
    usual, written = risk(), risk("--cap-usd", "3")

    assert usual["cap_usd"] == "50.000000"
    assert usual["cap_source"].startswith("loss cap of the policy Safer, version ")
    assert (written["cap_usd"], written["cap_source"]) == ("3.000000", "as asked")


def test_each_limit_is_worth_something_or_nothing(planned_day):
    sentences = [each["sentence"] for each in risk("--usd-per-hour", "0.1")["limits"]]

    assert sentences[0].startswith("One more $/h of budget ($0.10/h to $1.10/h) is worth $")
    assert sentences[1] == (
        "One more replica (4 to 5) is worth nothing: no schedule earns a cent more with it."
    )


def test_own_days_say_how_far_a_day_is_from_those_before_it():
    """Twelve full days; each by the mean of those before it, from the fourth on: 9 values.

    Tokens alternate 1, 2, 1, 2 …: the fourth is 2 by (1 + 2 + 1) / 3, 1.5, and the highest.
    """
    two_offers()
    today = day_bounds(day_of(timezone.now())).start
    pod = make_pod(
        deployment=make_deployment(variant=make_llama(), fleet=make_fleet(simulated=False))
    )
    UsageHour.objects.bulk_create(
        UsageHour(
            pod=pod,
            hour_start=today - timedelta(days=back) + HOUR * hour,
            uncached_prompt_tokens=TOKENS * (2 if back % 2 else 1),
            completion_tokens=0,
            requests=1000,
            sealed_at=timezone.now(),
        )
        for back in range(1, 13)
        for hour in range(24)
    )

    work_out({})
    priced()

    demand = next(
        each for each in risk()["inputs"] if each["name"].startswith("demand of l")
    )

    assert demand["source"] == (
        "own days by the mean of up to 14 before, all hours sealed, 9 values"
    )
    assert (demand["low"], demand["high"]) == ("0.667", "1.5")


def test_a_table_tells_it_in_words(planned_day):
    out = schedule("--risk", "--seed", "7")

    assert "In 1000 worlds from seed 7, P10 / P50 / P90; chance to lose more than" in out
    assert "best as asked: $" in out
    assert "Taken as certain: the share of the demand" in out
    assert "One more replica (4 to 5)" in out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--seed", "-1"), "--seed: Seed is -1; write a whole number from 0 on."),
        (("--seed", "x"), "--seed: Seed is 'x'; write a whole number such as 1."),
        (("--cap-usd", "-5"), "--cap-usd: Loss cap is -5; write 0 or more USD."),
    ],
)
def test_a_seed_or_a_cap_that_means_nothing_is_refused(words, sentence):
    two_offers()

    with pytest.raises(CommandError) as refused:
        schedule("--risk", *words)

    assert str(refused.value) == sentence
