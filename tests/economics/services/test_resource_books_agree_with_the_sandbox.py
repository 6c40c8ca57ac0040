"""A volume and an endpoint at a running sandbox, from the wish to the end: the ledger has
what the sandbox charged, to the stored digit."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from economics.models import ResourceCostLine
from economics.services.billing import read_billing
from fleet.models import NetworkVolume, ResourceStatus, ServerlessEndpoint
from fleet.providers.runpod import RunPodProvider
from fleet.services import resources
from fleet.services.resource_rent import request_end
from tests.clock import Clock
from tests.factories import make_deployment
from tests.fleet.services.conftest import allow
from tests.fleet.services.resource_rows import make_endpoint, make_volume
from tests.sandbox.harness import KEY, Sandbox, settings_for
from tests.sandbox.serverless import Endpoint, chat

pytestmark = pytest.mark.django_db
CENT_OF_A_CENT = Decimal("0.000001")


@pytest.fixture
def sandbox(tmp_path: Path):
    running = Sandbox(
        settings_for(tmp_path / "state", serverless_fee_share=Decimal("0.1")), Clock()
    ).start()
    yield running
    running.stop()


def tick(account: RunPodProvider, clock: Clock) -> None:
    resources.tend(provider=account, guard=allow, now=clock.now)


def test_what_is_booked_is_what_was_charged(sandbox: Sandbox):
    clock = sandbox.clock
    account = RunPodProvider(api_key=KEY, base_url=sandbox.url, name="fake")
    deployment = make_deployment()
    make_volume(deployment=deployment, size_gb=73)
    make_endpoint(deployment=deployment, workers_min=1, workers_max=2, disk_gb=20)
    tick(account, clock)
    clock.forward(minutes=1)
    endpoint = ServerlessEndpoint.objects.get()
    jobs = Endpoint(sandbox, endpoint.provider_id)
    for _ in range(5):
        jobs.run(chat(2_500))
    for _ in range(9):
        clock.forward(minutes=25)
        tick(account, clock)
        read_billing(provider=account, now=clock.now)
    for row in (endpoint, NetworkVolume.objects.get()):
        row.refresh_from_db()
        if row.kind == "endpoint":
            assert row.workers_seen is not None
        request_end(row, acting_user="ada", now=clock.now)
        tick(account, clock)
    clock.forward(hours=2)
    tick(account, clock)
    read_billing(provider=account, now=clock.now)

    truth = sandbox.ask("GET", "/sandbox/truth")
    charged = Decimal(truth["network_volumes"][0]["charge_usd"]) + Decimal(
        truth["serverless"][0]["charge_usd"]["total"]
    )
    booked = ResourceCostLine.objects.aggregate(usd=Sum("amount_usd"))["usd"]

    assert charged > 4  # a worker for 3.75 h, with its fee and disk
    assert abs(booked - charged) <= 4 * CENT_OF_A_CENT  # one rounding for each hour
    assert sandbox.balance() == 500 - charged
    fee = Decimal(truth["serverless"][0]["charge_usd"]["fee"])
    fees = ResourceCostLine.objects.aggregate(usd=Sum("fee_usd"))["usd"]
    assert fee > 0 and abs(fees - fee) <= 4 * CENT_OF_A_CENT
    for model in (NetworkVolume, ServerlessEndpoint):
        assert model.objects.get().status == ResourceStatus.ENDED
    assert clock.now - NetworkVolume.objects.get().billed_until == timedelta(hours=2)
