"""Unmetered usage: what a server served after its last reading, estimated, kept apart."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Min, Q

from economics.calc.counters import split_tokens_by_time
from economics.calc.hours import HOUR, hour_start, split_into_hours
from economics.calc.unmetered import (
    RATE_SPAN,
    Estimate,
    Pace,
    estimated_tokens,
    pace_before,
    window_seconds,
)
from economics.models import UsageCursor, UsageEstimate
from economics.selectors.readings import reading
from economics.services.books import locked
from fleet.models import EngineSample, Health, HealthChange, Pod, PodStatus

CLASSES = ("uncached_prompt", "cached_prompt", "completion")
ENDS_PER_RUN = 500


def estimate_ends(now: datetime) -> int:
    """Estimate what pods served between their last reading and their end; how many pods.

    A pod is judged once, when its last hour may be sealed; a sample that arrives later
    makes it due again. Running it twice adds nothing.
    """
    gone_before = now - timedelta(seconds=settings.HOUR_SEAL_SECONDS)
    due = UsageCursor.objects.filter(
        pod__status=PodStatus.TERMINATED,
        pod__billed_until__lte=gone_before,
        end_judged_at__isnull=True,
    )
    judged = 0
    for pod_id in list(due.order_by("pod").values_list("pod", flat=True)[:ENDS_PER_RUN]):
        with locked():
            claim = due.filter(pod=pod_id).select_related("pod__deployment").first()
            if claim is None:
                continue  # another run judged it
            until = served_until(claim.pod, after=claim.settled_until)
            estimate_window(
                claim.pod,
                UsageEstimate.Reason.END,
                start=claim.settled_until,
                end=until,
                now=now,
            )
            UsageCursor.objects.filter(pod=pod_id).update(end_judged_at=now)
            judged += 1
    return judged


def served_until(pod: Pod, *, after: datetime) -> datetime:
    """When a pod that ended can have served at the latest, as far as was seen.

    Its rent's end, the delete that was sent, or the first refused probe after its last
    reading, whichever is first.
    """
    dead = HealthChange.objects.filter(pod=pod, health=Health.DEAD, at__gt=after)
    ends = [
        pod.billed_until,
        pod.terminate_sent_at if (pod.terminate_sent_at or after) > after else None,
        dead.aggregate(first=Min("at"))["first"],
    ]
    return min((end for end in ends if end is not None), default=after)


def estimate_window(
    pod: Pod,
    reason: UsageEstimate.Reason,
    *,
    start: datetime,
    end: datetime,
    now: datetime,
) -> int:
    """Keep what the pod probably served in [start, end), a row per UTC hour; how many.

    `start` is the last reading of the server that is gone. None where that reading is
    not at hand any more, where the server was idle, or where the estimate is 0.
    """
    most = settings.ESTIMATE_MOST_SECONDS
    seconds = window_seconds(start, end, most=most)
    pace = pace_at(pod, start) if seconds else None
    if pace is None:
        return 0
    peak = pod.deployment.peak_tokens_per_second
    estimate = estimated_tokens(
        pace, seconds=seconds, peak_tokens_per_second=None if peak is None else int(peak)
    )
    if not estimate.counts.total:
        return 0
    rows = [
        UsageEstimate(
            pod=pod,
            reason=reason,
            basis=in_words(pace, seconds, estimate),
            earns=settings.ESTIMATES_EARN,
            made_at=now,
            **columns,
        )
        for columns in by_hour(estimate, start, start + timedelta(seconds=seconds))
    ]
    UsageEstimate.objects.bulk_create(rows)
    return len(rows)


def pace_at(pod: Pod, at: datetime) -> Pace | None:
    """How fast the pod served when it was read at `at`."""
    samples = EngineSample.objects.filter(pod=pod, at__lte=at, at__gte=at - RATE_SPAN)
    return pace_before([reading(sample) for sample in samples.order_by("at")])


def by_hour(
    estimate: Estimate, start: datetime, end: datetime
) -> list[dict[str, datetime | int | None]]:
    """The columns of an estimate cut at full hours; the parts add up to the whole."""
    pieces = split_into_hours(start, end)
    rows: list[dict[str, datetime | int | None]] = [
        {"hour_start": hour_start(piece.start), "from_at": piece.start, "to_at": piece.end}
        for piece in pieces
    ]
    counts: dict[str, int | None] = {
        f"{name}_tokens": getattr(estimate.counts, name) for name in CLASSES
    }
    for name, count in (counts | {"at_most_tokens": estimate.at_most}).items():
        parts = {} if count is None else dict(shares(count, start, end))
        for row in rows:
            hour = row["hour_start"]
            assert isinstance(hour, datetime)
            row[name] = None if count is None else parts.get(hour, 0)
    return rows


def shares(count: int, start: datetime, end: datetime) -> Iterable[tuple[datetime, int]]:
    return (
        (part.hour_start, part.tokens) for part in split_tokens_by_time(count, start, end)
    )


def in_words(pace: Pace, seconds: int, estimate: Estimate) -> str:
    """The formula with its numbers put in."""
    bound = "" if estimate.at_most is None else f", at most {estimate.at_most:,}"
    return (
        f"{pace.counts.total:,} tokens in the {pace.seconds:,} s before × {seconds:,} s"
        f"{bound}: {estimate.counts.total:,}"
    )


def supersede(
    pod_id: int, start: datetime, end: datetime, *, now: datetime
) -> list[UsageEstimate]:
    """Take back the estimates of a pod that touch (start, end]; those rows.

    Call it when that time turns out to be metered. Revenue that they earned is taken
    back by lines of its own.
    """
    rows = list(
        UsageEstimate.objects.filter(
            Q(pod=pod_id, superseded_at__isnull=True, from_at__lt=end, to_at__gt=start)
        ).order_by("from_at")
    )
    UsageEstimate.objects.filter(pk__in=[row.pk for row in rows]).update(superseded_at=now)
    return rows


def estimates_due(now: datetime) -> Q:
    """Which estimates are old enough to become revenue: their hour is sealed."""
    sealed = now - HOUR - timedelta(seconds=settings.HOUR_SEAL_SECONDS)
    return Q(hour_start__lte=sealed, earns=True)
