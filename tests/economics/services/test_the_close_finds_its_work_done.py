"""What is settled before the close is not looked at again by it, and misses nothing."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from economics.models import CostKind, CostLine, PodHourUse
from economics.selectors.pod_use import unjudged_lines
from economics.services.accrual import PODS_AT_ONCE, accrue
from economics.services.pod_use import LINES_AT_ONCE, book_pod_use, hours_of
from fleet.models import Deployment, Pod
from tests.economics.services.rows import at
from tests.factories import make_deployment, make_pod

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment() -> Deployment:
    return make_deployment(created_at=at(9))


def queries_of(work) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


def rented_pods(deployment: Deployment, count: int) -> None:
    for _ in range(count):
        make_pod(deployment=deployment, billed_from=at(10), ready_at=at(10))


def test_pods_that_wait_for_their_hour_cost_accrual_no_query(deployment: Deployment):
    rented_pods(deployment, 3)
    accrue(at(12))
    before = queries_of(lambda: accrue(at(12, 20)))

    rented_pods(deployment, 5)
    accrue(at(12))

    assert queries_of(lambda: accrue(at(12, 20))) == before


def test_more_pods_than_one_lock_takes_all_get_their_lines(deployment: Deployment):
    rented_pods(deployment, PODS_AT_ONCE + 2)

    accrue(at(12))

    gpu = CostLine.objects.filter(kind=CostKind.GPU)
    assert gpu.count() == 2 * (PODS_AT_ONCE + 2)
    assert accrue(at(12, 20)) == 0


def test_judged_pods_cost_the_close_one_query(deployment: Deployment):
    rented_pods(deployment, 4)
    accrue(at(12))
    assert book_pod_use(at(12, 20)) == 8

    assert queries_of(lambda: book_pod_use(at(12, 25))) == 1


def test_a_pod_that_is_judged_goes_on_where_it_was_left(deployment: Deployment):
    rented_pods(deployment, 1)
    accrue(at(12))
    book_pod_use(at(12, 20))
    accrue(at(14))

    assert book_pod_use(at(13, 15)) == 1
    assert book_pod_use(at(14, 15)) == 1
    assert PodHourUse.objects.count() == CostLine.objects.filter(kind="gpu").count() == 4


def test_a_judgement_that_died_in_the_middle_is_finished(deployment: Deployment):
    rented_pods(deployment, 1)
    end = at(10) + timedelta(hours=LINES_AT_ONCE + 4)
    accrue(end)
    now = end + timedelta(minutes=15)
    pod = Pod.objects.get()
    lines = unjudged_lines(pod, after=None, now=now)[:LINES_AT_ONCE]
    PodHourUse.objects.bulk_create(hours_of(pod, list(lines), now=now))

    assert book_pod_use(now) == 4
