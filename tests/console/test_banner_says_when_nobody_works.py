from datetime import timedelta

from django.conf import settings
from django.test import Client
from django.utils import timezone

from fleet.models import CloudListing, JobResult
from tests.factories import make_audit, make_job_run, make_lists


def test_without_any_run_the_banner_says_that_nothing_is_watched(operator: Client):
    assert "No job has run yet." in operator.get("/jobs/").content.decode()


def test_a_silent_worker_is_named_with_the_time_of_the_last_run(operator: Client):
    last = timezone.now() - timedelta(minutes=3)
    make_job_run("reconcile", started_at=last)

    page = operator.get("/fleet/").content.decode()

    assert f"{last:%H:%M} UTC.</strong>" in page and "Numbers below stop at" in page


def test_the_first_minute_of_a_console_is_no_silence(operator: Client):
    make_job_run("read_balance", started_at=timezone.now() - timedelta(seconds=20))

    assert 'role="alert"' not in operator.get("/silence/").content.decode()


def test_after_its_first_minute_a_console_without_frequent_jobs_is_silent(operator: Client):
    make_job_run("read_balance", started_at=timezone.now() - timedelta(seconds=90))

    assert "Numbers below stop at" in operator.get("/silence/").content.decode()


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


def test_what_the_provider_does_not_list_is_named_with_its_age(operator: Client):
    now = timezone.now()
    make_job_run("reconcile", started_at=now)
    make_lists(settings.PROVIDER_NAME, read_at=now)
    old = now - timedelta(minutes=11)
    CloudListing.objects.filter(what="volumes").update(read_at=old)

    page = operator.get("/silence/").content.decode()

    assert f"network volumes since {old:%Y-%m-%d %H:%M} UTC.</strong>" in page
    assert "What of them is billed is not seen" in page
    assert "endpoints" not in page


def test_a_list_that_never_came_is_named_once_it_was_asked_for(operator: Client):
    now = timezone.now()
    make_job_run("reconcile", started_at=now)
    make_job_run("list_cloud", started_at=now)
    failed = {"result": JobResult.FAILED}
    make_job_run("tend_resources", started_at=now - timedelta(minutes=9), **failed)
    assert 'role="alert"' not in operator.get("/silence/").content.decode()
    make_job_run("tend_resources", started_at=now - timedelta(minutes=11), **failed)

    page = operator.get("/silence/").content.decode()

    assert "network volumes yet, serverless endpoints yet" in page


def test_only_where_real_money_waits_the_banner_says_so(operator: Client, settings):
    make_job_run("reconcile", started_at=timezone.now())
    make_lists(settings.PROVIDER_NAME, read_at=timezone.now() - timedelta(minutes=11))
    settings.KERNE_SANDBOX = True
    assert "No new spending" not in operator.get("/silence/").content.decode()
    settings.KERNE_SANDBOX = False
    assert "No new spending is started" in operator.get("/silence/").content.decode()
