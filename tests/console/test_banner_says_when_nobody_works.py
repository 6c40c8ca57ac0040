from datetime import timedelta

from django.test import Client
from django.utils import timezone

from tests.factories import make_job_run


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
