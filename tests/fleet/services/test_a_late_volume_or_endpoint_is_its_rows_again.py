"""A create that was believed to have failed and then shows up: never a stray."""

import pytest

from fleet.models import (
    AuditEntry,
    NetworkVolume,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.services.resource_rent import end_endpoints, request_end
from tests.clock import NOON
from tests.fleet.services.resource_rows import (
    MAKERS,
    calls,
    make_endpoint,
    make_volume,
    tick,
)

pytestmark = pytest.mark.django_db
S = ResourceStatus


def give_up(account, clock, row):
    """Its create is done, and neither its answer nor the lists say so."""
    account.lose_next_answer(f"create_{row.kind}")
    hidden = f"fake-{row.kind}-{account._made + 1}"
    account.hidden.add(hidden)
    tick(account, clock)
    clock.forward(seconds=121)
    tick(account, clock)
    clock.forward(seconds=60)
    tick(account, clock)
    row.refresh_from_db()
    assert row.status == S.FAILED
    return hidden


def show(account, clock, row, hidden):
    account.hidden.discard(hidden)
    clock.forward(seconds=60)
    said = tick(account, clock)
    row.refresh_from_db()
    return said


@pytest.fixture(params=["volume", "endpoint"])
def row(request):
    return MAKERS[request.param]()


def test_it_is_its_rows_again_and_kept_while_nothing_replaced_it(account, clock, row):
    hidden = give_up(account, clock, row)

    said = show(account, clock, row, hidden)

    assert f"late: {row.name}" in said
    assert (row.status, row.provider_id, row.billed_from) == (S.LIVE, hidden, NOON)
    assert "found after its create was given up; kept" in row.status_reason
    assert not StrayResource.objects.exists()
    assert AuditEntry.objects.get(verb=f"late {row.kind}").acting_user == "rule:late_create"


def test_a_second_look_finds_it_where_it_belongs(account, clock, row):
    hidden = give_up(account, clock, row)
    show(account, clock, row, hidden)
    for _ in range(3):
        clock.forward(minutes=1)
        tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.LIVE
    assert AuditEntry.objects.filter(verb=f"late {row.kind}").count() == 1
    assert calls(account, f"create_{row.kind}") == 1


def test_one_that_was_ordered_again_meanwhile_ends(account, clock, row):
    hidden = give_up(account, clock, row)
    again = MAKERS[row.kind](deployment=row.deployment, requested_at=clock.now)
    tick(account, clock)
    again.refresh_from_db()
    assert again.status == S.LIVE

    show(account, clock, row, hidden)
    assert (row.status, row.billed_from) == (S.ENDING, NOON)
    assert "another has replaced it" in row.status_reason
    clock.forward(minutes=1)
    tick(account, clock)

    row.refresh_from_db()
    again.refresh_from_db()
    assert (row.status, again.status) == (S.ENDED, S.LIVE)
    cloud = account.cloud_volumes | account.cloud_endpoints
    assert list(cloud) == [again.provider_id]


def test_one_that_was_told_to_end_ends(account, clock, row):
    account.lose_next_answer(f"create_{row.kind}")
    hidden = f"fake-{row.kind}-1"
    account.hidden.add(hidden)
    tick(account, clock)
    row.refresh_from_db()
    request_end(row, acting_user="ada", now=clock.now)
    for _ in range(3):
        clock.forward(seconds=121)
        tick(account, clock)
    row.refresh_from_db()
    assert row.status == S.FAILED

    show(account, clock, row, hidden)
    clock.forward(minutes=1)
    tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.ENDED
    assert account.cloud_volumes == account.cloud_endpoints == {}


def test_an_endpoint_of_a_deployment_that_was_left_meanwhile_ends(account, clock):
    endpoint = make_endpoint()
    hidden = give_up(account, clock, endpoint)
    end_endpoints([endpoint.deployment], acting_user="ada", now=clock.now, reason="exit")

    show(account, clock, endpoint, hidden)

    assert endpoint.status == S.ENDING
    assert "it was told to end" in endpoint.status_reason


def test_a_stray_that_turns_out_to_be_a_rows_is_no_stray_any_more(account, clock, row):
    hidden = give_up(account, clock, row)
    StrayResource.objects.create(
        kind=row.kind,
        provider="fake",
        provider_id=hidden,
        name=row.name,
        ours=True,
        first_seen_at=NOON,
        last_seen_at=NOON,
    )

    show(account, clock, row, hidden)

    assert StrayResource.objects.get().gone_at == clock.now


def test_one_that_was_never_sent_does_not_take_what_has_its_name(account, clock):
    volume = make_volume()
    request_end(volume, acting_user="ada", now=clock.now)
    other = make_volume(name="kerne-demo-llama-vol-other")
    tick(account, clock)
    NetworkVolume.objects.filter(pk=other.pk).delete()
    NetworkVolume.objects.filter(pk=volume.pk).update(name="kerne-demo-llama-vol-other")

    tick(account, clock)

    volume.refresh_from_db()
    assert (volume.status, volume.provider_id) == (S.FAILED, "")
    assert StrayResource.objects.get().gone_at is None
    assert not ServerlessEndpoint.objects.exists()
