"""Checks of the account, the jobs and the channels themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from fleet.models import AlertChannel
from fleet.selectors import job_trouble
from fleet.selectors.account import accounts
from fleet.services.alerts.definitions import Finding

CHANNEL_FAILURES = 3


def balance_unknown(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """No balance that is fresh enough to promise on, while something is billed."""
    return [
        Finding(
            known.provider,
            f"The balance at {known.provider} is not known",
            f"{known.reason}; {known.burn_usd_per_hour:.4f} USD/h is being spent, and "
            "nobody can say for how long.",
        )
        for known in accounts(now=now)
        if known.balance is None and known.burn_usd_per_hour
    ]


def silent_jobs(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Jobs that should have run by now: a worker of their queue, or beat, is silent."""
    return [
        Finding(
            job.name,
            f"Job {job.name} is silent",
            f"Last run {job.last_run_at:%Y-%m-%d %H:%M:%S} UTC, due every "
            f"{job.every_seconds} s: the worker of its queue, or beat, does not work.",
            since=job.since,
        )
        for job in job_trouble.silent_jobs(now=now)
    ]


def failing_jobs(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Jobs whose last `limit` runs all failed."""
    wanted = max(int(limit), 1)
    return [
        Finding(
            name,
            f"Job {name} failed {wanted} times in a row",
            f"The last at {runs[0].started_at:%Y-%m-%d %H:%M:%S} UTC: "
            f"{(runs[0].summary or runs[0].error)[:300]}",
            since=runs[-1].started_at,
        )
        for name, runs in job_trouble.failing_jobs(in_a_row=wanted, now=now)
    ]


def channels_failing(now: datetime, limit: Decimal) -> Sequence[Finding]:
    """Channels that did not take a message three times in a row."""
    return [
        Finding(
            f"channel-{channel.pk}",
            f"Alert channel {channel.name} does not deliver",
            f"{channel.failures} tries failed; the last reply: {channel.tried_reply}",
        )
        for channel in AlertChannel.objects.filter(
            enabled=True, failures__gte=CHANNEL_FAILURES
        )
    ]
