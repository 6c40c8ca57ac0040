from decimal import Decimal

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from economics.calc.decide import Input, Verb
from economics.calc.gates import State
from economics.calc.unknown import Unknown
from economics.models import TakeRate
from economics.selectors.decisions.answer import Decision, decide
from economics.services.policies import choose_policy
from fleet.models import Deployment, MarketOffer, Tier
from tests.economics.decisions.worlds import DAY, closed_days, decided, offers
from tests.factories import (
    make_deployment,
    make_fleet,
    make_llama,
    make_pod,
    make_price,
    make_user,
)

pytestmark = pytest.mark.django_db
LLAMA = "llama-3.1-8b"
QUERIES = 19


@pytest.fixture
def llama_a() -> Deployment:
    """Tier 1 of the founding plan, rented at $0.74/h, with a pod and a peak."""
    fleet = make_fleet(simulated=settings.KERNE_SANDBOX, name="Tier 1")
    deployment = make_deployment(
        fleet=fleet,
        variant=make_llama(),
        slug="llama-a",
        peak_tokens_per_second=Decimal(4_000),
    )
    make_pod(deployment=deployment)
    return deployment


def refusals(decision: Decision, goal: str) -> dict[str, str]:
    """The reasons of a goal by the candidate's model, precision and shape."""
    answer = next(each.answer for each in decision.goals if each.answer.goal.key == goal)
    return {one.title.partition(",")[0]: why.sentence for one, why in answer.refused}


def test_the_founding_plans_tier_one_cannot_break_even_at_market_prices():
    offers()
    decided(speeds_of=LLAMA)

    for policy in ("safer", "founding-plan"):
        why = refusals(decide(now=timezone.now(), policy=policy), "earn-today")
        assert (
            "It cannot break even: filled all day it would lose"
            in (why["Llama 3.1 8B Instruct (BF16) on 1× RTX 4090"])
        )


def test_glm_5_in_fp8_on_eight_h100_cannot_run():
    offers()

    decision = decided()

    why = refusals(decision, "test-large")["GLM-5 (FP8) on 8× H100 SXM"]
    assert why.startswith("It cannot run: GLM-5 needs 88.4 GiB of weights")
    answer = decision.goals[1].answer
    assert answer.is_nothing and answer.reason.startswith("Do nothing:")


def test_the_reason_changes_with_the_rent():
    offers()
    before = refusals(decided(speeds_of=LLAMA), "earn-today")

    MarketOffer.objects.filter(gpu_type_id__contains="4090").update(usd_per_gpu_hour="0.60")
    after = refusals(decided(), "earn-today")

    name = "Llama 3.1 8B Instruct (BF16) on 1× RTX 4090"
    assert before[name] != after[name]
    assert "filled all day it would lose" in before[name]


def test_a_speed_that_is_not_known_is_asked_for_and_nothing_is_promised():
    offers()

    decision = decided()

    assert decision.missing
    assert all(each.answer.is_nothing for each in decision.goals)


def test_every_number_says_where_it_came_from():
    offers()

    decision = decided(speeds_of=LLAMA)

    one = next(each for each in decision.candidates if each.model == LLAMA)
    assert {
        name: figure.link.partition("#")[0].partition("?")[0]
        for name, figure in one.figures.items()
    } == {
        Input.PRICE: "/decide/market/llama-3.1-8b/",
        Input.DEMAND: "/decide/market/llama-3.1-8b/",
        Input.RENT: "/decide/market/llama-3.1-8b/",
        Input.SPEED: "/decide/market/llama-3.1-8b/",
    }
    assert all(figure.source for figure in one.figures.values())
    price = one.figures[Input.PRICE]
    assert "a file that ships: OpenRouter" in price.source and price.as_of is not None
    assert one.plan_link.startswith("/plan/?model=llama-3.1-8b&option=")


def test_without_offers_there_is_nothing_to_recommend():
    decision = decided()

    assert decision.candidates == ()
    assert decision.goals[0].answer.reason == (
        "Do nothing: no machine is on offer with its market known."
    )


def test_a_deployment_that_lost_for_three_days_is_stopped(llama_a: Deployment):
    now = timezone.now()
    closed_days(llama_a, "-5", "-4", "-6", newest=now - DAY)

    found = decided().deployments[0]

    assert found.advice.verb is Verb.STOP
    assert found.advice.chosen.reason == "Contribution of the last 3 closed days: −$15.00."


def test_a_deployment_of_a_day_without_books_is_unknown_and_kept(llama_a: Deployment):
    now = timezone.now()
    closed_days(llama_a, "-5", newest=now - DAY)

    found = decided().deployments[0]

    assert found.advice.verb is Verb.KEEP
    assert "nothing is booked for" in found.advice.chosen.reason


def test_a_fleet_is_judged_by_the_policy_that_was_chosen_for_it(llama_a: Deployment):
    now = timezone.now()
    closed_days(llama_a, *["1"] * 7, newest=now - DAY)
    assert decided().gates[0].gate("tier-1-profitable").state is State.NOT_MET

    choose_policy(llama_a.fleet, "founding-plan", acting_user="ada", now=now)

    gates = decided().gates[0]
    assert gates.gate("tier-1-profitable").state is State.MET
    assert gates.policy.row.name == "founding-plan"


def test_tier_two_has_its_gates_before_it_is_begun(llama_a: Deployment):
    gates = decided().gates

    assert [(each.title, each.model) for each in gates] == [
        ("Tier 1", LLAMA),
        ("Tier 2, not begun", "glm-5"),
    ] or gates[1].fleet.tier == Tier.TWO
    assert [each.key for each in gates[1].gates] == [
        "tier-1-profitable",
        "demand-verified",
        "premium-price",
    ]


def test_the_loss_since_it_was_begun_meets_the_cap(llama_a: Deployment):
    now = timezone.now()
    closed_days(llama_a, "-60", "1", "1", "1", newest=now - DAY)

    leave = decided().gates[0].gate("exit")

    states = {each.key: (each.state, each.seen.value) for each in leave.conditions}
    assert states["trailing-contribution"] == (State.NOT_MET, Decimal(3))
    assert states["loss-cap"] == (State.MET, Decimal(57))
    assert leave.state is State.MET


def test_without_a_balance_the_runway_is_unknown(llama_a: Deployment):
    paying = decided().account

    assert isinstance(paying.balance.value, Unknown)


def test_more_deployments_cost_no_more_queries(llama_a: Deployment):
    offers()
    decide(now=timezone.now())
    with CaptureQueriesContext(connection) as one:
        decide(now=timezone.now())
    for n in range(4):
        make_pod(
            deployment=make_deployment(
                fleet=llama_a.fleet, variant=make_llama(), slug=f"llama-{n}"
            )
        )

    with CaptureQueriesContext(connection) as five:
        decide(now=timezone.now())

    assert len(five) <= len(one) <= QUERIES


def test_a_fleets_gates_do_not_hang_on_the_policy_of_the_page(llama_a: Deployment):
    offers()
    decided(speeds_of=LLAMA)
    now = timezone.now()

    by_safer, by_plan = decide(now=now), decide(now=now, policy="founding-plan")

    assert by_safer.gates == by_plan.gates


def test_the_link_of_a_candidate_opens_its_plan_sheet(client):
    offers()
    decision = decided(speeds_of=LLAMA)
    client.force_login(make_user())
    one = next(each for each in decision.candidates if each.model == LLAMA)

    page = client.get(one.plan_link).content.decode()

    assert one.key.removeprefix(f"{LLAMA}~") in page


def test_a_take_rate_changes_the_net_price_and_the_reasons_that_hang_on_it(
    llama_a: Deployment,
):
    offers()
    make_price(served_model=llama_a.variant.served_model)
    now = timezone.now()
    closed_days(llama_a, "5", "7", "3", newest=now - DAY, utilization="0.95")
    before = decided(speeds_of=LLAMA)
    TakeRate.objects.create(
        rate=Decimal("0.10"), valid_from=now.date(), set_by="ada", set_at=now
    )
    after = decided()

    def net(found: Decision) -> Decimal:
        value = found.deployments[0].advice.facts.net_price.value
        assert isinstance(value, Decimal)
        return value

    def told(found: Decision) -> list[str]:
        return [each.reason for each in found.deployments[0].advice.cells]

    share = before.markets[LLAMA].take_rate
    assert net(after) / net(before) == Decimal("0.9") / (1 - share)
    assert told(before)[1] != told(after)[1]  # what one replica more would earn
    prices = [
        next(each for each in found.candidates if each.model == LLAMA).figures[Input.PRICE]
        for found in (before, after)
    ]
    assert prices[0].mid != prices[1].mid
