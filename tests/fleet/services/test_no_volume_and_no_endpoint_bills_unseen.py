"""The provider's lists against our rows: strays shown at once, ghosts closed."""

from decimal import Decimal

import pytest

from fleet.models import (
    AuditEntry,
    CloudListing,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.providers.base import ProviderUnavailable
from fleet.providers.resources import CloudWorker, EndpointRequest, VolumeRequest
from fleet.selectors.burn import committed_usd_per_hour
from fleet.services.jobs import JobFailed
from fleet.services.resource_rent import request_end
from tests.fleet.services.resource_rows import (
    MAKERS,
    calls,
    make_endpoint,
    make_volume,
    tick,
)

pytestmark = pytest.mark.django_db
S = ResourceStatus


def add_stray(account, kind: str, name: str) -> str:
    if kind == "volume":
        return account.create_volume(VolumeRequest(name, 730, "EU-RO-1")).provider_id
    request = EndpointRequest(name, "img", "", {}, "NVIDIA GeForce RTX 4090", 1, 1, 3, 20)
    return account.create_endpoint(request).provider_id


@pytest.mark.parametrize("kind", ["volume", "endpoint"])
@pytest.mark.parametrize("name", ["somebody-elses", "kerne-demo-forgotten-9"])
def test_a_stray_is_shown_at_once(account, clock, kind, name):
    add_stray(account, kind, name)

    said = tick(account, clock)

    (stray,) = StrayResource.objects.all()
    assert (stray.kind, stray.name, stray.gone_at) == (kind, name, None)
    assert stray.ours == name.startswith("kerne-demo-")
    assert f"stray: {name}" in said


def test_a_stray_endpoint_of_ours_ends_after_its_grace(account, clock):
    add_stray(account, "endpoint", "kerne-demo-forgotten-9")
    tick(account, clock)
    clock.forward(minutes=9)
    tick(account, clock)
    assert account.cloud_endpoints
    clock.forward(minutes=2)
    tick(account, clock)
    clock.forward(minutes=1)
    tick(account, clock)

    assert account.cloud_endpoints == {}
    assert StrayResource.objects.get().gone_at == clock.now
    assert AuditEntry.objects.filter(verb="end stray endpoint").count() == 1


def test_a_stray_volume_holds_data_and_is_never_deleted_by_rule(account, clock):
    add_stray(account, "volume", "kerne-demo-forgotten-9")
    for _ in range(30):
        tick(account, clock)
        clock.forward(minutes=10)

    assert account.cloud_volumes
    assert calls(account, "delete_volume") == 0
    assert committed_usd_per_hour("fake") == Decimal("0.07")


def test_a_setting_lets_stray_volumes_go_too(account, clock, settings):
    settings.STRAY_VOLUME_DELETE = True
    add_stray(account, "volume", "kerne-demo-forgotten-9")
    for _ in range(3):
        tick(account, clock)
        clock.forward(minutes=6)

    assert account.cloud_volumes == {}


@pytest.mark.parametrize("kind", ["volume", "endpoint"])
def test_what_is_not_ours_is_never_touched(account, clock, settings, kind):
    settings.STRAY_VOLUME_DELETE = True
    add_stray(account, kind, "somebody-elses")
    for _ in range(5):
        tick(account, clock)
        clock.forward(minutes=10)

    assert account.cloud_volumes or account.cloud_endpoints


@pytest.mark.parametrize("kind", ["volume", "endpoint"])
def test_one_that_vanished_is_closed_after_two_lists_and_a_question(account, clock, kind):
    row = MAKERS[kind]()
    tick(account, clock)
    account.cloud_volumes.clear()
    account.cloud_endpoints.clear()
    clock.forward(minutes=2)
    tick(account, clock)
    row.refresh_from_db()
    assert row.status == S.LIVE
    clock.forward(minutes=1)
    tick(account, clock)

    row.refresh_from_db()
    assert (row.status, row.billed_until) == (S.ENDED, clock.now)
    assert "vanished" in row.status_reason


@pytest.mark.parametrize("kind", ["volume", "endpoint"])
def test_a_list_that_lags_closes_nothing(account, clock, kind):
    row = MAKERS[kind]()
    tick(account, clock)
    row.refresh_from_db()
    account.hidden.add(row.provider_id)
    for _ in range(5):
        clock.forward(minutes=1)
        tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.LIVE


def test_without_a_complete_list_nothing_is_settled(account, clock):
    row = make_volume()
    tick(account, clock)
    account.cloud_volumes.clear()
    account.fail_next("volumes", *[ProviderUnavailable("502")] * 5)
    for _ in range(5):
        clock.forward(minutes=1)
        assert "no list" in tick(account, clock)

    row.refresh_from_db()
    assert (row.status, row.list_misses) == (S.LIVE, 0)


def test_when_each_complete_list_was_settled_is_kept(account, clock):
    tick(account, clock)
    began = clock.now
    account.fail_next("endpoints", *[ProviderUnavailable("502")] * 5)
    clock.forward(minutes=1)
    tick(account, clock)

    read = dict(CloudListing.objects.values_list("what", "read_at"))
    assert read == {"volumes": clock.now, "endpoints": began}


def test_a_delete_that_goes_on_failing_makes_nobody_blind(account, clock):
    row = make_volume()
    tick(account, clock)
    row.refresh_from_db()
    request_end(row, acting_user="ada", now=clock.now)
    account.fail_next("delete_volume", *[ProviderUnavailable("502")] * 5)
    clock.forward(minutes=1)
    with pytest.raises(JobFailed, match="broke"):
        tick(account, clock)

    assert {each.read_at for each in CloudListing.objects.all()} == {clock.now}


def test_what_an_endpoint_costs_now_follows_its_workers(account, clock):
    row = make_endpoint()
    tick(account, clock)
    assert committed_usd_per_hour("fake") == 0
    row.refresh_from_db()
    worker = CloudWorker("w", "IDLE", "NVIDIA GeForce RTX 4090", 1, clock.now)
    account.endpoint_workers[row.provider_id] = [worker, worker]
    clock.forward(minutes=1)
    tick(account, clock)

    assert committed_usd_per_hour("fake") == Decimal("2.232")


def test_the_row_follows_when_the_provider_scales_an_endpoint_down(account, clock):
    row = make_endpoint(workers_max=3)
    tick(account, clock)
    row.refresh_from_db()
    account.set_workers(row.provider_id, least=0, most=2, idle_timeout_seconds=10)
    tick(account, clock)

    assert ServerlessEndpoint.objects.get().workers_max == 2


def test_a_volume_costs_whether_or_not_a_pod_runs(account, clock):
    make_volume(size_gb=1460)
    tick(account, clock)

    assert committed_usd_per_hour("fake") == Decimal("0.1")  # 1,460 GB x 0.05 / 730 h
