"""Intent first, one create, and what has no answer is found by its unique name."""

import pytest

from fleet.models import ResourceStatus
from fleet.providers.base import (
    InvalidRequest,
    ProviderUnavailable,
    RateLimited,
    Rejected,
    Unauthorized,
)
from fleet.services import spending
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


@pytest.fixture(params=["volume", "endpoint"])
def row(request):
    return MAKERS[request.param]()


def create_of(row) -> str:
    return f"create_{row.kind}"


def test_a_wish_is_rented_once_whatever_the_ticks(account, clock, row):
    for _ in range(3):
        tick(account, clock)
        clock.forward(seconds=15)

    row.refresh_from_db()
    assert (row.status, row.billed_from) == (S.LIVE, NOON)
    assert row.provider_id in account.cloud_volumes | account.cloud_endpoints
    assert calls(account, create_of(row)) == 1


def test_a_create_whose_answer_is_lost_is_adopted_by_its_name(account, clock, row):
    account.lose_next_answer(create_of(row))

    tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.LIVE
    assert row.provider_id
    assert calls(account, create_of(row)) == 1


def test_a_create_that_never_happened_fails_after_two_complete_lists(account, clock, row):
    account.fail_next(create_of(row), ProviderUnavailable("timeout"))
    tick(account, clock)
    row.refresh_from_db()
    assert row.status == S.CREATING
    clock.forward(seconds=121)
    tick(account, clock)
    clock.forward(seconds=60)
    tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.FAILED
    assert "never answered" in row.status_reason
    assert calls(account, create_of(row)) == 1


@pytest.mark.parametrize(
    "error", [Rejected("none left"), RateLimited("slow down"), Unauthorized("bad key")]
)
def test_a_refusal_waits_under_its_own_name_and_is_sent_again(account, clock, row, error):
    account.fail_next(create_of(row), error)
    tick(account, clock)
    row.refresh_from_db()
    assert (row.status, row.provider_id) == (S.REQUESTED, "")
    assert str(error) in row.status_reason
    clock.forward(seconds=60)
    tick(account, clock)
    assert calls(account, create_of(row)) == 1
    clock.forward(seconds=61)
    tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.LIVE


def test_a_body_that_breaks_the_contract_is_not_sent_again(account, clock, row):
    account.fail_next(create_of(row), InvalidRequest("size: must be an integer"))
    tick(account, clock)
    clock.forward(minutes=10)
    tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.FAILED
    assert calls(account, create_of(row)) == 1


def test_nothing_is_rented_while_the_switch_is_pulled(account, clock, row):
    spending.stop_spending(acting_user="ada", now=clock.now)
    tick(account, clock)

    row.refresh_from_db()
    assert row.status == S.REQUESTED
    assert "not created" in row.status_reason
    assert calls(account, create_of(row)) == 0


def test_the_guard_is_asked_about_the_most_it_may_cost(account, clock):
    make_volume(size_gb=730)
    make_endpoint(workers_max=3)
    asked = []

    tick(account, clock, guard=lambda request: asked.append(request.usd_per_hour))

    assert [f"{usd:f}" for usd in asked] == ["0.07", "3.3480"]


def test_what_differs_from_the_order_is_said(account, clock):
    volume = make_volume(size_gb=100)
    account.lose_next_answer("create_volume")
    account.hidden.add("fake-volume-1")
    tick(account, clock)
    account.hidden.clear()
    account.grow_volume("fake-volume-1", size_gb=200)

    tick(account, clock)

    volume.refresh_from_db()
    assert volume.status == S.LIVE
    assert volume.status_reason == "the provider says 200 GB, 100 GB were ordered"


def test_an_endpoint_mounts_the_volume_of_its_deployment(account, clock):
    volume = make_volume()
    endpoint = make_endpoint(deployment=volume.deployment)

    tick(account, clock)
    clock.forward(minutes=1)
    tick(account, clock)

    volume.refresh_from_db()
    endpoint.refresh_from_db()
    request = account.endpoint_requests[endpoint.provider_id]
    assert request.volume_ids == (volume.provider_id,)
    assert request.data_center_ids == ("EU-RO-1",)
    assert request.env["MODEL_NAME"] == endpoint.deployment.variant.repository
