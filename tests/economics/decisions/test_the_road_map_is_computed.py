from datetime import timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.utils import timezone

from economics.calc.road_map import StepState
from economics.selectors.decisions.answer import decide
from economics.selectors.decisions.road_map import HAND_KEYS, RoadMap, road_map
from economics.services.onboarding import set_tick
from fleet.models import Deployment, Tier
from tests.economics.decisions.worlds import DAY, closed_days, offers
from tests.factories import make_deployment, make_fleet, make_llama, make_pod, make_price

pytestmark = pytest.mark.django_db


@pytest.fixture
def llama_a() -> Deployment:
    """Tier 1, ordered 40 days ago and rented at $0.74/h."""
    fleet = make_fleet(simulated=settings.KERNE_SANDBOX, name="Tier 1")
    deployment = make_deployment(
        fleet=fleet,
        variant=make_llama(),
        slug="llama-a",
        created_at=timezone.now() - 40 * DAY,
    )
    make_pod(deployment=deployment, container_disk_gb=0)
    return deployment


def road(now=None) -> RoadMap:
    at = now or timezone.now()
    return road_map(decide(now=at, with_flips=False), now=at)


def step(one: RoadMap, key: str):
    return next(each for each in one.steps if each.step.key == key)


def item(one: RoadMap, key: str):
    return next(each for each in one.items if each.key == key)


def test_before_anything_is_rented_the_first_step_is_due_today():
    one = road()

    assert not one.has_begun and one.first_day == timezone.now().date()
    assert step(one, "tier-1").state is StepState.DUE
    assert step(one, "tier-2").state is StepState.LATER


def test_the_steps_are_counted_from_the_first_order(llama_a: Deployment):
    one = road()

    assert one.first_day == llama_a.created_at.date()
    assert step(one, "tier-1").state is StepState.DONE
    assert step(one, "tier-1").facts == ("llama-a",)
    assert step(one, "earn").state is StepState.WAITING
    assert "no day is closed yet" in step(one, "earn").missing[0]


def test_a_large_model_that_runs_before_its_gates_is_ahead_of_them(llama_a: Deployment):
    closed_days(llama_a, "-1", newest=timezone.now() - DAY)
    fleet = make_fleet(simulated=settings.KERNE_SANDBOX, tier=Tier.TWO)
    make_pod(deployment=make_deployment(fleet=fleet, variant=make_llama(), slug="large"))

    two = step(road(), "tier-2")

    assert two.state is StepState.AHEAD
    assert "0 days; needs at least 14 days" in two.missing[0]


def test_the_float_is_the_rent_until_the_first_payment(llama_a: Deployment):
    # 0.74 × 24 = 17.76 a day for 30 days and the terms
    offers(balance="500")

    one = road()

    days = 30 + settings.PAYMENT_TERMS_DAYS
    need = Decimal("17.76") * days
    assert one.capital.most_usd == need
    line = item(one, "float")
    assert line.is_done is False and not line.by_hand
    assert (
        line.why == f"$17.76 a day for {days} days is ${need:,.2f}; the balance is $500.00."
    )


def test_a_balance_that_was_not_read_leaves_the_float_unknown(llama_a: Deployment):
    assert item(road(), "float").is_done is None


def test_a_price_is_seen_and_a_signature_is_ticked(llama_a: Deployment):
    now = timezone.now()
    assert item(road(), "price").is_done is False

    make_price(
        served_model=llama_a.variant.served_model, valid_from=now - timedelta(hours=2)
    )
    set_tick("terms", True, known=HAND_KEYS, note="", acting_user="ada", now=now)

    one = road()
    assert item(one, "price").is_done is True
    assert item(one, "terms").is_done is True and item(one, "terms").tick.set_by == "ada"
    assert item(one, "data-policy").is_done is False
