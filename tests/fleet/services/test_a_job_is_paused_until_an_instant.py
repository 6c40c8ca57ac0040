"""A job that may wait rests until an instant; one on which money rests never does."""

from datetime import timedelta

import pytest
from celery import current_app
from celery.app.trace import trace_task
from django.utils import timezone

from fleet.models import AuditEntry, JobPause, JobRun
from fleet.selectors.job_trouble import silent_jobs
from fleet.selectors.jobs import jobs_overview
from fleet.services.job_pauses import (
    LONGEST,
    PAUSABLE,
    UNWEIGHED,
    WHY_NEVER,
    pause_job,
    paused_until,
    resume_job,
    why_never,
)
from fleet.services.jobs import run_job
from fleet.services.refused import Refused
from fleet.tasks import housekeeping
from tests.clock import NOON, Clock
from tests.factories import make_job_run

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def run(clock: Clock, *, name: str = "housekeeping", by_hand: bool = False):
    return run_job(name, lambda now: "tidied", clock=clock, token="a", by_hand=by_hand)


def pause(name: str = "housekeeping", *, hours: int = 4, at=NOON):
    return pause_job(name, until=at + hours * HOUR, acting_user="ada", now=at)


def overview(name: str, *, now):
    found = [job for job in jobs_overview(now=now) if job.task.endswith(f".{name}")]
    return found[0]


def test_a_paused_job_does_nothing_and_leaves_no_run():
    pause()

    assert run(Clock()) is None
    assert not JobRun.objects.exists()


def test_it_goes_on_by_itself_at_the_end_of_the_pause():
    pause(hours=4)
    clock = Clock()
    clock.forward(seconds=4 * 3600)  # the pause is [12:00, 16:00)

    assert run(clock) is not None


def test_a_run_that_a_person_asks_for_runs_while_it_is_paused():
    pause()

    assert run(Clock(), by_hand=True) is not None
    assert paused_until("housekeeping", now=NOON) == NOON + 4 * HOUR


def test_the_header_of_the_message_tells_that_a_person_asked():
    now = timezone.now()
    pause(at=now)
    message = {"id": "x", "delivery_info": {}}

    trace_task(housekeeping, "x", (), {}, request=message, app=current_app)
    assert not JobRun.objects.exists()
    trace_task(
        housekeeping, "y", (), {}, request=message | {"by_hand": True}, app=current_app
    )
    assert JobRun.objects.get().name == "housekeeping"


def test_a_pause_is_replaced_by_the_next_and_ends_when_it_is_resumed():
    pause(hours=4)

    assert pause(hours=1) == NOON + 4 * HOUR
    assert paused_until("housekeeping", now=NOON) == NOON + HOUR
    assert resume_job("housekeeping", acting_user="bob", now=NOON) == NOON + HOUR
    assert paused_until("housekeeping", now=NOON) is None
    assert resume_job("housekeeping", acting_user="bob", now=NOON) is None


def test_each_change_is_audited_once():
    pause()
    resume_job("housekeeping", acting_user="bob", now=NOON)
    resume_job("housekeeping", acting_user="bob", now=NOON)

    rows = AuditEntry.objects.order_by("pk").values_list("verb", "target", "acting_user")
    assert list(rows) == [
        ("pause job", "housekeeping", "ada"),
        ("resume job", "housekeeping", "bob"),
    ]


@pytest.mark.parametrize("until", [NOON, NOON - HOUR, NOON + LONGEST + HOUR])
def test_an_end_that_is_past_or_beyond_a_week_is_refused(until):
    with pytest.raises(Refused, match="within the next 7 days"):
        pause_job("housekeeping", until=until, acting_user="ada", now=NOON)

    assert not JobPause.objects.exists()


@pytest.mark.parametrize("name", sorted(WHY_NEVER))
def test_what_money_or_safety_rests_on_is_never_paused(name: str):
    with pytest.raises(Refused, match="can not be paused"):
        pause(name)

    assert not JobPause.objects.exists()


def test_a_row_of_another_job_stops_nothing():
    JobPause.objects.create(
        name="reconcile", paused_at=NOON, until=NOON + HOUR, paused_by="nobody"
    )

    assert run(Clock(), name="reconcile") is not None


def test_every_job_of_the_schedule_was_weighed():
    names = {
        each["task"].rpartition(".")[2] for each in current_app.conf.beat_schedule.values()
    }

    assert names == PAUSABLE | set(WHY_NEVER)
    assert why_never("new_job") == UNWEIGHED


def test_what_was_due_during_a_pause_is_neither_late_nor_silent():
    make_job_run("watch_market", started_at=NOON - HOUR, ended_at=NOON - HOUR)
    pause("watch_market", hours=12)
    during, after = NOON + 11 * HOUR, NOON + 13 * HOUR

    assert [overview("watch_market", now=at).is_late for at in (during, after)] == [
        False
    ] * 2
    assert [silent_jobs(now=at) for at in (during, after)] == [[], []]


def test_it_is_late_again_two_periods_after_the_pause():
    make_job_run("watch_market", started_at=NOON - HOUR, ended_at=NOON - HOUR)
    pause("watch_market", hours=12)
    late = NOON + 15 * HOUR

    assert overview("watch_market", now=late).is_late
    (silent,) = silent_jobs(now=late)
    assert silent.since == NOON + 14 * HOUR + timedelta(seconds=20)


def test_a_paused_job_is_due_after_its_pause():
    make_job_run("tidy_requests", started_at=NOON, ended_at=NOON)
    pause("tidy_requests", hours=4)

    due = overview("tidy_requests", now=NOON).next_due

    assert due is not None and due >= NOON + 4 * HOUR
