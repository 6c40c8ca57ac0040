from decimal import Decimal

import pytest

from fleet.models import ActionKind, AuditEntry, Deployment, Pod, PodStatus, Tier
from fleet.services.actions import Confirmation, confirm, plan_action
from fleet.services.lifecycle import exit_tier
from fleet.services.refused import Refused
from tests.clock import NOON
from tests.factories import make_deployment, make_fleet, make_pod
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def real_account(settings):
    settings.KERNE_SANDBOX, settings.PROVIDER_NAME = False, "runpod"


@pytest.fixture
def tiers() -> dict[Tier, Deployment]:
    """One deployment of each tier, each with a pod at $0.75/h, its disk included."""
    made = {}
    for tier in Tier:
        fleet = make_fleet(tier=tier)
        made[tier] = make_deployment(fleet=fleet, slug=f"tier-{tier.value}-a")
        make_pod(deployment=made[tier], container_disk_gb=73)
    return made


def leave(tier: Tier = Tier.TWO):
    return exit_tier(tier=tier, simulated=False, acting_user="ada", now=NOON)


def statuses(deployment: Deployment) -> list[str]:
    return [pod.status for pod in deployment.pods.order_by("pk")]


def test_tier_two_ends_and_tier_one_goes_on(tiers):
    done = leave()

    assert (done.deployments, done.pods) == (("tier-2-a",), 1)
    assert done.usd_per_hour_saved == Decimal("0.75")
    assert statuses(tiers[Tier.TWO]) == [PodStatus.TERMINATING]
    assert statuses(tiers[Tier.ONE]) == [PodStatus.SERVING]
    assert list(Deployment.objects.order_by("slug").values_list("replicas", flat=True)) == [
        1,
        0,
    ]


def test_the_audit_says_what_ended_and_what_it_saves(tiers):
    leave()

    entry = AuditEntry.objects.get(verb="exit tier")
    assert (entry.acting_user, entry.target) == ("ada", "tier 2")
    assert entry.figures["deployments"] == ["tier-2-a"]
    assert Decimal(entry.figures["usd_per_hour_saved"]) == Decimal("0.75")
    assert Pod.objects.get(status=PodStatus.TERMINATING).status_reason == (
        "exit from tier 2 by ada"
    )


def test_leaving_twice_ends_and_writes_nothing_the_second_time(tiers):
    leave()

    done = leave()

    assert (done.deployments, done.pods, done.usd_per_hour_saved) == ((), 0, 0)
    assert AuditEntry.objects.filter(verb="exit tier").count() == 1


def test_play_money_is_left_alone(tiers):
    game = make_deployment(fleet=make_fleet(tier=Tier.TWO, simulated=True))
    make_pod(deployment=game, provider="sandbox")

    leave()

    game.refresh_from_db()
    assert game.replicas == 1
    assert statuses(game) == [PodStatus.SERVING]


def test_an_intent_that_rented_nothing_is_called_off(tiers):
    Pod.objects.update(status=PodStatus.REQUESTED)

    done = leave()

    assert (done.pods, done.usd_per_hour_saved) == (1, 0)
    assert statuses(tiers[Tier.TWO]) == [PodStatus.FAILED]


def test_as_an_action_it_is_planned_then_confirmed(tiers):
    plan = plan_action(ActionKind.EXIT, {"tier": "2"}, guard=allow, now=NOON)
    assert plan.saved_usd_per_hour == Decimal("0.75")
    assert "Ends: tier-2-a, with their serverless endpoints. Tier 1 goes on." in plan.notes

    action = confirm(
        plan.seal(), Confirmation("ada", "exit-0001", {}), guard=allow, now=NOON
    )

    assert statuses(tiers[Tier.TWO]) == [PodStatus.TERMINATING]
    assert list(action.pods.all()) == list(tiers[Tier.TWO].pods.all())


@pytest.mark.parametrize(
    ("tier", "sentence"),
    [("3", "Tier is '3'; write 1 or 2."), ("x", "Tier is 'x'; write 1 or 2.")],
)
def test_a_tier_that_does_not_exist_gets_a_sentence(tiers, tier, sentence):
    with pytest.raises(Refused, match=sentence):
        plan_action(ActionKind.EXIT, {"tier": tier}, guard=allow, now=NOON)


def test_an_empty_tier_has_nothing_to_leave():
    with pytest.raises(Refused, match="Nothing of tier 2 is wanted or runs."):
        plan_action(ActionKind.EXIT, {}, guard=allow, now=NOON)
