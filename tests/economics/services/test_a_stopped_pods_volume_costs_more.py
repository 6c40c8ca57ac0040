"""A pod with a volume disk of its own at a running sandbox: running, then stopped. Each
kind has its own lines and rate, and they add up to what was charged."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Sum

from economics.models import CostLine, PodHourUse
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from economics.services.pod_use import book_pod_use
from fleet.models import Pod, PodStatus
from fleet.providers.runpod import RunPodProvider
from fleet.selectors.burn import pod_usd_per_hour
from fleet.services.cloud_list import compare
from tests.clock import Clock, at
from tests.factories import make_deployment, make_requested_pod
from tests.sandbox.harness import KEY, Sandbox, settings_for

pytestmark = pytest.mark.django_db
GIGABYTES = 730  # $0.10/h while it runs, $0.20/h stopped
STEP = Decimal("0.000001")


@pytest.fixture
def sandbox(tmp_path: Path):
    running = Sandbox(settings_for(tmp_path / "state"), Clock(at(10))).start()
    yield running
    running.stop()


@pytest.fixture
def rented(sandbox: Sandbox) -> Pod:
    """Rented with a volume disk, listed, and stopped by somebody at 11:30."""
    account = RunPodProvider(api_key=KEY, base_url=sandbox.url, name="fake")
    mounts = {"persistent": {"size": GIGABYTES, "path": "/workspace"}}
    made = sandbox.serving(mounts=mounts, disk=73)
    pod = make_requested_pod(
        deployment=make_deployment(),
        name=made["name"],
        provider="fake",
        status=PodStatus.CREATING,
        container_disk_gb=73,
        ready_at=at(10, 5),
        requested_at=at(10),
    )
    compare(provider=account, now=at(10, 20))  # adopts it by its name
    sandbox.clock.now = at(11, 30)
    sandbox.act(made["id"], "stop")
    compare(provider=account, now=at(11, 30))
    pod.refresh_from_db()
    return pod


def by_kind(pod: Pod) -> dict[str, tuple[int, Decimal]]:
    rows = CostLine.objects.filter(pod=pod, observation__isnull=True).values("kind")
    sums = rows.annotate(seconds=Sum("seconds"), usd=Sum("amount_usd")).order_by()
    return {row["kind"]: (row["seconds"], row["usd"]) for row in sums}


def test_its_size_and_its_stop_are_learned_from_the_list(rented: Pod):
    assert (rented.volume_disk_gb, rented.stopped_at) == (GIGABYTES, at(11, 30))
    assert pod_usd_per_hour(rented) == rented.price + Decimal("0.11")


def test_each_kind_has_its_own_lines_seconds_and_rate(rented: Pod):
    accrue(at(13))

    found = by_kind(rented)

    ran, stood = 90 * 60, 90 * 60
    assert found["gpu"] == (ran, (rented.price * ran / 3600).quantize(STEP))
    assert found["disk"] == (ran, Decimal("0.015"))
    assert found["volume"] == (ran, Decimal("0.15"))
    assert found["stopped_volume"] == (stood, Decimal("0.30"))


def test_the_lines_add_up_to_what_the_sandbox_charged(sandbox: Sandbox, rented: Pod):
    account = RunPodProvider(api_key=KEY, base_url=sandbox.url, name="fake")
    sandbox.clock.now = at(13)
    accrue(at(13))
    booked = CostLine.objects.aggregate(usd=Sum("amount_usd"))["usd"]
    charged = Decimal(sandbox.truth(rented.provider_id)["charge_usd"]["total"])
    assert abs(booked - charged) <= 4 * STEP

    read_billing(provider=account, now=at(13, 16))

    moved = CostLine.objects.filter(observation__isnull=False).exclude(amount_usd=0)
    assert not [line for line in moved if abs(line.amount_usd) > 2 * STEP]


def test_the_seconds_of_a_stopped_pod_are_down(rented: Pod):
    accrue(at(13))
    book_pod_use(at(13, 20))

    twelve = PodHourUse.objects.get(pod=rented, hour_start=at(12))

    assert (twelve.seconds, twelve.down_seconds) == (3600, 3600)
