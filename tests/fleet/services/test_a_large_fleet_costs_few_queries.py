"""What a tick asks of the database grows with what is to do, not with what ever was."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fleet.models import EngineSample, HealthChange, Pod, PodStatus
from fleet.services import cloud_list, probing, reconcile
from tests.clock import NOON, Clock
from tests.factories import make_deployment, make_fleet, make_pod, make_variant
from tests.fleet.services.test_a_probe_is_booked import answer, counters
from tests.fleet.services.test_the_cloud_list_settles_every_difference import stray

pytestmark = pytest.mark.django_db


def queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as seen:
        work()
    return len(seen)


def served(count: int, account, clock) -> list[Pod]:
    """So many deployments of one replica each, as wanted, listed and with a past."""
    fleet, variant = make_fleet(), make_variant()
    pods = []
    for _ in range(count):
        deployment = make_deployment(fleet=fleet, variant=variant)
        pod = make_pod(
            deployment=deployment,
            provider="fake",
            provider_status="RUNNING",
            probed_at=NOON,
            container_started_at=NOON,
        )
        make_pod(deployment=deployment, provider="fake", status=PodStatus.TERMINATED)
        account.adopt(stray(pod.name, clock, provider_id=pod.provider_id))
        pods.append(pod)
    return pods


def test_a_tick_without_work_costs_the_same_for_one_deployment_and_for_thirty(
    account, clock
):
    def tick() -> str:
        return reconcile.tick(
            provider=account,
            simulated=False,
            clock=clock,
            new_key=lambda: "sk-0123456789abcdef",
            last_scrape=len,
            canary=lambda: "",
        )

    served(1, account, clock)
    few = queries(tick)
    served(30, account, clock)

    assert queries(tick) == few <= 11


def test_a_list_without_news_costs_the_same_for_one_pod_and_for_thirty(account, clock):
    def compare() -> object:
        return cloud_list.compare(provider=account, now=clock.now)

    served(1, account, clock)
    few = queries(compare)
    served(30, account, clock)

    assert queries(compare) == few <= 8
    assert Pod.objects.filter(listed_at=NOON, status=PodStatus.SERVING).count() == 31


def test_thirty_containers_that_started_cost_one_write(account, clock):
    served(30, account, clock)
    Pod.objects.update(container_started_at=None)

    counted = queries(lambda: cloud_list.compare(provider=account, now=clock.now))

    assert counted <= 9
    assert Pod.objects.filter(container_started_at=clock.now).count() == 30


def test_a_round_of_probes_costs_one_write_a_pod(account, clock):
    pods = served(30, account, clock)
    later = NOON + timedelta(seconds=10)
    answers = [(pod, answer(at=later, read=counters())) for pod in pods]

    spent = queries(lambda: probing.book(answers, now=later, troubles=[]))

    assert spent <= 30 + 5
    assert EngineSample.objects.count() == 30
    assert HealthChange.objects.count() == 0


def test_a_sweep_asks_what_hangs_last_and_the_longest_unseen_first():
    make_pod(name="hangs", probe_misses=2, probed_at=NOON - timedelta(seconds=40))
    make_pod(name="seen", probed_at=NOON)
    make_pod(name="unseen", probed_at=NOON - timedelta(seconds=20))
    make_pod(name="new", probed_at=None)

    order = sorted(probing.to_probe(("runpod",)), key=probing.asking_order)

    assert [pod.name for pod in order] == ["new", "unseen", "seen", "hangs"]


def test_a_sweep_that_runs_out_of_time_says_how_many_pods_it_left():
    make_pod()
    clock = Clock()
    ticks = iter([NOON, NOON + timedelta(seconds=31)])

    with pytest.raises(probing.JobFailed, match="1 pods not asked in time; 1 pods"):
        probing.sweep(provider_names=("runpod",), clock=lambda: next(ticks, clock.now))
