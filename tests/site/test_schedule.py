from decimal import Decimal

import pytest
from celery.schedules import crontab

from kerne_site.celery import (
    HARD_LIMIT_SECONDS,
    QUEUES,
    SCHEDULE,
    VISIBILITY_SECONDS,
    app,
    beat_schedule,
    transport_options,
)

PLAN = beat_schedule(Decimal(1))


def test_every_scheduled_task_exists():
    app.loader.import_default_modules()

    assert [line.task for line in SCHEDULE if line.task not in app.tasks] == []


def test_the_periods_are_those_of_the_plan():
    periods = {name: entry["schedule"] for name, entry in PLAN.items()}

    assert periods == {
        "fleet.tasks.reconcile": 15,
        "fleet.tasks.provision_requested": 15,
        "fleet.tasks.list_cloud": 60,
        "fleet.tasks.watch_spot": 3,
        "fleet.tasks.tend_resources": 60,
        "fleet.tasks.refresh_catalog": 600,
        "fleet.tasks.read_balance": 300,
        "fleet.tasks.read_market": crontab(hour="5", minute="40"),
        "fleet.tasks.watch_alerts": 30,
        "fleet.tasks.send_alerts": 15,
        "fleet.tasks.ping_deadman": 60,
        "fleet.tasks.estimate_speeds": 60,
        "fleet.tasks.seal_audit": 60,
        "fleet.tasks.housekeeping": crontab(hour="3", minute="10"),
        "kerne_site.tasks.tidy_logins": 3600,
        "fleet.tasks.probe": 10,
        "fleet.tasks.read_boot_logs": 60,
        "fleet.tasks.renew_leases": 60,
        "economics.tasks.settle_usage": 60,
        "economics.tasks.check_guardrails": 60,
        "economics.tasks.tidy_requests": 3600,
        "economics.tasks.work_out_schedules": 15,
        "economics.tasks.accrue_costs": 300,
        "economics.tasks.keep_peaks": 300,
        "economics.tasks.read_billing": 3600,
        "economics.tasks.watch_market": 3600,
        "economics.tasks.judge_gates": crontab(hour="0", minute="40"),
        "economics.tasks.close_days": crontab(minute="20"),
    }


@pytest.mark.parametrize("entry", PLAN.values(), ids=PLAN)
def test_a_backlog_collapses_because_a_message_expires_with_its_period(entry):
    if isinstance(entry["schedule"], crontab):
        assert entry["options"]["expires"] > 0
    else:
        assert entry["options"]["expires"] == entry["schedule"]


def test_every_task_goes_to_a_queue_that_the_worker_reads():
    assert {entry["options"]["queue"] for entry in PLAN.values()} == set(QUEUES)
    for name, entry in PLAN.items():
        assert app.amqp.router.route({}, name)["queue"].name == entry["options"]["queue"]


def test_a_schedule_for_tests_is_faster_but_never_below_a_second():
    fast = beat_schedule(Decimal("0.01"))

    assert fast["economics.tasks.read_billing"]["schedule"] == 36
    assert fast["fleet.tasks.probe"]["schedule"] == 1
    assert fast["economics.tasks.close_days"]["schedule"] == crontab(minute="20")


def test_a_running_task_is_never_handed_out_a_second_time():
    assert HARD_LIMIT_SECONDS * 2 < VISIBILITY_SECONDS
    assert transport_options("redis://h/0")["visibility_timeout"] == VISIBILITY_SECONDS


def test_a_task_that_kills_its_worker_is_retried_a_bounded_number_of_times():
    assert app.conf.task_acks_late is True
    assert app.conf.task_retry_on_worker_lost is True
    assert app.conf.task_reject_on_worker_lost is False


def test_a_thread_rings_our_app_and_not_a_default_one():
    from threading import Thread

    from celery import current_app

    seen = []
    thread = Thread(target=lambda: seen.append(current_app.main))
    thread.start()
    thread.join()

    assert seen == ["kerne"]
