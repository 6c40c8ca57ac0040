"""Workers, jobs and cold starts of an endpoint, as its provider tells them at each look."""

from datetime import timedelta

import pytest

from fleet.models import ResourceStatus, ServerlessEndpoint
from fleet.providers.base import ProviderUnavailable
from fleet.providers.fake import FakeProvider
from fleet.providers.resources import CloudWorker, EndpointHealth
from fleet.selectors.market_ready import market_readiness
from fleet.selectors.serverless import is_seen
from fleet.services import endpoint_health
from tests.clock import NOON, Clock
from tests.factories import make_deployment
from tests.fleet.services.resource_rows import make_endpoint, serverless_columns, tick

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(account: FakeProvider, clock: Clock) -> ServerlessEndpoint:
    """A live rental, looked at once: it has no worker and no job."""
    row = make_endpoint(deployment=make_deployment(**serverless_columns()), is_rental=True)
    tick(account, clock)
    row.refresh_from_db()
    return row


def has(account: FakeProvider, row: ServerlessEndpoint, *ids: str, done: int = 0) -> None:
    """Let the account have these workers, busy, and so many jobs done."""
    account.endpoint_workers[row.provider_id] = [
        CloudWorker(each, "RUNNING", row.gpu_type_id, 1, NOON) for each in ids
    ]
    account.endpoint_jobs[row.provider_id] = EndpointHealth(0, len(ids), done, 0, 0, 0)


def looked(account: FakeProvider, clock: Clock, row: ServerlessEndpoint) -> None:
    clock.forward(seconds=60)
    tick(account, clock)
    row.refresh_from_db()


def test_workers_are_counted_by_their_state_and_cost_as_agreed(account, clock, row):
    has(account, row, "a", "b")
    looked(account, clock, row)

    assert (row.workers_seen, row.worker_states) == (2, {"RUNNING": 2})
    assert row.jobs_running == 2
    assert row.rate_now == 2 * row.usd_per_worker_hour


def test_a_worker_is_one_cold_start_however_often_it_is_seen(account, clock, row):
    for ids in (("a",), ("a",), ("a", "b"), ("b", "c")):
        has(account, row, *ids)
        looked(account, clock, row)

    assert row.cold_starts == 3


def test_jobs_that_were_done_while_nobody_saw_a_worker_took_one(account, clock, row):
    has(account, row, done=3)
    looked(account, clock, row)
    looked(account, clock, row)

    assert row.cold_starts == 1


def test_a_second_look_at_the_same_time_counts_nothing_twice(account, row):
    has(account, row, "a")
    same = ServerlessEndpoint.objects.get()

    first = endpoint_health.look(row, provider=account, now=NOON + timedelta(minutes=1))
    second = endpoint_health.look(same, provider=account, now=NOON + timedelta(minutes=1))

    assert (first, second) == (True, False)
    assert ServerlessEndpoint.objects.get().cold_starts == 1


def test_what_one_question_does_not_answer_keeps_the_age_of_its_last_answer(
    account, clock, row
):
    has(account, row, "a")
    account.fail_next("endpoint_health", ProviderUnavailable("timeout"))
    looked(account, clock, row)

    assert row.workers_seen_at == clock.now
    assert row.health_at == NOON


def test_it_is_on_the_market_while_its_looks_are_fresh(account, clock, row, settings):
    deployment = row.deployment
    assert market_readiness(deployment, now=NOON).is_ready
    limit = timedelta(seconds=3 * settings.CLOUD_LIST_INTERVAL_SECONDS)

    assert is_seen(row, now=NOON + limit)
    late = market_readiness(deployment, now=NOON + limit + timedelta(seconds=1))
    assert late.reason == "its endpoint has not told its health lately"


@pytest.mark.parametrize(
    ("columns", "reason"),
    [
        ({"status": ResourceStatus.CREATING}, "its endpoint is not live"),
        ({"workers_max": 0, "workers_min": 0}, "its endpoint may have no workers"),
    ],
)
def test_it_is_off_the_market_where_nothing_would_answer(row, columns, reason):
    ServerlessEndpoint.objects.filter(pk=row.pk).update(**columns)

    assert market_readiness(row.deployment, now=NOON).reason == reason
