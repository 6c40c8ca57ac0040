"""Serverless as a rental: launched, scaled, started, changed by plans with their money."""

from decimal import Decimal

import pytest

from fleet.models import (
    Action,
    ActionKind,
    ActionResult,
    AuditEntry,
    Deployment,
    MarketOffer,
    ServerlessEndpoint,
)
from fleet.providers.base import Rejected
from fleet.providers.fake import FakeProvider
from fleet.services import lifecycle, serverless
from fleet.services.actions.following import cancel, finish_due
from fleet.services.actions.launching import spec_text
from fleet.services.order_rules import OrderSpec
from fleet.services.refused import Refused
from tests.clock import NOON, Clock
from tests.factories import make_llama
from tests.fleet.services.actions.conftest import confirmed, plan_of
from tests.fleet.services.resource_rows import (
    make_endpoint,
    serverless_columns,
    tick,
    worker_price,
)


@pytest.fixture(autouse=True)
def _price(db: None) -> None:
    worker_price()


@pytest.fixture
def account(clock: Clock) -> FakeProvider:
    return FakeProvider(now=clock, offers=[])


@pytest.fixture
def endpoint(deployment: Deployment) -> ServerlessEndpoint:
    """The rental of a serverless deployment, wished for."""
    Deployment.objects.filter(pk=deployment.pk).update(**serverless_columns())
    serverless.settle(deployment.pk, provider="fake", now=NOON)
    return ServerlessEndpoint.objects.get()


def order(deployment: Deployment, **changes: object) -> dict[str, str]:
    spec = {
        "slug": "chat",
        "fleet_id": deployment.fleet_id,
        "variant_id": make_llama().pk,
        "gpu_type_id": deployment.gpu_type_id,
        "gpu_count": 1,
        "cloud": "SECURE",
        "rental_kind": "serverless",
        "replicas": 1,
        "max_model_len": 8192,
        "gpu_memory_utilization": Decimal("0.90"),
        "container_disk_gb": 40,
        "workers_min": 0,
        "workers_max": 3,
        "idle_timeout": 10,
        "queue_delay": 4,
    }
    return spec_text(OrderSpec(**(spec | changes)))


def test_a_launch_says_what_it_costs_at_no_worker_the_least_and_the_most(deployment):
    plan = plan_of(ActionKind.LAUNCH, **order(deployment, workers_min=1))

    assert plan.added_usd_per_hour == Decimal("3.348")
    assert plan.new_pods == 0
    assert "0 USD/h while no worker runs; 1.1160 USD/h without any job" in plan.notes[1]
    assert "3.3480 USD/h is the most" in plan.notes[1]
    assert "not metered" in plan.notes[2]


def test_a_confirmed_launch_wants_an_endpoint_and_ends_when_it_is_live(
    deployment,
    account,
    clock,
):
    action = confirmed(plan_of(ActionKind.LAUNCH, **order(deployment)))
    row = Deployment.objects.get(slug="chat")
    serverless.settle(row.pk, provider="fake", now=NOON)
    assert finish_due(now=NOON, troubles=[]) == []
    tick(account, clock)
    finish_due(now=NOON, troubles=[])

    action.refresh_from_db()
    assert row.max_usd_per_worker_hour == Decimal("1.1383")
    assert (action.result, action.outcome) == (
        ActionResult.DONE,
        f"{ServerlessEndpoint.objects.get()} is live.",
    )


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("workers_max", 0, "Most workers is 0; it must be a whole number 1 to 100."),
        ("workers_min", 4, "Least workers is 4, above the most, 3; it may not exceed it."),
        ("idle_timeout", None, "Idle time is empty; it must be a whole number 1 to 3600."),
        ("extra_args", "--enforce-eager", "Extra arguments have 15 characters; server"),
        ("replicas", 2, "Replicas is 2; serverless is one endpoint with workers, so it"),
        (
            "max_usd_per_gpu_hour",
            Decimal("0.80"),
            "Price limit is 0.80 USD per GPU-hour, below a serverless worker's 1.1160",
        ),
    ],
)
def test_a_wrong_field_gets_its_sentence(deployment, field, value, sentence):
    with pytest.raises(Refused) as refusal:
        plan_of(ActionKind.LAUNCH, **order(deployment, **{field: value}))

    assert refusal.value.errors[field][0].startswith(sentence)


def test_a_gpu_that_is_sold_to_no_worker_is_refused(deployment):
    MarketOffer.objects.filter(kind="serverless").delete()
    with pytest.raises(Refused, match="sells no serverless workers"):
        plan_of(ActionKind.LAUNCH, **order(deployment))


def test_more_workers_are_planned_sent_and_seen_in_the_list(
    endpoint,
    account,
    clock,
):
    tick(account, clock)
    plan = plan_of(ActionKind.SCALE, deployment="llama-a", workers_max=5, workers_min=1)
    action = confirmed(plan)
    assert plan.added_usd_per_hour == Decimal("2.232")
    assert plan.changes_in_words == "workers 0 to 3, idle 10 s to 1 to 5, idle 10 s"
    tick(account, clock)
    endpoint.refresh_from_db()

    assert (endpoint.workers_min, endpoint.workers_max) == (1, 5)
    assert endpoint.wanted_max is None
    finish_due(now=clock.now, troubles=[])
    action.refresh_from_db()
    assert action.result == ActionResult.DONE
    assert "by the provider's list" in action.outcome
    assert Deployment.objects.get().workers_max == 5
    assert AuditEntry.objects.get(verb="workers changed").figures["workers"] == (
        "1 to 5, idle 10 s"
    )


def test_more_workers_that_the_money_forbids_are_not_sent(endpoint, account, clock):
    tick(account, clock)
    confirmed(plan_of(ActionKind.SCALE, deployment="llama-a", workers_max=5))
    tick(account, clock, guard=lambda request: f"limit: {request.usd_per_hour} more")

    endpoint.refresh_from_db()
    assert endpoint.status_reason == "workers not changed: limit: 2.2320 more"
    assert (endpoint.workers_max, endpoint.wanted_max) == (3, 5)
    assert "set_workers" not in [name for name, _ in account.calls]


def test_fewer_workers_ask_nobody_for_money(endpoint, account, clock):
    tick(account, clock)
    confirmed(plan_of(ActionKind.SCALE, deployment="llama-a", workers_max=1))
    tick(account, clock, guard=lambda request: "no")

    endpoint.refresh_from_db()
    assert (endpoint.workers_max, endpoint.wanted_max) == (1, None)


def test_what_the_provider_refuses_is_told_and_given_up(endpoint, account, clock):
    tick(account, clock)
    action = confirmed(plan_of(ActionKind.SCALE, deployment="llama-a", workers_max=5))
    account.fail_next("set_workers", Rejected("quota of 4 workers"))
    tick(account, clock)
    finish_due(now=clock.now, troubles=[])

    action.refresh_from_db()
    assert action.result == ActionResult.FAILED
    assert "quota of 4 workers" in action.outcome


def test_an_answer_that_is_lost_is_settled_by_the_list(endpoint, account, clock):
    tick(account, clock)
    confirmed(plan_of(ActionKind.SCALE, deployment="llama-a", workers_max=5))
    account.lose_next_answer("set_workers")
    tick(account, clock)

    endpoint.refresh_from_db()
    assert (endpoint.workers_max, endpoint.wanted_max) == (5, None)


def test_an_endpoint_that_is_no_rental_is_changed_by_its_name(deployment, account, clock):
    row = make_endpoint(deployment=deployment, name="kerne-demo-llama-a-sls-1")
    tick(account, clock)
    confirmed(plan_of(ActionKind.SET_WORKERS, endpoint=row.name, idle_timeout=60))
    tick(account, clock)

    row.refresh_from_db()
    assert (row.idle_timeout_seconds, row.workers_max) == (60, 3)
    assert Deployment.objects.get().workers_max is None


def test_replicas_of_a_serverless_deployment_are_refused(endpoint):
    with pytest.raises(Refused, match="it has no replicas; give workers_min"):
        plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)


def test_a_stop_ends_the_endpoint_too(endpoint, account, clock):
    tick(account, clock)
    ServerlessEndpoint.objects.update(workers_seen=2)
    plan = plan_of(ActionKind.STOP, deployment="llama-a")
    assert plan.saved_usd_per_hour == Decimal("2.232")
    assert plan.notes[0] == f"Ends: {endpoint}."
    action = confirmed(plan)
    assert finish_due(now=clock.now, troubles=[]) == []
    tick(account, clock)
    finish_due(now=clock.now, troubles=[])

    action.refresh_from_db()
    assert action.outcome == f"{endpoint} is gone, confirmed by the provider."


def test_a_start_sets_it_up_again(endpoint):
    lifecycle.stop_deployment(endpoint.deployment, acting_user="ada", now=NOON)
    plan = plan_of(ActionKind.START, deployment="llama-a")
    confirmed(plan)

    assert plan.added_usd_per_hour == Decimal("3.348")
    assert Deployment.objects.get().wants_endpoint


def test_pods_become_serverless_with_both_sides_of_the_money(deployment, pod):
    plan = plan_of(
        ActionKind.RENTAL,
        deployment="llama-a",
        rental_kind="serverless",
        workers_min=0,
        workers_max=2,
        idle_timeout=10,
        queue_delay=4,
    )
    confirmed(plan)

    assert (plan.added_usd_per_hour, plan.saved_usd_per_hour) == (
        Decimal("2.232"),
        Decimal("0.75"),
    )
    assert "The pods go on until the endpoint is live" in plan.notes[-1]
    row = Deployment.objects.get()
    assert (row.handover_replicas, row.replicas, row.workers_max) == (1, 1, 2)


def test_serverless_becomes_pods_and_they_come_first(endpoint):
    plan = plan_of(
        ActionKind.RENTAL, deployment="llama-a", rental_kind="on_demand", replicas=2
    )
    confirmed(plan)

    assert plan.new_pods == 2
    assert plan.added_usd_per_hour == Decimal("1.50")
    assert "until as many pods serve as are wanted" in plan.notes[-1]
    assert serverless.settle(endpoint.deployment_id, provider="fake", now=NOON) == ""
    assert Deployment.objects.get().workers_max is None


def test_the_endpoint_of_a_rental_is_not_ended_alone(endpoint):
    with pytest.raises(Refused, match="stop llama-a instead"):
        plan_of(ActionKind.END_ENDPOINT, endpoint=endpoint.name)


def test_settings_of_a_serverless_deployment_are_refused_with_the_way_out(endpoint):
    with pytest.raises(Refused, match="Change its rental to pods"):
        plan_of(ActionKind.SETTINGS, deployment="llama-a", max_model_len=4096)


def test_what_is_sent_at_once_is_not_cancelled(endpoint, account, clock):
    tick(account, clock)
    action: Action = confirmed(
        plan_of(ActionKind.SCALE, deployment="llama-a", workers_max=5)
    )

    with pytest.raises(Refused, match="can not be cancelled"):
        cancel(action, acting_user="ada", now=NOON)
