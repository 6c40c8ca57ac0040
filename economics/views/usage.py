"""The usage page of the books: request logs beside the counters, or instead of them."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import Count, Max, Min, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.counters import RequestCounts
from economics.calc.hours import day_of
from economics.models import LogHour
from economics.selectors.log_differences import log_days
from economics.selectors.usage_hours import CLASSES, every_hour
from fleet.access import viewer_required
from fleet.models import Deployment
from fleet.views.files import file_of, instant

DAYS_SHOWN = 31
LOGGED_SHOWN = 50
SERVED_COLUMNS = (
    "hour_start_utc",
    *(f"{name}_tokens" for name in CLASSES),
    *(f"requests_{reason}" for reason in RequestCounts._fields),
    "pods",
    "is_open",
)


@require_GET
@viewer_required
def usage(request: HttpRequest) -> HttpResponse:
    """The last days by both sources, and what is paid by its log alone."""
    now = timezone.now()
    last = day_of(now)
    first = last - timedelta(days=DAYS_SHOWN - 1)
    days = log_days(first, last)
    apart = sum(row.is_apart for row in days)
    logged = (
        LogHour.objects.filter(earns=True)
        .order_by()
        .values("deployment", "deployment__slug", "deployment__fleet__simulated")
        .annotate(
            first=Min("hour_start"),
            last=Max("hour_start"),
            uncached=Sum("uncached_prompt_tokens"),
            cached=Sum("cached_prompt_tokens"),
            completion=Sum("completion_tokens"),
            reasoning=Sum("reasoning_tokens"),
            lines=Count("revenue_lines", distinct=True),
        )
        .order_by("deployment__slug")[:LOGGED_SHOWN]
    )
    context = {
        "tab": "usage",
        "now": now,
        "days": days,
        "apart": apart,
        "apart_words": "1 day differs" if apart == 1 else f"{apart} days differ",
        "days_shown": DAYS_SHOWN,
        "limit": settings.LOG_DIFFERENCE_SHARE,
        "logged": logged,
        "free_earn": settings.FREE_REQUESTS_EARN,
    }
    return render(request, "economics/usage.html", context)


@require_GET
@viewer_required
def served_csv(request: HttpRequest, pk: int) -> HttpResponse:
    """Every hour in which a deployment served, newest first; the page shows the newest."""
    deployment = get_object_or_404(Deployment, pk=pk)
    rows = (
        [
            instant(hour.hour_start),
            *(getattr(hour.counts, name) for name in CLASSES),
            *hour.requests,
            hour.pods,
            "yes" if hour.is_open else "no",
        ]
        for hour in every_hour(deployment)
    )
    return file_of(f"{deployment.slug}-hours", SERVED_COLUMNS, rows)
