"""GET /api/v1/usage: what was served, hour by hour, of each pod."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q
from django.http import HttpRequest
from django.utils import timezone

from economics.calc.counters import RequestCounts
from economics.calc.hours import day_bounds, day_of
from economics.calc.unknown import Unknown
from economics.models import LogHour, Provenance, UsageEstimate, UsageHour
from economics.selectors.hour_revenue import usage_provenance
from economics.selectors.usage_hours import requests_of
from fleet.models import Deployment
from kerne_site.api import Asked, Endpoint, Parameter, a_day, a_name, api_view
from kerne_site.api import schemas as s

MOST_DAYS = 7
COUNTERS, ESTIMATE, LOG = "counters", "estimate", "request log"
NOT_TOLD = Unknown("no request of the log tells its reasoning tokens")
NO_PEAK = Unknown("the peak throughput of the deployment was not known")
NOT_IN_COUNTERS = Unknown("vLLM's counters do not tell reasoning tokens; a log does")


@api_view()
def usage(request: HttpRequest) -> dict[str, Any]:
    """The usage hours of some days, of one deployment or of all."""
    first, last, slug = asked_for(Asked(request.GET), today=day_of(timezone.now()))
    window = Q(hour_start__gte=day_bounds(first).start, hour_start__lt=day_bounds(last).end)
    logged = LogHour.objects.filter(window)
    if slug is not None:
        window &= Q(pod__deployment__slug=slug)
        logged = logged.filter(deployment__slug=slug)
    owners = ("pod__deployment__variant__served_model", "pod__deployment__fleet")
    hours = UsageHour.objects.filter(window).select_related(*owners)
    estimates = UsageEstimate.objects.filter(window, superseded_at__isnull=True)
    return {
        "from_day": first,
        "to_day": last,
        "rows": [row_of(hour) for hour in hours.order_by("hour_start", "pod__name")],
        "estimates": [
            estimate_of(row)
            for row in estimates.select_related(*owners).order_by("from_at", "pk")
        ],
        "logged": [
            logged_of(row)
            for row in logged.select_related("deployment", "served_model", "book_import")
        ],
    }


def asked_for(asked: Asked, *, today: date) -> tuple[date, date, str | None]:
    """(from, to, deployment's slug or None for all); without a word today alone.

    Raises Problem for what is no day, too many days, and a deployment nobody knows.
    """
    last = asked.take("to", a_day, default=today)
    first = asked.take("from", a_day, default=last)
    slug = asked.take("deployment", a_name, default=None)
    asked.check()
    if first > last:
        asked.refuse("from", f"from is {first}, after to ({last}); write an earlier day.")
    elif (last - first).days >= MOST_DAYS:
        asked.refuse(
            "from",
            f"from {first} to {last} is {(last - first).days + 1:,} days; "
            f"ask for {MOST_DAYS} at most.",
        )
    if slug is not None and not Deployment.objects.filter(slug=slug).exists():
        asked.refuse("deployment", f"there is no deployment {slug!r}; see /api/v1/fleets.")
    asked.check()
    return first, last, slug


def row_of(hour: UsageHour) -> dict[str, Any]:
    return {
        **common_of(hour),
        "source": COUNTERS,
        "is_sealed": hour.sealed_at is not None,
        "reasoning_tokens": NOT_IN_COUNTERS,
        "interpolated_tokens": hour.interpolated_tokens,
        "late_tokens": hour.late_tokens,
        "requests": hour.requests,
        "requests_by_reason": requests_of(hour)._asdict(),
    }


def common_of(hour: UsageHour | UsageEstimate) -> dict[str, Any]:
    """Whose tokens they are, and how many of each class."""
    deployment = hour.pod.deployment
    return {
        "hour_start": hour.hour_start,
        "deployment": deployment.slug,
        "model": deployment.variant.served_model.slug,
        "pod": hour.pod.name,
        "provenance": usage_provenance(hour),
        "uncached_prompt_tokens": hour.uncached_prompt_tokens,
        "cached_prompt_tokens": hour.cached_prompt_tokens,
        "completion_tokens": hour.completion_tokens,
    }


def estimate_of(row: UsageEstimate) -> dict[str, Any]:
    return {
        **common_of(row),
        "source": ESTIMATE,
        "reason": row.reason,
        "from_at": row.from_at,
        "to_at": row.to_at,
        "at_most_tokens": NO_PEAK if row.at_most_tokens is None else row.at_most_tokens,
        "basis": row.basis,
        "counts_in_revenue": row.earns,
    }


def logged_of(row: LogHour) -> dict[str, Any]:
    return {
        "hour_start": row.hour_start,
        "deployment": None if row.deployment is None else row.deployment.slug,
        "model": row.served_model.slug,
        "source": LOG,
        "file": row.book_import.name,
        "uncached_prompt_tokens": row.uncached_prompt_tokens,
        "cached_prompt_tokens": row.cached_prompt_tokens,
        "completion_tokens": row.completion_tokens,
        "reasoning_tokens": NOT_TOLD
        if row.reasoning_tokens is None
        else row.reasoning_tokens,
        "unbilled_tokens": row.free_prompt_tokens + row.free_completion_tokens,
        "requests_by_reason": requests_of(row)._asdict(),
        "counts_in_revenue": row.earns,
    }


COMMON: dict[str, s.Schema] = {
    "hour_start": s.described(s.INSTANT, "The UTC hour that begins here."),
    "deployment": s.TEXT,
    "model": s.TEXT,
    "pod": s.TEXT,
    "provenance": s.described(
        s.words(*Provenance.values),
        "estimated: of an hour, the split of the prompt into cached and uncached is.",
    ),
    "uncached_prompt_tokens": s.WHOLE,
    "cached_prompt_tokens": s.WHOLE,
    "completion_tokens": s.described(s.WHOLE, "Reasoning tokens are inside."),
}
ROW = s.record(
    **COMMON,
    source=s.words(COUNTERS),
    is_sealed=s.described(s.FLAG, "Nothing is added to it any more."),
    reasoning_tokens=s.or_unknown(s.described(s.WHOLE, "Of the completion tokens.")),
    interpolated_tokens=s.described(s.WHOLE, "Of all: split over two hours by time."),
    late_tokens=s.described(s.WHOLE, "Of all: they belong to an earlier, sealed hour."),
    requests=s.described(s.WHOLE, "Finished ones; the sum of the reasons."),
    requests_by_reason=s.record(**dict.fromkeys(RequestCounts._fields, s.WHOLE)),
)
ESTIMATED = s.record(
    **COMMON,
    source=s.words(ESTIMATE),
    reason=s.words(*UsageEstimate.Reason.values),
    from_at=s.INSTANT,
    to_at=s.INSTANT,
    at_most_tokens=s.or_unknown(s.described(s.WHOLE, "Peak throughput x seconds.")),
    basis=s.described(s.TEXT, "The formula with its numbers put in."),
    counts_in_revenue=s.FLAG,
)
LOGGED = s.record(
    hour_start=s.described(s.INSTANT, "The UTC hour in which the requests ended."),
    deployment=s.or_null(s.described(s.TEXT, "Null where the log does not tell.")),
    model=s.TEXT,
    source=s.words(LOG),
    file=s.TEXT,
    uncached_prompt_tokens=s.WHOLE,
    cached_prompt_tokens=s.WHOLE,
    completion_tokens=s.described(s.WHOLE, "Reasoning tokens are inside."),
    reasoning_tokens=s.or_unknown(s.described(s.WHOLE, "Of the completion tokens.")),
    unbilled_tokens=s.described(s.WHOLE, "Failed or without a completion; in no class."),
    requests_by_reason=s.record(**dict.fromkeys(RequestCounts._fields, s.WHOLE)),
    counts_in_revenue=s.described(s.FLAG, "Its deployment has no counters."),
)
USAGE = Endpoint(
    path="usage",
    view=usage,
    line="Tokens and requests of each pod, hour by hour, by class and finish reason.",
    parameters=(
        Parameter("from", "First UTC day; the last one without it.", s.DAY),
        Parameter("to", f"Last UTC day, at most {MOST_DAYS} in all; today.", s.DAY),
        Parameter("deployment", "The slug of one; all without it.", s.TEXT),
    ),
    answer=s.record(
        from_day=s.DAY,
        to_day=s.DAY,
        rows=s.many(ROW),
        estimates=s.described(
            s.many(ESTIMATED), "What no counter tells; in none of the rows."
        ),
        logged=s.described(
            s.many(LOGGED), "The same tokens a second time, by imported request logs."
        ),
    ),
)
