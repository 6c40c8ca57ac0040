from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tests.factories import make_job_run

JOBS = "/jobs/"


def test_each_scheduled_job_is_a_row_in_plain_words(operator: Client):
    page = operator.get(JOBS).content.decode()

    for name in ("reconcile", "probe", "settle_usage", "close_days"):
        assert f"<strong>{name}</strong>" in page
    assert "every 15 s" in page and "has not run yet" in page


def test_the_last_run_has_result_duration_and_both_times(operator: Client):
    now = timezone.now()
    started = now - timedelta(seconds=12)
    make_job_run(
        "reconcile",
        started_at=started,
        ended_at=started + timedelta(seconds=2),
        summary="2 pods looked at",
    )

    page = operator.get("/jobs/live/").content.decode()

    assert "2 pods looked at" in page and "12 s ago" in page and "2.0 s" in page
    assert f"{started:%Y-%m-%d %H:%M:%S}</time> UTC" in page


def test_a_job_that_broke_shows_what_broke_folded(operator: Client):
    make_job_run(
        "probe", started_at=timezone.now(), result="errored", error="ValueError('<x>')"
    )

    page = operator.get(JOBS).content.decode()

    assert "errored" in page and "ValueError(&#x27;&lt;x&gt;&#x27;)" in page


def test_a_job_that_missed_its_time_is_late(operator: Client):
    make_job_run("reconcile", started_at=timezone.now() - timedelta(minutes=10))

    assert '<span class="tag late">late</span>' in operator.get(JOBS).content.decode()


def test_run_now_rings_for_a_job_of_the_schedule(operator: Client):
    answer = operator.post("/jobs/fleet.tasks.reconcile/run/", follow=True)

    assert "was asked to run" in answer.content.decode()


def test_a_task_that_is_not_in_the_schedule_can_not_be_rung(operator: Client):
    assert operator.post("/jobs/os.system/run/").status_code == 404


def test_the_last_runs_are_told_in_words_and_only_what_was_not_well_by_itself(
    operator: Client,
):
    for n, result in enumerate(["ok", "ok", "failed"]):
        make_job_run(
            "reconcile", started_at=timezone.now() - timedelta(seconds=n), result=result
        )

    page = operator.get(JOBS).content.decode()

    assert "<title>3 runs: 2 ok, 1 failed</title>" in page
    assert page.count('<rect class="seg-') == 1


def test_a_full_page_stays_below_100_kb(operator: Client):
    now = timezone.now()
    for row in operator.get(JOBS).context["rows"]:
        for n in range(20):
            begun = now - timedelta(minutes=n)
            make_job_run(row.short_name, started_at=begun, summary="x" * 60)

    assert len(operator.get(JOBS).content) < 100_000
