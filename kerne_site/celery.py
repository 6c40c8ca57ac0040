"""The Celery app: its settings, its queues and, in one list, everything that recurs.

Redis is the default broker (embedded, or REDIS_URL); CELERY_BROKER_URL may name RabbitMQ.
The row is the queue, Celery the doorbell: every message may be lost, doubled or late.
"""

import os
import signal
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from celery import Celery, Task, signals
from celery.schedules import crontab
from django.conf import settings
from kombu import Exchange, Queue

from kerne_site import logs
from kerne_site.launch import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kerne_site.settings")

CONTROL, PROBE, BOOKS = "control", "probe", "books"
QUEUES = (CONTROL, PROBE, BOOKS)
HARD_LIMIT_SECONDS = 120
SOFT_LIMIT_SECONDS = 90
# More than twice the hard limit: a message comes back only when its worker is gone.
VISIBILITY_SECONDS = 300
HOUR = 3600
DAY = 24 * HOUR


@dataclass(frozen=True)
class Recurring:
    """One line of the schedule: a task, its queue, and every so many seconds or at a time.

    at_start: also once when beat starts, for what a page would otherwise wait for.
    """

    task: str
    queue: str
    every_seconds: int = 0
    at: crontab | None = None
    expires_seconds: int = 0
    at_start: bool = False


SCHEDULE = (
    # -- control: what we rent, and what it costs while nobody looks --
    # Wanted against rented, both ways; also ends what must end.
    Recurring("fleet.tasks.reconcile", CONTROL, settings.RECONCILE_INTERVAL_SECONDS),
    # Pods in REQUESTED whose doorbell was lost.
    Recurring("fleet.tasks.provision_requested", CONTROL, 15),
    # The provider's whole list: orphans (theirs, not ours) and ghosts (ours, not theirs).
    Recurring(
        "fleet.tasks.list_cloud",
        CONTROL,
        settings.CLOUD_LIST_INTERVAL_SECONDS,
        at_start=True,
    ),
    # While a spot pod is rented: notices of interruption, which are seconds long.
    Recurring("fleet.tasks.watch_spot", CONTROL, settings.SPOT_WATCH_SECONDS),
    # Network volumes and serverless endpoints: wanted against rented, both ways.
    Recurring(
        "fleet.tasks.tend_resources",
        CONTROL,
        settings.CLOUD_LIST_INTERVAL_SECONDS,
        at_start=True,
    ),
    # Offers with stock and price; the order page quotes them with their age.
    Recurring("fleet.tasks.refresh_catalog", CONTROL, 600, at_start=True),
    # The account's balance, for the runway.
    Recurring("fleet.tasks.read_balance", CONTROL, 300, at_start=True),
    # What other providers charge, for the comparison only; nothing is ordered by it.
    Recurring(
        "fleet.tasks.read_market",
        CONTROL,
        at=crontab(hour="5", minute="40"),
        expires_seconds=6 * HOUR,
        at_start=True,
    ),
    # What a person must know of: rules over the rows, then the messages about them.
    Recurring("fleet.tasks.watch_alerts", CONTROL, 30),
    Recurring("fleet.tasks.send_alerts", CONTROL, 15),
    # A sign of life to somebody outside; our own silence can not be told by us.
    Recurring("fleet.tasks.ping_deadman", CONTROL, 60),
    # Speeds that plan pages asked for, when the doorbell was lost.
    Recurring("fleet.tasks.estimate_speeds", BOOKS, 60),
    # The hash chain over the audit rows of the last minute.
    Recurring("fleet.tasks.seal_audit", BOOKS, 60),
    # Old samples and finished jobs go, at an hour when nothing is closed.
    Recurring(
        "fleet.tasks.housekeeping",
        CONTROL,
        at=crontab(hour="3", minute="10"),
        expires_seconds=6 * HOUR,
    ),
    # Ended sessions, lockouts and login links.
    Recurring("kerne_site.tasks.tidy_logins", CONTROL, HOUR),
    # -- probe: one task asks every engine how it is --
    Recurring("fleet.tasks.probe", PROBE, settings.PROBE_INTERVAL_SECONDS),
    # The dead-man switch of each pod hears that we are still there.
    Recurring("fleet.tasks.renew_leases", PROBE, 60),
    # When starting pods loaded their weights, by their logs.
    Recurring("fleet.tasks.read_boot_logs", PROBE, 60),
    # -- books: tokens, costs, revenue, days --
    # Samples become token counts per pod and hour.
    Recurring("economics.tasks.settle_usage", BOOKS, 60),
    # Every limit against what is seen; what is over its limit is stopped, again and again.
    Recurring("economics.tasks.check_guardrails", BOOKS, 60, at_start=True),
    # Seconds rented become cost lines.
    Recurring("economics.tasks.accrue_costs", BOOKS, 300, at_start=True),
    # What each replica can serve, by the evidence of speeds and by its best hour.
    Recurring("economics.tasks.keep_peaks", BOOKS, 300, at_start=True),
    # What the provider says it billed, hour by hour.
    Recurring("economics.tasks.read_billing", BOOKS, HOUR, at_start=True),
    # What rivals charge for our models, and how they run.
    Recurring("economics.tasks.watch_market", BOOKS, HOUR, at_start=True),
    # Schedules that a page asked for, when the doorbell was lost or speeds were awaited.
    Recurring("economics.tasks.work_out_schedules", BOOKS, 15),
    # The ids of imported requests are kept for a while only; their hours stay.
    Recurring("economics.tasks.tidy_requests", BOOKS, HOUR),
    # The gates, on the day that was closed twenty minutes before.
    Recurring(
        "economics.tasks.judge_gates",
        BOOKS,
        at=crontab(hour="0", minute="40"),
        expires_seconds=6 * HOUR,
    ),
    # At 00:20 UTC yesterday's last hour is sealed and the day closes; the other runs of
    # the hour catch up on days that were missed while nothing ran.
    Recurring(
        "economics.tasks.close_days", BOOKS, at=crontab(minute="20"), expires_seconds=HOUR
    ),
)


def beat_schedule(scale: Decimal) -> dict[str, dict[str, Any]]:
    """SCHEDULE in beat's form. A message expires when the next one is due, so that a
    backlog collapses into one run instead of replaying.

    scale shortens the periods (not the times of day), never below a second.
    """
    entries: dict[str, dict[str, Any]] = {}
    for line in SCHEDULE:
        period = max(float(line.every_seconds * scale), 1.0)
        entries[line.task] = {
            "task": line.task,
            "schedule": line.at or period,
            "options": {
                "queue": line.queue,
                "expires": line.expires_seconds if line.at else period,
            },
        }
    return entries


def transport_options(broker_url: str) -> dict[str, Any]:
    """What the broker's client needs so that a dead broker costs seconds, not a hang."""
    if broker_url.startswith("amqp"):
        return {
            "confirm_publish": True,
            "max_retries": 1,
            "read_timeout": 5,
            "write_timeout": 5,
        }
    return {
        "visibility_timeout": VISIBILITY_SECONDS,
        # Kombu's defaults look for lost messages every 100 s only.
        "unacked_restore_interval": 10,
        "unacked_restore_throttle": 1,
        "socket_timeout": 5,
        "socket_connect_timeout": 3,
        "socket_keepalive": True,
        "health_check_interval": 25,
        "global_keyprefix": "kerne:",
    }


app = Celery("kerne")
app.set_default()  # views run in threads, and a thread knows only the default app
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_transport_options=transport_options(settings.CELERY_BROKER_URL),
    broker_connection_timeout=3,
    broker_connection_retry_on_startup=True,
    broker_heartbeat=30,
    # A click whose doorbell fails has lost seconds only: its row is already saved.
    task_publish_retry=True,
    task_publish_retry_policy={
        "max_retries": 1,
        "interval_start": 0.1,
        "interval_max": 0.5,
    },
    task_serializer="json",
    accept_content=["json"],
    result_backend=None,  # outcomes live in our own tables
    task_ignore_result=True,
    task_queues=[Queue(name, Exchange(name), routing_key=name) for name in QUEUES],
    task_default_queue=CONTROL,
    task_routes={line.task: {"queue": line.queue} for line in SCHEDULE}
    | {"fleet.tasks.*": {"queue": CONTROL}, "economics.tasks.*": {"queue": BOOKS}},
    task_acks_late=True,
    # Bounded: a task that kills its worker runs again max_retries times. The older
    # reject_on_worker_lost redelivers it for ever.
    task_retry_on_worker_lost=True,
    task_reject_on_worker_lost=False,
    task_acks_on_failure=True,
    task_acks_on_timeout=True,
    task_time_limit=HARD_LIMIT_SECONDS,
    task_soft_time_limit=SOFT_LIMIT_SECONDS,
    task_remote_tracebacks=False,
    task_send_sent_event=False,
    worker_send_task_events=False,
    worker_pool="prefork",  # the only pool whose hard time limit is one
    worker_prefetch_multiplier=1,
    worker_max_tasks_per_child=500,
    # The estimator's tables take 500 MB in the process that answers speeds, and seconds
    # to load: a lower limit would load them again for every answer.
    worker_max_memory_per_child=900_000,  # kB
    worker_soft_shutdown_timeout=settings.WORKER_SHUTDOWN_SECONDS,
    worker_cancel_long_running_tasks_on_connection_loss=True,
    worker_eta_task_limit=100,
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    timezone="UTC",
    enable_utc=True,
    beat_schedule=beat_schedule(settings.SCHEDULE_SCALE),
    beat_max_loop_interval=5,
    beat_enable_remote_control=True,
    beat_remote_control_max_tick_age=30,
    beat_schedule_filename=str(settings.KERNE_VAR / "beat" / "schedule"),
)
app.autodiscover_tasks()


@signals.worker_process_init.connect
def end_with_worker(**_: Any) -> None:
    """A pool process must not go on alone when its worker is killed: the task's message
    comes back, and the task would run twice at once."""
    end_with_parent(signal.SIGKILL)


@signals.setup_logging.connect
def keep_our_logging(**_: Any) -> None:
    """Celery configures logging only when nobody listens here; Django already has."""


@signals.before_task_publish.connect
def send_request_id(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Put the id of the request that rings into the message."""
    request_id = logs.current_request_id()
    if headers is not None and request_id != logs.NO_REQUEST:
        headers["request_id"] = request_id


@signals.task_prerun.connect
def take_request_id(
    task_id: str = "", task: Task[Any, Any] | None = None, **_: Any
) -> None:
    """Log under the id of the request that rang, or, rung by beat, under the task's own."""
    carried: Mapping[str, Any] = vars(task.request) if task is not None else {}
    logs.set_request_id(carried.get("request_id") or f"task-{task_id[:8]}")


@signals.task_postrun.connect
def drop_request_id(**_: Any) -> None:
    """The next task in this process has an id of its own."""
    logs.clear_request_id()


@signals.worker_ready.connect
@signals.beat_init.connect
def say_ready(**_: Any) -> None:
    """Leave the file that whoever started us waits for."""
    if "KERNE_READY_FILE" in os.environ:
        Path(os.environ["KERNE_READY_FILE"]).touch()


@signals.beat_init.connect
def ring_at_start(**_: Any) -> None:
    """Run once now what a first page needs, instead of one period later."""
    for line in SCHEDULE:
        if line.at_start:
            expires = line.every_seconds or line.expires_seconds
            app.send_task(line.task, queue=line.queue, expires=expires)
