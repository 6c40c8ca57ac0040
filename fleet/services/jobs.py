"""Job rows and leases: every run of a scheduled task can be opened by a person."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction

from fleet.models import JobLease, JobResult, JobRun
from fleet.services.job_pauses import paused_until

log = logging.getLogger(__name__)

KEY = re.compile(r"\b(sk-|rpa_|hf_)[A-Za-z0-9_-]{6,}")

# Long enough that runs rarely overlap, short enough that a killed worker stops nothing
# for long. Overlapping is harmless: rows are changed by conditional updates.
LEASE_SECONDS = 45
BY_HAND = "by_hand"  # a header of the message: a person asked for this run


class JobFailed(Exception):
    """A job's own word that it could not do its work; the message is for people."""


def run_job(
    name: str,
    work: Callable[[datetime], str],
    *,
    clock: Callable[[], datetime],
    token: str,
    request_id: str = "",
    lease_seconds: int = LEASE_SECONDS,
    by_hand: bool = False,
) -> JobRun | None:
    """Run `work(now)` once at a time and record the run; None if another one holds it,
    or while the job is paused and nobody asked for this run `by_hand`.

    `work` returns a summary sentence. JobFailed makes the run *failed*; any other
    exception makes it *errored* and is raised again, so that the worker's log has
    the traceback. A worker that dies leaves a *running* row, and the lease ends by
    itself after `lease_seconds`.
    """
    now = clock()
    if not by_hand and paused_until(name, now=now) is not None:
        return None
    if not take_lease(name, token=token, now=now, seconds=lease_seconds):
        return None
    run = JobRun.objects.create(name=name, started_at=now, request_id=request_id)
    try:
        run.summary, run.result = work(now)[:300], JobResult.OK
    except JobFailed as failure:
        run.summary, run.result = str(failure)[:300], JobResult.FAILED
        log.warning("job %s failed: %s", name, failure)
    except Exception as error:
        run.error, run.result = masked(repr(error))[:2000], JobResult.ERRORED
        raise
    finally:
        run.ended_at = clock()
        run.save(update_fields=["summary", "error", "result", "ended_at"])
        JobLease.objects.filter(name=name, token=token).update(until=run.ended_at)
    return run


def masked(text: str) -> str:
    """`text` without bearer keys: the database quotes a whole row where a rule broke."""
    return KEY.sub("***", text)


def take_lease(name: str, *, token: str, now: datetime, seconds: int) -> bool:
    """Whether this call now holds the lease of `name` for `seconds`."""
    until = now + timedelta(seconds=seconds)
    with transaction.atomic():
        _, created = JobLease.objects.get_or_create(
            name=name, defaults={"token": token, "until": until}
        )
        if created:
            return True
        free = JobLease.objects.filter(name=name, until__lte=now)
        return bool(free.update(token=token, until=until))
