"""A serverless deployment at a running sandbox, by HTTP: ordered, woken by a job, billed by
the second, scaled to nothing and stopped; the ledger has what the sandbox charged."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db.models import Sum

from economics.models import ResourceCostLine
from economics.services.billing import read_billing
from fleet.models import (
    Action,
    ActionKind,
    ActionResult,
    Deployment,
    Pod,
    ResourceStatus,
    ServerlessEndpoint,
)
from fleet.providers.runpod import RunPodProvider
from fleet.selectors.market_ready import is_ready_for_market
from fleet.services import catalog, reconcile, resources
from fleet.services.actions import Confirmation, confirm, plan_action
from fleet.services.actions.launching import spec_text
from fleet.services.order_rules import OrderSpec
from tests.clock import Clock
from tests.factories import make_fleet, make_llama
from tests.fleet.services.conftest import allow
from tests.sandbox.harness import KEY, Sandbox, settings_for
from tests.sandbox.serverless import Endpoint, chat

pytestmark = pytest.mark.django_db
USD_PER_HOUR = Decimal("1.116")  # an RTX 4090 as a worker
CENT_OF_A_CENT = Decimal("0.000001")


@pytest.fixture
def sandbox(tmp_path: Path):
    running = Sandbox(settings_for(tmp_path / "state"), Clock()).start()
    yield running
    running.stop()


@pytest.fixture
def account(sandbox: Sandbox, settings) -> RunPodProvider:
    settings.PROVIDER_NAME = "fake"
    settings.KERNE_SANDBOX = True
    provider = RunPodProvider(
        api_key=KEY, base_url=sandbox.url, queue_url=f"{sandbox.url}/v2", name="fake"
    )
    catalog.refresh(provider=provider, now=sandbox.clock.now)
    return provider


def tick(account: RunPodProvider, clock: Clock) -> None:
    """One tick of both controllers."""
    reconcile.tick(
        provider=account,
        simulated=True,
        clock=clock,
        new_key=lambda: "sk-0123456789abcdef",
        last_scrape=len,
        canary=lambda: "",
    )
    resources.tend(provider=account, guard=allow, now=clock.now)


def do(kind: ActionKind, clock: Clock, **parameters: str) -> Action:
    """Plan an action and confirm it."""
    plan = plan_action(kind, parameters, guard=allow, now=clock.now)
    who = Confirmation(acting_user="ada", key=f"{kind.value:x<40}", answers={})
    return confirm(plan.seal(), who, guard=allow, now=clock.now)


def ordered(clock: Clock) -> Deployment:
    spec = OrderSpec(
        slug="chat",
        fleet_id=make_fleet(simulated=True).pk,
        variant_id=make_llama().pk,
        gpu_type_id="NVIDIA GeForce RTX 4090",
        gpu_count=1,
        cloud="SECURE",
        rental_kind="serverless",
        replicas=1,
        max_model_len=8192,
        gpu_memory_utilization=Decimal("0.90"),
        container_disk_gb=40,
        workers_min=0,
        workers_max=2,
        idle_timeout=5,
        queue_delay=4,
    )
    do(ActionKind.LAUNCH, clock, **spec_text(spec))
    return Deployment.objects.get(slug="chat")


def test_from_the_order_to_the_end_the_ledger_is_what_was_charged(
    sandbox: Sandbox, account: RunPodProvider
):
    clock = sandbox.clock
    deployment = ordered(clock)
    tick(account, clock)
    tick(account, clock)
    row = ServerlessEndpoint.objects.get()
    assert (row.status, row.workers_seen, row.jobs_queued) == (ResourceStatus.LIVE, 0, 0)
    assert is_ready_for_market(deployment, now=clock.now)
    assert sandbox.balance() == 500  # an endpoint without a worker costs nothing

    endpoint = Endpoint(sandbox, row.provider_id)
    job = endpoint.run(chat(2_500))  # 10 s at 250 tokens a second
    clock.forward(seconds=1)
    tick(account, clock)
    row.refresh_from_db()
    assert row.worker_states == {"INITIALIZING": 1}
    assert (row.workers_seen, row.cold_starts, row.jobs_queued) == (1, 1, 1)
    assert row.rate_now == Decimal("1.116")

    clock.forward(minutes=2)
    tick(account, clock)
    row.refresh_from_db()
    assert endpoint.status(job)["status"] == "COMPLETED"
    assert (row.workers_seen, row.jobs_completed, row.rate_now) == (0, 1, 0)

    do(ActionKind.SCALE, clock, deployment="chat", workers_max="4", idle_timeout="20")
    tick(account, clock)
    row.refresh_from_db()
    assert (row.workers_max, row.idle_timeout_seconds, row.wanted_max) == (4, 20, None)

    endpoint.run(chat(2_500))
    clock.forward(seconds=1)
    stop = do(ActionKind.STOP, clock, deployment="chat")
    assert not is_ready_for_market(Deployment.objects.get(), now=clock.now)
    tick(account, clock)
    assert endpoint.health()["jobs"]["inQueue"] == 1  # it drains: the job may finish
    clock.forward(seconds=django_settings.DRAIN_SECONDS)
    tick(account, clock)
    tick(account, clock)
    row.refresh_from_db()
    stop.refresh_from_db()
    assert row.status == ResourceStatus.ENDED
    assert stop.result == ActionResult.DONE
    assert sandbox.ask("GET", "/v2/serverless")["endpoints"] == []

    clock.forward(hours=2)
    read_billing(provider=account, now=clock.now)
    told = sandbox.ask("GET", "/sandbox/truth")["serverless"][0]
    charged = Decimal(told["charge_usd"]["total"])
    seconds = sum(worker["billed_seconds"] for worker in told["workers"])
    booked = ResourceCostLine.objects.aggregate(usd=Sum("amount_usd"))["usd"]
    by_second = seconds * USD_PER_HOUR / 3600
    assert abs(Decimal(told["charge_usd"]["gpu"]) - by_second) < CENT_OF_A_CENT
    assert abs(booked - charged) <= CENT_OF_A_CENT
    assert sandbox.balance() == 500 - charged
    assert set(ResourceCostLine.objects.values_list("deployment", flat=True)) == {
        deployment.pk
    }
    assert not Pod.objects.exists()
