"""Told to end, deleted, asked for: only the provider's own word ends the bill."""

import pytest

from fleet.models import AuditEntry, Pod, ResourceStatus
from fleet.providers.base import ProviderUnavailable
from fleet.services.provisioning import provision
from fleet.services.resource_rent import overdue, request_end
from tests.fleet.services.conftest import allow
from tests.fleet.services.resource_rows import (
    MAKERS,
    calls,
    make_endpoint,
    make_volume,
    tick,
)

pytestmark = pytest.mark.django_db
S = ResourceStatus


@pytest.fixture(params=["volume", "endpoint"])
def row(request, account, clock):
    made = MAKERS[request.param]()
    tick(account, clock)
    made.refresh_from_db()
    return made


def end(row, clock) -> bool:
    row.refresh_from_db()
    return request_end(row, acting_user="ada", now=clock.now)


def test_it_ends_when_the_provider_says_so(account, clock, row):
    clock.forward(hours=1)
    assert end(row, clock)
    tick(account, clock)

    row.refresh_from_db()
    assert (row.status, row.billed_until) == (S.ENDED, clock.now)
    assert AuditEntry.objects.filter(verb=f"end {row.kind}", acting_user="ada").count() == 1


def test_ending_twice_is_ending_once(account, clock, row):
    assert end(row, clock)
    assert not end(row, clock)
    tick(account, clock)
    assert not end(row, clock)


def test_a_delete_that_fails_is_sent_again_every_minute_for_ever(account, clock, row):
    delete = f"delete_{row.kind}"
    account.fail_next(delete, *[ProviderUnavailable("502")] * 20)
    end(row, clock)
    for _ in range(20):
        with pytest.raises(Exception, match="broke"):
            tick(account, clock)
        clock.forward(seconds=60)
    row.refresh_from_db()
    assert row.status == S.ENDING
    assert overdue([row], now=clock.now, seconds=300) == [row]

    tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.ENDED
    assert calls(account, delete) == 21


def test_a_lost_answer_of_a_delete_still_ends_it(account, clock, row):
    account.lose_next_answer(f"delete_{row.kind}")
    end(row, clock)
    with pytest.raises(Exception, match="broke"):
        tick(account, clock)
    clock.forward(seconds=61)
    tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.ENDED


def test_one_that_was_only_wanted_is_called_off_and_never_sent(account, clock):
    wanted = make_volume()
    assert end(wanted, clock)
    tick(account, clock)

    wanted.refresh_from_db()
    assert wanted.status == S.FAILED
    assert calls(account, "create_volume") == 0


def test_one_told_to_end_while_its_create_has_no_answer_ends_when_it_is_found(
    account, clock
):
    wanted = make_endpoint()
    account.lose_next_answer("create_endpoint")
    account.hidden.add("fake-endpoint-1")
    tick(account, clock)
    end(wanted, clock)
    account.hidden.clear()
    clock.forward(seconds=60)
    tick(account, clock)
    tick(account, clock)

    wanted.refresh_from_db()
    assert wanted.status == S.ENDED
    assert account.cloud_endpoints == {}


def test_a_volume_that_a_pod_mounts_is_not_deleted(account, clock, make_wanted):
    volume = make_volume()
    tick(account, clock)
    pod = make_wanted(deployment=volume.deployment, name="kerne-demo-mounting-1")
    assert provision(pod.pk, provider=account, guard=allow, now=clock.now)

    with pytest.raises(ValueError, match="mounted by kerne-demo-mounting-1"):
        end(volume, clock)

    volume.refresh_from_db()
    assert volume.status == S.LIVE
    request = next(iter(account.requests.values()))
    assert (request.volume_id, request.volume_path) == (volume.provider_id, "/workspace")
    assert request.data_center_ids == ("EU-RO-1",)
    assert request.env["HF_HOME"] == "/workspace/huggingface"
    Pod.objects.update(status="terminated")
    assert end(volume, clock)


def test_a_volume_that_an_endpoint_mounts_is_not_deleted(account, clock):
    volume = make_volume()
    endpoint = make_endpoint(deployment=volume.deployment)
    tick(account, clock)

    with pytest.raises(ValueError, match=endpoint.name):
        end(volume, clock)
