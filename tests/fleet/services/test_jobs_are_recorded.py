"""Every run of a job is a row, one at a time."""

from datetime import datetime

import pytest

from fleet.models import JobResult, JobRun
from fleet.services.jobs import JobFailed, run_job
from tests.clock import NOON, Clock

pytestmark = pytest.mark.django_db


def run(work, *, clock=None, token="worker-a", lease_seconds=45):
    return run_job(
        "tidy", work, clock=clock or Clock(), token=token, lease_seconds=lease_seconds
    )


def test_a_run_keeps_its_summary_and_its_times():
    clock = Clock()

    def work(now: datetime) -> str:
        clock.forward(seconds=3)
        return f"began at {now:%H:%M}"

    run(work, clock=clock)

    row = JobRun.objects.get()
    assert (row.name, row.result, row.summary) == ("tidy", JobResult.OK, "began at 12:00")
    assert row.started_at == NOON
    assert row.seconds == 3


def test_a_job_that_says_it_failed_is_failed_and_does_not_raise():
    def work(now: datetime) -> str:
        raise JobFailed("the provider did not say the balance")

    run(work)

    row = JobRun.objects.get()
    assert row.result == JobResult.FAILED
    assert row.summary == "the provider did not say the balance"


def test_a_job_that_breaks_is_errored_and_raises():
    def work(now: datetime) -> str:
        raise ZeroDivisionError("by hand")

    with pytest.raises(ZeroDivisionError):
        run(work)

    row = JobRun.objects.get()
    assert row.result == JobResult.ERRORED
    assert "by hand" in row.error
    assert row.ended_at is not None


def test_a_second_run_while_the_first_is_at_work_does_nothing():
    def work(now: datetime) -> str:
        assert run(lambda _: "second", token="worker-b") is None
        return "first"

    run(work)

    assert [row.summary for row in JobRun.objects.all()] == ["first"]


def test_the_lease_is_free_again_as_soon_as_a_run_ends():
    run(lambda now: "first")
    run(lambda now: "second", token="worker-b")

    assert JobRun.objects.count() == 2


def test_the_lease_of_a_killed_worker_ends_by_itself():
    clock = Clock()

    def killed(now: datetime) -> str:
        clock.forward(seconds=46)
        taken_over = run(lambda _: "next", clock=clock, token="worker-b")
        assert taken_over is not None
        return "late"

    run(killed, clock=clock)

    assert {row.summary for row in JobRun.objects.all()} == {"next", "late"}
