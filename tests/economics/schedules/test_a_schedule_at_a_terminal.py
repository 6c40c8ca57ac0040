import json
import re
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from economics.calc.hours import HOUR, hour_start
from economics.models import UsageHour
from tests.economics.plan.offers import LLAMA, two_offers, work_out
from tests.factories import make_deployment, make_fleet, make_llama, make_pod, make_price

pytestmark = pytest.mark.django_db
TOKENS = 3_000_000  # prompt tokens of a busy hour


def schedule(*words: str, model: str = LLAMA) -> str:
    out = StringIO()
    call_command("schedule", model, *words, stdout=out)
    return out.getvalue()


def told(*words: str) -> dict:
    return json.loads(schedule("--json", *words))


@pytest.fixture
def served_day():
    """Yesterday and today by the hour, sealed; without a price."""
    two_offers()
    served(make_llama(), simulated=False)
    work_out({})  # after the deployment: a real one changes what counts as evidence


def served(variant, *, simulated: bool, sealed: bool = True) -> None:
    now = timezone.now()
    fleet = make_fleet(simulated=simulated)
    pod = make_pod(deployment=make_deployment(variant=variant, fleet=fleet))
    last = hour_start(now)
    for back in range(1, 25):
        UsageHour.objects.create(
            pod=pod,
            hour_start=last - HOUR * back,
            uncached_prompt_tokens=TOKENS,
            completion_tokens=TOKENS // 5,
            requests=1000,
            sealed_at=now if sealed else None,
        )


def priced(million: str = "10") -> None:
    each = Decimal(million) / 10**6
    make_price(
        served_model=make_llama().served_model,
        valid_from=timezone.now() - timedelta(days=3),
        uncached_prompt_usd_per_token=each,
        cached_prompt_usd_per_token=each,
        completion_usd_per_token=each,
    )


def test_the_days_hours_add_up_to_the_profit(served_day):
    priced()
    answer = told()

    assert answer["state"] == "solved"
    assert len(answer["hours"]) == 24
    cents = sum(round(float(each["profit_usd"]) * 100, 3) for each in answer["hours"])
    assert cents == pytest.approx(float(answer["profit_usd"]) * 100, abs=0.1)
    assert any(sum(each["replicas"]) for each in answer["hours"])


def test_no_schedule_earns_more_than_the_bound_and_no_rule_more_than_the_schedule(
    served_day,
):
    priced()
    answer = told()

    profit = float(answer["profit_usd"])
    assert float(answer["most_profit_usd"]) >= profit
    rules = [r for r in answer["rules"] if r["profit_usd"] and not r["breaks"]]
    assert rules
    assert all(float(r["profit_usd"]) <= float(answer["most_profit_usd"]) for r in rules)


def test_tokens_that_earn_less_than_their_rent_rent_nothing(served_day):
    priced("0.0001")
    answer = told()

    assert answer["profit_usd"] == "0.000000"
    assert not any(sum(each["replicas"]) for each in answer["hours"])


def test_what_can_not_be_rented_from_here_is_left_out_with_the_reason(served_day):
    priced()
    answer = told()

    assert {each["why"] for each in answer["left_out"] if "H200" in each["what"]} == {
        "it can not be rented from this console"
    }
    assert {each["words"].split()[2] for each in answer["candidates"]} == {"4090"}


def test_limits_that_conflict_are_named(served_day):
    priced()

    with pytest.raises(CommandError, match=r"floor of 2 replicas.*budget"):
        schedule("--floor", "2", "--usd-per-hour", "0.5")


def test_simulated_hours_are_never_taken_for_real_ones():
    two_offers()
    work_out({})
    served(make_llama(), simulated=True)
    priced()

    with pytest.raises(CommandError, match="no sealed hour of llama-3.1-8b"):
        schedule()
    tags = {each["name"]: each["tag"] for each in told("--simulated")["inputs"]}
    assert tags["Demand"] == "simulated"


def test_hours_that_may_still_change_are_no_history():
    two_offers()
    work_out({})
    served(make_llama(), simulated=False, sealed=False)
    priced()

    answer = told()

    assert answer["state"] == "missing"
    assert "no sealed hour" in answer["sentences"][0]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--hours", "25"), "Hours is 25; write 24 or 168."),
        (("--share", "2"), "Share is 2; write a share from 0 to 1."),
        (("--usd-per-day", "-1"), "Budget per day is -1; write 0 or more USD."),
        (("--replicas", "many"), "Replicas is 'many'; write a whole number such as 4."),
        (("--source", "stars"), "Demand is 'stars'; write history, market, csv or trace."),
        (("--source", "market"), "Share is missing"),
    ],
)
def test_nonsense_is_answered_by_a_sentence_that_names_the_option(words, sentence):
    with pytest.raises(CommandError, match=f"{words[0]}|--share") as refused:
        schedule(*words)

    assert sentence in str(refused.value)


def test_an_unknown_model_is_refused():
    with pytest.raises(CommandError, match="'nobody' is unknown"):
        schedule(model="nobody")


def test_a_rent_is_told_to_the_hundredth_of_a_cent(served_day):
    priced()

    rents = re.findall(r"\$([0-9.]+)/h \(", schedule())

    assert rents and all(re.fullmatch(r"[0-9]+\.[0-9]{4}", rent) for rent in rents)
