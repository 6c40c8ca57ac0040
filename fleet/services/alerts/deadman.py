"""The dead-man ping: an address outside that expects to be opened every minute.

An alert about our own blindness can not come from us. So somebody else waits for a sign
of life, and calls when it stays out. The sign is given only while the work that keeps
money from leaking is really done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Max

from fleet.models import JobResult, JobRun, Pod
from fleet.outgoing import Reply
from fleet.selectors.listings import resource_listings, stale_listings
from fleet.selectors.providers import job_name, provider_names
from fleet.services.jobs import JobFailed

WATCHED = ("reconcile", "list_cloud", "probe")
STALE = timedelta(minutes=5)


def blind_jobs(*, now: datetime) -> list[str]:
    """Which of the jobs that watch what bills had no good run in the last five minutes;
    of volumes and endpoints, that their lists are older than that."""
    watched = [*WATCHED, *further_lists()]
    good = dict(
        JobRun.objects.order_by()
        .filter(name__in=watched, result=JobResult.OK, started_at__gt=now - STALE)
        .values_list("name")
        .annotate(Max("started_at"))
    )
    lists = resource_listings(settings.PROVIDER_NAME)
    return [name for name in watched if name not in good] + [
        f"the list of {each.words}" for each in stale_listings(lists, now=now, after=STALE)
    ]


def further_lists() -> list[str]:
    """The cloud lists of further providers at which a pod of ours may be billed."""
    further = provider_names()[1:]
    billed = Pod.objects.maybe_billed().filter(provider__in=further).order_by()
    names = billed.values_list("provider", flat=True).distinct()
    return [job_name("list_cloud", name) for name in sorted(names)]


def ping(url: str, *, ask: Callable[[str], Reply], now: datetime) -> str:
    """Give the sign; a summary. Raises JobFailed when it was not given or not taken."""
    blind = blind_jobs(now=now)
    if blind:
        raise JobFailed(
            f"not pinged: {', '.join(blind)} had no good run in the last 5 minutes, so "
            "whoever waits for the ping should call"
        )
    reply = ask(url)
    if not reply.ok:
        raise JobFailed(f"the ping was not taken: {reply.words}")
    return f"{reply.words} after {reply.seconds:.1f} s"
