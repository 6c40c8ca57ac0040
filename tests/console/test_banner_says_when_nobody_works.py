from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tests.factories import make_audit, make_job_run


def test_without_any_run_the_banner_says_that_nothing_is_watched(operator: Client):
    assert "No job has run yet." in operator.get("/jobs/").content.decode()


def test_a_silent_worker_is_named_with_the_time_of_the_last_run(operator: Client):
    last = timezone.now() - timedelta(minutes=3)
    make_job_run("reconcile", started_at=last)

    page = operator.get("/fleet/").content.decode()

    assert f"{last:%H:%M} UTC.</strong>" in page and "Numbers below stop at" in page


def test_while_jobs_run_there_is_no_banner(operator: Client):
    make_job_run("reconcile", started_at=timezone.now())

    assert 'role="alert"' not in operator.get("/silence/").content.decode()


def test_a_queue_without_a_worker_is_named_while_the_others_run(operator: Client):
    now = timezone.now()
    make_job_run("reconcile", started_at=now)
    make_job_run("probe", started_at=now - timedelta(minutes=5))

    page = operator.get("/silence/").content.decode()

    assert "No pod was probed since" in page and "Other jobs run" in page


def test_a_click_on_one_job_does_not_hide_that_beat_is_dead(operator: Client):
    now = timezone.now()
    for name in ("reconcile", "probe", "settle_usage"):
        make_job_run(name, started_at=now - timedelta(minutes=10))
    make_job_run("read_balance", started_at=now)

    assert "Numbers below stop at" in operator.get("/silence/").content.decode()


def test_a_hold_of_the_health_rules_is_told(operator: Client):
    now = timezone.now()
    make_job_run("reconcile", started_at=now)
    make_audit(
        at=now,
        verb="hold",
        target="health rules",
        acting_user="rule:mass_flip",
        figures={"reason": "4 of 5 pods fell within 5 minutes"},
    )

    page = operator.get("/silence/").content.decode()

    assert "No pod is restarted or ended by rule.</strong> 4 of 5 pods fell" in page
