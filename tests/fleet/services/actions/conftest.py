"""A deployment of the fake account with one serving pod, its price and its balance."""

from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest

from fleet.models import Action, ActionKind, Deployment, Pod
from fleet.services.actions import Confirmation, CostedPlan, confirm, plan_action
from fleet.services.launch_guard import LaunchRequest
from tests.clock import NOON, Clock
from tests.factories import (
    make_balance,
    make_deployment,
    make_fleet,
    make_offer,
    make_pod,
)
from tests.fleet.services.conftest import allow

HOUR_AND_DISK = Decimal("0.75")  # USD/h: 0.74 and 73 GB x 0.10 USD / 730 h


@pytest.fixture(autouse=True)
def _fake_cloud(settings) -> None:
    settings.PROVIDER_NAME = "fake"
    settings.KERNE_SANDBOX = True


@pytest.fixture
def deployment(db: None) -> Deployment:
    """One replica is wanted; 73 GB of disk are $0.01 an hour. Price $0.74, balance $60."""
    make_offer(provider="fake", seen_at=NOON)
    make_balance(provider="fake", balance_usd=Decimal(60), read_at=NOON)
    return make_deployment(
        fleet=make_fleet(simulated=True), slug="llama-a", container_disk_gb=73
    )


@pytest.fixture
def pod(deployment: Deployment) -> Pod:
    """It has served since 10:00: two hours, $1.50."""
    return make_pod(
        deployment=deployment,
        name="kerne-demo-llama-a-1",
        provider="fake",
        attempt=1,
        requested_at=NOON.replace(hour=10),
        sent_at=NOON.replace(hour=10),
        ready_at=NOON.replace(hour=10, minute=4),
        billed_from=NOON.replace(hour=10),
    )


Plan = Callable[..., CostedPlan]
Do = Callable[..., Action]


def plan_of(
    kind: ActionKind, *, now=NOON, guard: Callable[[LaunchRequest], str | None] = allow, **p
) -> CostedPlan:
    """The plan of an action, its parameters by keyword."""
    return plan_action(kind, {k: str(v) for k, v in p.items()}, guard=guard, now=now)


def confirmed(
    plan: CostedPlan,
    *,
    key: str = "k" * 40,
    now=NOON,
    answers: Mapping[str, str] | None = None,
    guard: Callable[[LaunchRequest], str | None] = allow,
) -> Action:
    """Confirm a plan as ada."""
    who = Confirmation(acting_user="ada", key=key, answers=answers or {})
    return confirm(plan.seal(), who, guard=guard, now=now)


@pytest.fixture
def clock() -> Clock:
    return Clock()
