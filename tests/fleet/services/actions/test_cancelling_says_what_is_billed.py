from decimal import Decimal

import pytest

from fleet.models import ActionKind, AuditEntry, Deployment, PodStatus
from fleet.services.actions.following import cancel
from fleet.services.refused import Refused
from tests.clock import NOON, seconds
from tests.factories import make_requested_pod
from tests.fleet.services.actions.conftest import confirmed, plan_of


def scaled():
    return confirmed(plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2))


def test_a_cancelled_scale_wants_as_many_as_before(deployment, pod):
    action = scaled()
    make_requested_pod(
        deployment=deployment,
        provider="fake",
        attempt=2,
        requested_at=NOON + seconds(1),
        status=PodStatus.PROVISIONING,
        billed_from=NOON,
        usd_per_pod_hour=Decimal("0.74"),
    )

    progress = cancel(action, acting_user="bob", now=NOON + seconds(1200))

    assert progress.spent_usd == Decimal("0.25")
    assert Deployment.objects.get().replicas == 1
    action.refresh_from_db()
    assert action.result == "cancelled"
    assert "Cancelled by bob: llama-a wants 1 again" in action.outcome
    assert "0.2500 USD" in action.outcome
    assert AuditEntry.objects.get(verb="cancelled scale").acting_user == "bob"


def test_a_cancelled_start_wants_none_and_ends_what_was_rented(deployment):
    Deployment.objects.update(replicas=0)
    action = confirmed(plan_of(ActionKind.START, deployment="llama-a"))
    pod = make_requested_pod(
        deployment=deployment,
        provider="fake",
        requested_at=NOON + seconds(1),
        status=PodStatus.PROVISIONING,
        billed_from=NOON,
    )

    cancel(action, acting_user="ada", now=NOON + seconds(60))

    pod.refresh_from_db()
    assert pod.status == "terminating"
    assert Deployment.objects.get().replicas == 0


def test_a_stop_is_not_taken_back(deployment, pod):
    action = confirmed(plan_of(ActionKind.STOP, deployment="llama-a"))

    with pytest.raises(Refused, match="can not be cancelled"):
        cancel(action, acting_user="ada", now=NOON)


def test_a_second_cancel_finds_nothing(deployment, pod):
    action = scaled()
    cancel(action, acting_user="ada", now=NOON)

    with pytest.raises(Refused, match="nothing to cancel"):
        cancel(action, acting_user="ada", now=NOON)


def test_what_somebody_else_asked_for_since_is_not_ended(deployment, pod):
    action = scaled()
    confirmed(plan_of(ActionKind.SCALE, deployment="llama-a", replicas=6), key="o" * 40)

    with pytest.raises(Refused, match="wants 6 by now, not the 2"):
        cancel(action, acting_user="ada", now=NOON)
    assert Deployment.objects.get().replicas == 6


def test_another_rental_is_changed_back_and_not_cancelled(deployment):
    Deployment.objects.update(
        rental_kind="scheduled",
        schedule_starts="0 14 * * *",
        schedule_seconds=3600,
        schedule_zone="UTC",
    )
    action = confirmed(
        plan_of(ActionKind.RENTAL, deployment="llama-a", rental_kind="on_demand")
    )
    assert action.new_pods == 1

    with pytest.raises(Refused, match="change the rental back instead"):
        cancel(action, acting_user="ada", now=NOON)


def test_a_retry_after_a_give_up_has_no_number_to_go_back_to(deployment):
    Deployment.objects.update(launch_failures=3)
    action = confirmed(plan_of(ActionKind.START, deployment="llama-a"))

    with pytest.raises(Refused, match="stop it instead"):
        cancel(action, acting_user="ada", now=NOON)
