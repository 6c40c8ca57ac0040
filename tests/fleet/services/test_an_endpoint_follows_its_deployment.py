"""A serverless deployment has one endpoint while it is wanted, and none after a stop."""

from decimal import Decimal

import pytest
from django.conf import settings

from fleet.models import Deployment, PodStatus, ResourceStatus, ServerlessEndpoint
from fleet.providers.base import InvalidRequest, Rejected
from fleet.providers.fake import FakeProvider
from fleet.providers.resources import EndpointHealth
from fleet.services import lifecycle, reconcile, serverless
from tests.clock import NOON, Clock
from tests.factories import make_deployment, make_fleet, make_pod
from tests.fleet.services import resource_rows
from tests.fleet.services.resource_rows import calls, serverless_columns, worker_price

pytestmark = pytest.mark.django_db
BUSY = EndpointHealth(1, 1, 0, 0, 0, 1)
S = ResourceStatus


@pytest.fixture(autouse=True)
def _play(settings) -> None:
    settings.PROVIDER_NAME = "fake"
    worker_price()


@pytest.fixture
def deployment() -> Deployment:
    return make_deployment(fleet=make_fleet(simulated=True), **serverless_columns())


def tick(account: FakeProvider, clock: Clock) -> None:
    """One tick of both controllers."""
    reconcile.tick(
        provider=account,
        simulated=True,
        clock=clock,
        new_key=lambda: "sk-0123456789abcdef",
        last_scrape=len,
        canary=lambda: "",
    )
    resource_rows.tick(account, clock)
    clock.forward(seconds=15)


def test_it_is_set_up_once_with_its_workers_and_no_pod(account, clock, deployment):
    for _ in range(3):
        tick(account, clock)

    endpoint = ServerlessEndpoint.objects.get()
    assert (endpoint.status, endpoint.is_rental) == (S.LIVE, True)
    assert (endpoint.workers_min, endpoint.workers_max) == (0, 3)
    assert endpoint.usd_per_worker_hour == Decimal("1.116")
    assert calls(account, "create_endpoint") == 1
    assert not deployment.pods.exists()


def test_a_second_controller_finds_nothing_to_do(deployment):
    first = serverless.settle(deployment.pk, provider="fake", now=NOON)
    second = serverless.settle(deployment.pk, provider="fake", now=NOON)

    assert (bool(first), second) == (True, "")
    assert ServerlessEndpoint.objects.count() == 1


def test_a_worker_that_died_before_the_answer_leaves_one_endpoint(
    account, clock, deployment
):
    account.lose_next_answer("create_endpoint")
    for _ in range(3):
        tick(account, clock)

    assert ServerlessEndpoint.objects.get().status == S.LIVE
    assert len(account.cloud_endpoints) == calls(account, "create_endpoint") == 1


def test_a_stop_ends_it_and_the_provider_confirms_it(account, clock, deployment):
    tick(account, clock)
    lifecycle.stop_deployment(deployment, acting_user="ada", now=clock.now)
    assert ServerlessEndpoint.objects.get().status == S.ENDING
    tick(account, clock)
    tick(account, clock)

    assert ServerlessEndpoint.objects.get().status == S.ENDED
    assert account.cloud_endpoints == {}


def test_a_start_after_a_stop_sets_up_a_new_one_under_a_new_name(
    account, clock, deployment
):
    tick(account, clock)
    lifecycle.stop_deployment(deployment, acting_user="ada", now=clock.now)
    tick(account, clock)
    lifecycle.start_deployment(deployment, replicas=1, acting_user="ada", now=clock.now)
    tick(account, clock)

    names = ServerlessEndpoint.objects.order_by("pk").values_list("name", "status")
    assert [status for _, status in names] == [S.ENDED, S.LIVE]
    assert len({name for name, _ in names}) == 2


def test_jobs_may_finish_while_it_drains_and_no_longer(account, clock, deployment):
    tick(account, clock)
    endpoint = ServerlessEndpoint.objects.get()
    account.endpoint_jobs[endpoint.provider_id] = BUSY
    lifecycle.stop_deployment(deployment, acting_user="ada", now=clock.now)
    tick(account, clock)
    assert endpoint.provider_id in account.cloud_endpoints
    clock.forward(seconds=settings.DRAIN_SECONDS)
    tick(account, clock)

    assert account.cloud_endpoints == {}


def test_a_stop_at_once_waits_for_no_job(account, clock, deployment):
    tick(account, clock)
    endpoint = ServerlessEndpoint.objects.get()
    account.endpoint_jobs[endpoint.provider_id] = BUSY
    lifecycle.stop_deployment(deployment, acting_user="ada", now=clock.now)
    tick(account, clock)
    lifecycle.stop_deployment(
        deployment, acting_user="rule:balance", now=clock.now, at_once=True
    )
    tick(account, clock)

    assert account.cloud_endpoints == {}


def test_a_request_that_is_wrong_is_sent_once_and_given_up(account, clock, deployment):
    account.fail_next("create_endpoint", InvalidRequest("no such image"))
    for _ in range(5):
        tick(account, clock)

    deployment.refresh_from_db()
    assert deployment.is_given_up
    assert calls(account, "create_endpoint") == 1
    lifecycle.start_deployment(deployment, replicas=1, acting_user="ada", now=clock.now)
    tick(account, clock)
    assert serverless.rental_endpoint(deployment).status == S.LIVE


def test_above_its_price_limit_none_is_wished_for(account, clock, deployment):
    deployment.max_usd_per_worker_hour = Decimal("1.0000")
    deployment.save(update_fields=["max_usd_per_worker_hour"])
    tick(account, clock)

    assert not ServerlessEndpoint.objects.exists()
    why = serverless.obstacle(deployment, provider="fake", now=NOON)
    assert why == "a worker costs 1.1160 USD/h today, above the limit of 1.0000 USD/h"


def to_serverless(deployment: Deployment, clock: Clock) -> None:
    lifecycle.change_rental(
        deployment, serverless_columns(replicas=1), acting_user="ada", now=clock.now
    )


def served(account: FakeProvider, clock: Clock, count: int) -> Deployment:
    """A deployment whose pods serve."""
    deployment = make_deployment(fleet=make_fleet(simulated=True), replicas=count)
    for number in range(count):
        make_pod(
            deployment=deployment,
            provider="fake",
            name=f"kerne-demo-p-{number}",
            probed_at=clock.now,
            answered_at=clock.now,
        )
    return deployment


def test_pods_go_on_until_the_endpoint_is_live(account, clock):
    deployment = served(account, clock, 2)
    to_serverless(deployment, clock)
    account.fail_next("create_endpoint", Rejected("none left"))
    tick(account, clock)
    assert deployment.pods.wanted().count() == 2
    clock.forward(seconds=120)
    tick(account, clock)
    tick(account, clock)

    deployment.refresh_from_db()
    assert deployment.handover_replicas == 0
    assert not deployment.pods.wanted().exists()
    assert {pod.status_reason for pod in deployment.pods.all()} == {
        "its serverless endpoint is live"
    }


def test_the_endpoint_goes_on_until_as_many_pods_serve_as_are_wanted(
    account, clock, deployment
):
    tick(account, clock)
    lifecycle.change_rental(
        deployment,
        {"rental_kind": "on_demand", "replicas": 2},
        acting_user="ada",
        now=clock.now,
    )
    tick(account, clock)
    first, second = deployment.pods.all()
    for pod in (first, second):
        assert ServerlessEndpoint.objects.get().status == S.LIVE
        type(pod).objects.filter(pk=pod.pk).update(
            status=PodStatus.SERVING,
            health="ready",
            probed_at=clock.now,
            answered_at=clock.now,
        )
        serverless.settle(deployment.pk, provider="fake", now=clock.now)

    assert ServerlessEndpoint.objects.get().status == S.ENDING
