"""How old the provider's complete lists are: what is in none of them bills unseen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fleet.models import CloudListing, JobResult, JobRun
from fleet.selectors.providers import job_name, main_provider

STALE_LIST = timedelta(minutes=10)
PODS = "pods"
JOBS: Mapping[str, str] = {  # which job asks for a list
    PODS: "list_cloud",
    CloudListing.What.VOLUMES: "tend_resources",
    CloudListing.What.ENDPOINTS: "tend_resources",
}
WORDS: Mapping[str, str] = {
    PODS: "pods",
    CloudListing.What.VOLUMES: "network volumes",
    CloudListing.What.ENDPOINTS: "serverless endpoints",
}


@dataclass(frozen=True, slots=True)
class Listing:
    """The newest complete list of one kind of thing; read_at is None without any."""

    what: str
    read_at: datetime | None

    @property
    def words(self) -> str:
        return WORDS[self.what]

    def is_stale(self, *, now: datetime, after: timedelta = STALE_LIST) -> bool:
        return self.read_at is None or now - self.read_at > after


def pods_listing(provider: str = "") -> Listing:
    """The newest complete list of pods at `provider`, or at the main one."""
    job = job_name(JOBS[PODS], provider or main_provider())
    last = JobRun.objects.filter(name=job, result=JobResult.OK).first()
    return Listing(PODS, last.started_at if last else None)


def resource_listings(provider: str) -> list[Listing]:
    """The newest complete lists of volumes and of endpoints."""
    read = dict(
        CloudListing.objects.filter(provider=provider).values_list("what", "read_at")
    )
    return [Listing(what, read.get(what)) for what in CloudListing.What.values]


def stale_listings(
    listings: Iterable[Listing], *, now: datetime, after: timedelta = STALE_LIST
) -> list[Listing]:
    """Those that are older than that, or that were asked for since and never came.

    A console that was started a moment ago has asked for none: that is no silence.
    """
    return [
        each
        for each in listings
        if each.is_stale(now=now, after=after)
        and (each.read_at is not None or asked_before(JOBS[each.what], now - after))
    ]


def asked_before(job: str, at: datetime) -> bool:
    """Whether a job has run before `at`."""
    return JobRun.objects.filter(name=job, started_at__lte=at).exists()
