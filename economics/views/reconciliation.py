"""The reconciliation page: our seconds, the provider's price and its bill, by day, pod
and hour; the same hours as a file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.hours import day_bounds, day_of
from economics.models import CostLine
from economics.selectors import kinds_of_money
from economics.selectors.reconciliation import (
    Asked,
    Compared,
    HourCompared,
    State,
    compared_days,
    compared_hours,
    compared_pods,
)
from economics.selectors.reconciliation_filter import MOST_DAYS, Filter
from economics.views.charts import money_asked
from fleet.access import viewer_required
from fleet.csv_files import without_tail, write_rows
from fleet.models import Deployment, JobResult, JobRun

MOST_HOURS = 800  # of one pod on the page: a month and a little
MOST_IN_CSV = 50_000  # newest first; a filter brings the older ones
STATUS_OF = {
    State.MATCHED: "healthy",
    State.CORRECTED: "stopped",
    State.PROVISIONAL: "unknown",
    State.UNBILLED: "degraded",
    State.UNEXPLAINED: "down",
}
COLUMNS = (
    *("hour_start_utc", "deployment", "pod", "state", "seconds", "usd_per_hour"),
    *("listed_usd_per_hour", "ours_usd", "at_listed_price_usd", "billed_usd"),
    *("difference_usd", "corrections_usd", "booked_usd", "bill_revision"),
    *("bill_observed_at_utc", "bill_leaves_it_out", "why"),
)


def filter_of(request: HttpRequest, now: datetime) -> tuple[Filter, list[bool]]:
    """What the address asks for, and the kinds of money there are."""
    kinds = kinds_of_money()
    simulated = money_asked(request, kinds)
    wanted = Filter.of(request.GET.dict(), simulated=simulated, today=day_of(now))
    return wanted, kinds


@require_GET
@viewer_required
def reconciliation(request: HttpRequest) -> HttpResponse:
    """Days; the pods of one day; the hours of one pod."""
    now = timezone.now()
    wanted, kinds = filter_of(request, now)
    context: dict[str, Any] = {
        "now": now,
        "filter": wanted,
        "money": "simulated" if wanted.simulated else "real",
        "has_both": len(kinds) > 1,
        "states": list(State),
        "most_days": MOST_DAYS,
        "level": level_of(wanted),
        "deployments": Deployment.objects.filter(
            fleet__simulated=wanted.simulated
        ).values_list("slug", flat=True),
        "bill_read": JobRun.objects.filter(
            name="read_billing", result=JobResult.OK
        ).first(),
        "seal_minutes": settings.HOUR_SEAL_SECONDS // 60,
    }
    if wanted.asked is not None:
        rows = rows_of(wanted, wanted.asked, now)
        context |= {"rows": rows, "total": total_of(rows)}
    return render(request, "economics/reconciliation.html", context)


def level_of(wanted: Filter) -> str:
    """What a row of the page is."""
    if wanted.pod:
        return "hour"
    return "pod" if wanted.is_one_day else "day"


def rows_of(wanted: Filter, asked: Asked, now: datetime) -> list[dict[str, Any]]:
    """The rows of the page, each with the icon of its state and its correction lines."""
    level = level_of(wanted)
    found: Sequence[Compared]
    lines: dict[Any, list[CostLine]] = {}
    if level == "hour":
        found = compared_hours(asked, now=now, most=MOST_HOURS)
        lines = corrections_of(asked)
    elif level == "pod":
        found = compared_pods(asked, now=now)
    else:
        found = compared_days(asked, now=now)
    return [
        {
            "compared": each,
            "icon": STATUS_OF[each.worst],
            "lines": lines.get(each.key, ()),
            "counts": [(STATUS_OF[s], f"{n} {s}") for s, n in each.states.items() if n],
        }
        for each in found
    ]


def corrections_of(asked: Asked) -> dict[Any, list[CostLine]]:
    """The correction lines of one pod that are not 0, by hour."""
    found: defaultdict[Any, list[CostLine]] = defaultdict(list)
    for line in (
        CostLine.objects.filter(
            pod=asked.pod_id or 0,
            observation__isnull=False,
            hour_start__gte=day_bounds(asked.first).start,
            hour_start__lt=day_bounds(asked.last).end,
        )
        .exclude(amount_usd=0)
        .select_related("observation")
        .order_by("pk")
    ):
        found[line.hour_start].append(line)
    return dict(found)


def total_of(rows: Iterable[dict[str, Any]]) -> Compared | None:
    """The sum of the rows shown; None without any."""
    found: list[Compared] = [row["compared"] for row in rows]
    if not found:
        return None
    listed = [each.listed_usd for each in found]
    return Compared(
        key=None,
        hours=sum(each.hours for each in found),
        seconds=sum(each.seconds for each in found),
        ours_usd=_sum(each.ours_usd for each in found),
        listed_usd=None if None in listed else _sum(filter(None, listed)),
        billed_usd=_known_sum(each.billed_usd for each in found),
        difference_usd=_known_sum(each.difference_usd for each in found),
        settled_usd=_sum(each.settled_usd for each in found),
        corrections_usd=_sum(each.corrections_usd for each in found),
        states={s: sum(each.states.get(s, 0) for each in found) for s in State},
    )


def _known_sum(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The sum of what is known; None where nothing is."""
    known = [amount for amount in amounts if amount is not None]
    return _sum(known) if known else None


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


@require_GET
@viewer_required
def reconciliation_csv(request: HttpRequest) -> HttpResponse:
    """The hours of what is filtered; 422 with the sentence where the filter is wrong."""
    now = timezone.now()
    wanted, _ = filter_of(request, now)
    if wanted.asked is None:
        return HttpResponse(wanted.fault, status=422, content_type="text/plain")
    name = f"reconciliation-{wanted.asked.first}-{wanted.asked.last}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
    hours = compared_hours(wanted.asked, now=now, most=MOST_IN_CSV)
    write_rows(COLUMNS, map(csv_cells, hours), response.write)
    return response


def csv_cells(hour: HourCompared) -> list[object]:
    """An hour as text; empty where a figure is not known."""
    figures = (
        *(hour.usd_per_hour, hour.listed_usd_per_hour, hour.ours_usd, hour.listed_usd),
        *(hour.billed_usd, hour.difference_usd, hour.corrections_usd, hour.booked_usd),
    )
    observed = hour.observed_at
    return [
        *(f"{hour.key:%Y-%m-%dT%H:%M:%SZ}", hour.deployment, hour.pod_name, hour.worst),
        hour.seconds,
        *("" if amount is None else without_tail(amount) for amount in figures),
        "" if hour.revision is None else hour.revision,
        "" if observed is None else f"{observed:%Y-%m-%dT%H:%M:%SZ}",
        "yes" if hour.is_inferred else "no",
        hour.why,
    ]
