"""Pods' billed seconds by use: judged once, when their hour is sealed; summed up with
the day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

from django.db import connection

from economics.calc.pod_use import USES, use_seconds
from economics.models import CostLine, PodHourUse
from economics.selectors.booked_day import BookedDay, SumsByDeployment
from economics.selectors.pod_use import (
    OF_DAYS,
    lines_of,
    offset,
    pods_to_judge,
    spans_of,
    unjudged_lines,
)
from fleet.models import Pod

LINES_AT_ONCE = 48  # hours of one pod whose samples are in memory together


def book_pod_use(now: datetime) -> int:
    """Judge the seconds of every booked hour that is sealed; how many hours.

    Running it twice adds none: an hour has one row, whoever writes it.
    """
    booked = 0
    for pod in pods_to_judge(now):
        after: datetime | None = getattr(pod, "judged_until", None)
        lines = list(unjudged_lines(pod, after=after, now=now))
        for start in range(0, len(lines), LINES_AT_ONCE):
            rows = hours_of(pod, lines[start : start + LINES_AT_ONCE], now=now)
            PodHourUse.objects.bulk_create(rows, ignore_conflicts=True)
            booked += len(rows)
    return booked


def hours_of(pod: Pod, lines: Sequence[CostLine], *, now: datetime) -> list[PodHourUse]:
    """The uses of some hours of one pod, by their accrued lines. Two queries."""
    spans = spans_of(pod, since=lines[0].period_start, until=lines[-1].period_end)
    ready = None if pod.ready_at is None else offset(pod, pod.ready_at)
    found = []
    for line in lines:
        first, last = offset(pod, line.period_start), offset(pod, line.period_end)
        used = use_seconds(first, last, ready_second=ready, spans=spans)
        named = {f"{use}_seconds": count for use, count in used.items()}
        found.append(
            PodHourUse(
                pod=pod,
                hour_start=line.hour_start,
                seconds=last - first,
                booked_at=now,
                **named,
            )
        )
    return found


_USED = [f"{use}_usd" for use in USES]
# What is booked of each deployment, with its pods' cost by use beside it. The rows go from
# the sums into their table without a way through Python, where they took as long as the
# split itself. All that is no pod's and no endpoint's is shared.
STORE = f"""
INSERT INTO economics_dayuse
  (day, deployment_id, {", ".join(_USED)}, serverless_usd, shared_usd, closed_at)
SELECT %(first)s, booked.id, {
    ", ".join(
        f"coalesce({use}{' + unjudged + pending' * (use == 'unknown_usd')}, 0)"
        for use in _USED
    )
}, booked.served,
  booked.cost - booked.served - coalesce({" + ".join(_USED)} + unjudged + pending, 0),
  %(now)s
FROM unnest(%(ids)s::bigint[], %(costs)s::numeric[], %(served)s::numeric[])
  AS booked (id, cost, served)
LEFT JOIN ({OF_DAYS}) AS uses (day, id, {", ".join(_USED)}, unjudged, pending) USING (id)
"""


def store_day_use(
    day: date, booked: BookedDay, sums: SumsByDeployment, now: datetime
) -> None:
    """Store the cost of a day by use beside its figures, in the close's transaction.

    sums  those of `booked`; an hour that was not judged by now stays unknown
    """
    served = booked.endpoint_costs()
    wanted = {
        **lines_of(day, day),
        "ids": list(sums),
        "costs": [part.cost_usd for part in sums.values()],
        "served": [served.get(pk, Decimal(0)) for pk in sums],
        "now": now,
    }
    with connection.cursor() as cursor:
        cursor.execute(STORE, wanted)
