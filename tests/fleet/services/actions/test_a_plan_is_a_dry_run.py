"""The figures of a plan, by hand: $0.74 and $0.01 of disk an hour, a balance of $60."""

from decimal import Decimal

import pytest

from fleet.models import ActionKind, AuditEntry, Deployment, GpuOffer, Pod
from fleet.services.refused import Refused
from tests.clock import NOON, seconds
from tests.factories import make_fleet, make_requested_pod
from tests.fleet.services.actions.conftest import plan_of


def test_scaling_up_costs_the_missing_replicas_only(deployment, pod):
    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=3)

    assert plan.added_usd_per_hour == Decimal("1.50")
    assert plan.delta_usd_per_day == Decimal("36.00")
    assert plan.account.usd_per_hour_before == Decimal("0.75")
    assert plan.account.usd_per_hour_after == Decimal("2.25")
    assert plan.account.runway_hours_before == Decimal(80)
    assert round(plan.account.runway_hours_after, 4) == Decimal("26.6667")
    assert plan.losses == ()


def test_scaling_down_says_what_is_saved_what_was_spent_and_what_is_lost(deployment, pod):
    Deployment.objects.update(replicas=2)
    make_requested_pod(deployment=deployment, provider="fake", attempt=2)

    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=1)

    # The requested one goes first: it costs nothing and nothing is lost with it.
    assert [each.status for each in plan.pods] == ["requested"]
    assert plan.saved_usd_per_hour == 0
    assert plan.losses == ()


def test_stopping_names_the_disk_that_is_erased_and_the_money_spent(deployment, pod):
    plan = plan_of(ActionKind.STOP, deployment="llama-a")

    assert plan.saved_usd_per_hour == Decimal("0.75")
    assert plan.spent_usd == Decimal("1.50")
    assert plan.account.runway_hours_after is None
    assert "Container disks of 73 GB are erased" in " ".join(plan.losses)


def test_a_plan_changes_nothing(deployment, pod):
    plan_of(ActionKind.STOP, deployment="llama-a")
    plan_of(ActionKind.SCALE, deployment="llama-a", replicas=3)
    plan_of(ActionKind.TERMINATE, pod=pod.name)

    assert Deployment.objects.get().replicas == 1
    assert Pod.objects.get().status == "serving"
    assert not AuditEntry.objects.exists()


def test_the_age_of_the_price_is_told(deployment, pod):
    plan = plan_of(
        ActionKind.SCALE, deployment="llama-a", replicas=2, now=NOON + seconds(40)
    )

    assert plan.price_age_seconds == 40


def test_without_a_catalog_the_most_that_the_limit_allows_is_planned(deployment, pod):
    GpuOffer.objects.all().delete()

    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)

    assert plan.added_usd_per_hour == Decimal("1.01")
    assert plan.price_age_seconds is None
    assert "no price for this GPU today" in plan.warnings[0]


def test_a_price_above_the_limit_is_warned_of(deployment, pod):
    GpuOffer.objects.update(usd_per_gpu_hour=Decimal("1.20"))

    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)

    assert "above llama-a's limit of 1.0000 USD/h" in plan.warnings[0]


def test_a_veto_blocks_what_rents_and_never_what_ends(deployment, pod):
    def veto(request) -> str:
        return "spend limit: too much."

    up = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2, guard=veto)
    down = plan_of(ActionKind.STOP, deployment="llama-a", guard=veto)

    assert up.blocked == "spend limit: too much."
    assert down.blocked == ""


def test_terminating_one_of_two_wants_one_replica_less(deployment, pod):
    Deployment.objects.update(replicas=2)

    (change,) = plan_of(ActionKind.TERMINATE, pod=pod.name).changes

    assert (change.before, change.after) == ("2", "1")


@pytest.mark.parametrize(
    ("kind", "parameters", "sentence"),
    [
        (ActionKind.SCALE, {"deployment": "llama-a", "replicas": 1}, "as many already"),
        (ActionKind.SCALE, {"deployment": "llama-a", "replicas": 21}, "from 1 to 20"),
        (ActionKind.SCALE, {"deployment": "b", "replicas": 2}, "'b' does not exist"),
        (ActionKind.START, {"deployment": "llama-a"}, "is started already"),
        (ActionKind.TERMINATE, {"pod": "kerne-x"}, "'kerne-x' does not exist"),
        (ActionKind.STOP, {}, "deployment is missing"),
    ],
)
def test_what_can_not_be_done_gets_a_sentence(deployment, pod, kind, parameters, sentence):
    with pytest.raises(Refused, match=sentence):
        plan_of(kind, **parameters)


def test_money_of_the_other_kind_is_left_alone(deployment, pod):
    Deployment.objects.update(fleet=make_fleet(simulated=False))

    with pytest.raises(Refused, match="real money, and this cloud is not"):
        plan_of(ActionKind.STOP, deployment="llama-a")


def test_a_start_outside_the_hours_rents_nothing_now_and_says_when(deployment):
    # 14:00 to 22:00 UTC; it is noon.
    Deployment.objects.update(
        replicas=0,
        rental_kind="scheduled",
        schedule_starts="0 14 * * *",
        schedule_seconds=8 * 3600,
        schedule_zone="UTC",
    )

    plan = plan_of(ActionKind.START, deployment="llama-a")

    assert (plan.new_pods, plan.added_usd_per_hour) == (0, 0)
    assert plan.delta_usd_per_day == Decimal("6.00")  # 8 h of $0.75
    assert "Its hours are closed now" in plan.notes[-1]


def test_the_baseline_of_a_burst_that_has_grown_ends_no_pod(deployment, pod):
    Deployment.objects.update(
        rental_kind="burst", max_replicas=3, budget_usd_per_hour="9", burst_replicas=3
    )
    for attempt in (2, 3):
        make_requested_pod(deployment=deployment, provider="fake", attempt=attempt)

    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)

    assert (plan.new_pods, plan.pods) == (0, ())
