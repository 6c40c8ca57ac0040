"""Strays in what is spent: by size, by their workers, and never 0 where nobody knows."""

from dataclasses import replace
from decimal import Decimal

import pytest

from fleet.models import CloudListing, StrayResource
from fleet.providers.base import ProviderUnavailable
from fleet.providers.resources import CloudWorker, EndpointRequest, VolumeRequest
from fleet.selectors.burn import committed, committed_usd_per_hour, exposed_usd_per_hour
from fleet.selectors.resources import Spend, stray_usd_per_hour
from fleet.selectors.standing import standing
from tests.factories import make_offer, make_orphan
from tests.fleet.services.resource_rows import RTX_4090, make_endpoint, tick

pytestmark = pytest.mark.django_db


def add_endpoint(account, *, least=0, most=3, workers=0, gpu=RTX_4090) -> str:
    request = EndpointRequest("somebodys", "img", "", {}, gpu, 2, least, most, 20)
    made = account.create_endpoint(request)
    account.endpoint_workers[made.provider_id] = [
        CloudWorker(f"w{n}", "IDLE", gpu, 2, None) for n in range(workers)
    ]
    return made.provider_id


@pytest.fixture
def worker_price():
    make_offer(
        provider="fake", kind="serverless", cloud="", usd_per_gpu_hour=Decimal("0.50")
    )


def test_a_volume_costs_its_size(account, clock):
    account.create_volume(VolumeRequest("somebodys", 1460, "EU-RO-1"))
    tick(account, clock)

    assert committed("fake") == Spend(Decimal("0.1"), unknown=0)


def test_an_endpoint_costs_its_workers_at_the_price_of_the_catalog(
    account, clock, worker_price
):
    add_endpoint(account, workers=2)
    tick(account, clock)

    # 2 workers of 2 GPUs at 0.50; the third may still come
    assert committed("fake") == Spend(Decimal("2.0000"), unknown=0)
    assert exposed_usd_per_hour("fake") == Decimal("3.0000")


def test_the_least_workers_are_billed_whether_or_not_they_were_seen(
    account, clock, worker_price
):
    add_endpoint(account, least=3, workers=1)
    tick(account, clock)

    assert committed_usd_per_hour("fake") == Decimal("3.0000")


def test_one_without_any_worker_costs_nothing_and_that_is_known(account, clock):
    add_endpoint(account)
    tick(account, clock)

    assert committed("fake") == Spend(Decimal(0), unknown=0)


def test_workers_without_a_price_are_unknown_and_not_0(account, clock):
    add_endpoint(account, workers=1)
    tick(account, clock)

    stray = StrayResource.objects.get()
    assert stray_usd_per_hour(stray) is None
    assert committed("fake") == Spend(Decimal(0), unknown=1)


def test_workers_that_nobody_could_count_are_unknown_and_not_0(account, clock):
    add_endpoint(account)
    account.fail_next("workers", ProviderUnavailable("502"))
    with pytest.raises(Exception, match="broke: workers of stray"):
        tick(account, clock)

    assert stray_usd_per_hour(StrayResource.objects.get()) is None
    assert committed("fake").unknown == 1


def test_the_price_of_our_own_row_counts_where_it_had_one(account, clock):
    row = make_endpoint(
        status="ended", provider_id="fake-endpoint-1", status_since=clock.now
    )
    clock.forward(minutes=5)
    add_endpoint(account, workers=1)
    account.fail_next("delete_endpoint", ProviderUnavailable("502"))
    tick(account, clock)

    assert committed_usd_per_hour("fake") == row.usd_per_worker_hour


def test_the_last_price_stays_while_no_worker_tells_one(account, clock, worker_price):
    made = add_endpoint(account, workers=1)
    tick(account, clock)
    account.endpoint_workers[made] = []
    clock.forward(minutes=1)
    tick(account, clock)

    assert committed_usd_per_hour("fake") == 0
    assert exposed_usd_per_hour("fake") == Decimal("3.0000")


def test_all_that_nobody_ordered_is_counted_together(account, clock):
    account.create_volume(VolumeRequest("somebodys", 1460, "EU-RO-1"))
    add_endpoint(account, workers=1)
    tick(account, clock)
    make_orphan(usd_per_pod_hour=Decimal("2.69"))

    found = standing().strays()

    assert (found.pods, found.volumes, found.endpoints) == (1, 1, 1)
    assert (found.usd_per_hour, found.unknown) == (Decimal("2.79"), 1)


def test_a_name_that_no_column_holds_hides_nothing(account, clock):
    made = account.create_volume(VolumeRequest("somebodys", 1460, "EU-RO-1"))
    account.cloud_volumes[made.provider_id] = replace(made, name="some\x00bodys")
    tick(account, clock)

    assert committed("fake") == Spend(Decimal("0.1"), unknown=0)
    assert StrayResource.objects.get().name == "somebodys"
    assert CloudListing.objects.count() == 2
