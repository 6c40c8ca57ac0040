"""Two workers, one row: real threads with connections of their own."""

from collections.abc import Callable
from decimal import Decimal
from threading import Event

import pytest

from fleet.models import (
    AuditEntry,
    Deployment,
    HealthChange,
    Pod,
    PodStatus,
    ServerlessEndpoint,
)
from fleet.services import lifecycle, probing, replicas, resource_rent, serverless
from fleet.services.provisioning import provision
from tests.at_once import at_once
from tests.clock import NOON, seconds
from tests.factories import make_deployment, make_pod
from tests.fleet.services.conftest import allow
from tests.fleet.services.resource_rows import serverless_columns, worker_price
from tests.fleet.services.test_a_probe_is_booked import answer

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE = 20  # seconds


def test_two_workers_with_the_same_intent_rent_one_pod(make_wanted, account):
    pod = make_wanted()

    def rent() -> bool:
        return provision(pod.pk, provider=account, guard=allow, now=NOON)

    assert sorted(at_once(*[rent] * 6)) == [False] * 5 + [True]
    assert [method for method, _ in account.calls] == ["create"]


def test_two_launches_that_fit_one_by_one_and_not_together_rent_one_pod(
    make_wanted, account
):
    pods = [make_wanted() for _ in range(4)]

    def guard(request) -> str | None:
        after = request.committed_usd_per_hour + request.usd_per_hour
        return None if after <= Decimal("0.80") else "spend limit"

    def rent(pod: Pod) -> Callable[[], bool]:
        return lambda: provision(pod.pk, provider=account, guard=guard, now=NOON)

    assert sum(at_once(*map(rent, pods))) == 1
    assert len(account.requests) == 1


def test_two_controllers_wish_for_one_endpoint_and_create_it_once(account):
    worker_price()
    deployment = make_deployment(**serverless_columns())

    def settle() -> str:
        return serverless.settle(deployment.pk, provider="fake", now=NOON)

    def create() -> bool:
        row = ServerlessEndpoint.objects.select_related("deployment").get()
        return resource_rent.create(row, provider=account, guard=allow, now=NOON)

    at_once(*[settle] * 6)
    assert sorted(at_once(*[create] * 6)) == [False] * 5 + [True]

    assert [method for method, _ in account.calls] == ["create_endpoint"]


def test_two_controllers_request_the_missing_replicas_once():
    deployment = make_deployment(replicas=3)

    def settle() -> int:
        return replicas.settle_deployment(
            deployment.pk,
            provider="fake",
            simulated=False,
            now=NOON,
            new_key=lambda: "sk-0123456789abcdef",
        )

    at_once(*[settle] * 6)

    assert Pod.objects.count() == 3


def test_a_stop_while_the_create_is_on_its_way_ends_the_pod(make_wanted, account):
    """The page was read before the claim, the click comes after it."""
    pod = make_wanted()
    sent, clicked = Event(), Event()

    class SlowAccount:
        name = "fake"
        pod_url = account.pod_url

        def create(self, request):
            sent.set()
            assert clicked.wait(PATIENCE)
            return account.create(request)

    def click() -> bool:
        assert sent.wait(PATIENCE)
        ended = lifecycle.request_termination(pod, acting_user="ada", now=NOON)
        clicked.set()
        return ended

    rented, ended = at_once(
        lambda: provision(pod.pk, provider=SlowAccount(), guard=allow, now=NOON), click
    )

    row = Pod.objects.get()
    assert (rented, ended) == (True, True)
    assert (row.status, row.provider_id) == (PodStatus.TERMINATING, "fake-1")
    assert Deployment.objects.get().replicas == 0


def test_two_operators_who_end_two_pods_want_two_replicas_less():
    deployment = make_deployment(replicas=3)
    pods = [make_pod(deployment=deployment) for _ in range(3)]

    at_once(
        *(
            lambda pod=pod: lifecycle.request_termination(pod, acting_user="ada", now=NOON)
            for pod in pods[:2]
        )
    )

    assert Deployment.objects.get().replicas == 1
    assert AuditEntry.objects.filter(verb="terminate").count() == 2


def test_a_stop_and_a_sweep_over_the_same_pods_wait_for_each_other():
    """In whatever order they come, nobody is a deadlock's victim."""
    deployment = make_deployment(replicas=40)
    pods = [
        make_pod(deployment=deployment, requested_at=NOON - seconds(n), probed_at=NOON)
        for n in range(40)
    ]
    for turn in range(3):
        Pod.objects.update(status=PodStatus.SERVING)
        Deployment.objects.update(replicas=40)
        fresh = list(reversed(Pod.objects.all()))
        at = NOON + seconds(10 * turn)
        answers = [(pod, answer(at, key=str(pod.pk))) for pod in fresh]
        told, _ = at_once(
            lambda at=at: lifecycle.stop_deployment(deployment, acting_user="ada", now=at),
            lambda at=at, answers=answers: probing.apply_all(answers, now=at),
        )

        assert told == len(pods)
        assert not Pod.objects.filter(status=PodStatus.SERVING).exists()
    assert HealthChange.objects.count() == 0
