"""What is past its time goes; what a later step stands on stays."""

from datetime import timedelta

import pytest

from fleet.models import EngineSample, JobRun, Pod, PodStatus
from fleet.services import housekeeping
from tests.clock import NOON
from tests.factories import (
    make_deployment,
    make_job_run,
    make_pod,
    make_requested_pod,
    make_sample,
)

pytestmark = pytest.mark.django_db

LONG_AGO = NOON - timedelta(days=31)


def test_refused_intents_go_and_the_newest_attempt_stays_so_that_no_name_comes_back():
    deployment = make_deployment()
    for attempt in (1, 2, 3):
        make_requested_pod(
            deployment=deployment,
            attempt=attempt,
            status=PodStatus.FAILED,
            status_since=LONG_AGO,
        )

    housekeeping.tidy(now=NOON)

    assert [pod.attempt for pod in Pod.objects.all()] == [3]


def test_a_pod_that_was_rented_is_kept_for_ever():
    make_pod(status=PodStatus.TERMINATED, status_since=NOON - timedelta(days=4000))
    make_pod(status=PodStatus.FAILED, status_since=LONG_AGO)

    housekeeping.tidy(now=NOON)

    assert Pod.objects.count() == 2


def test_old_samples_go_slice_by_slice():
    pod = make_pod()
    for n in range(7):
        make_sample(pod, at=NOON - timedelta(days=15, seconds=n))
    kept = make_sample(pod, at=NOON - timedelta(days=13))

    before = NOON - timedelta(days=14)
    assert housekeeping.delete_samples(before, per_slice=3) == 7
    assert list(EngineSample.objects.all()) == [kept]


def test_frequent_runs_go_after_two_days_and_the_others_after_sixty():
    make_job_run("probe", started_at=NOON - timedelta(days=3))
    make_job_run("close_days", started_at=NOON - timedelta(days=3))
    make_job_run("close_days", started_at=NOON - timedelta(days=61))

    housekeeping.tidy(now=NOON)

    assert [run.name for run in JobRun.objects.all()] == ["close_days"]
