"""How busy the pods were in each hour of the week (UTC), of the hours that were judged."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import connection

from economics.calc.hours import day_bounds
from economics.selectors.profit.scope import Wanted

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

# An hour of a pod that nobody looked at says nothing, and is left out. What another
# machine served is no share of the peak of this one, and its seconds are none either.
BY_HOUR = """
SELECT EXTRACT(ISODOW FROM used.hour_start AT TIME ZONE 'UTC')::int - 1,
  EXTRACT(HOUR FROM used.hour_start AT TIME ZONE 'UTC')::int,
  COUNT(*), SUM(used.seconds)::bigint, SUM(used.seconds - used.unknown_seconds)::bigint,
  SUM(used.serving_seconds)::bigint,
  SUM(hour.uncached_prompt_tokens + hour.cached_prompt_tokens + hour.completion_tokens),
  SUM((hour.uncached_prompt_tokens + hour.cached_prompt_tokens + hour.completion_tokens)
    / NULLIF(wanted.peak_tokens_per_second, 0)),
  SUM(used.seconds) FILTER (WHERE wanted.id IS NOT NULL)::bigint,
  BOOL_AND(COALESCE(wanted.peak_tokens_per_second, 0) > 0)
    FILTER (WHERE wanted.id IS NOT NULL)
FROM economics_podhouruse used
JOIN fleet_pod pod ON pod.id = used.pod_id
LEFT JOIN fleet_deployment wanted ON wanted.id = pod.deployment_id
  AND wanted.gpu_type_id = pod.gpu_type_id AND wanted.gpu_count = pod.gpu_count
LEFT JOIN economics_usagehour hour
  ON hour.pod_id = used.pod_id AND hour.hour_start = used.hour_start
WHERE used.seconds > used.unknown_seconds AND used.hour_start >= %(start)s
  AND used.hour_start < %(end)s AND pod.deployment_id = ANY(%(members)s)
GROUP BY 1, 2
"""


@dataclass(frozen=True)
class WeekHour:
    """One hour of the week over all its occurrences in the window.

    pod_hours     how many hours of pods were judged; 0: nothing is known
    utilization   [1] tokens served / tokens possible at peak in the billed seconds of the
                  machine that is wanted now; None: a peak is unknown, or it never ran
    busy          [1] seconds with work / seconds that were seen
    """

    weekday: int
    hour: int
    pod_hours: int = 0
    billed_seconds: int = 0
    seen_seconds: int = 0
    serving_seconds: int = 0
    tokens: int = 0
    utilization: Decimal | None = None
    busy: Decimal | None = None


def hours_of_week(wanted: Wanted) -> list[WeekHour]:
    """All 168, Monday 00:00 first; one without a judged hour has no figure. One query."""
    found = {
        (weekday, hour): WeekHour(weekday, hour)
        for weekday in range(7)
        for hour in range(24)
    }
    values: dict[str, Any] = {
        "start": day_bounds(wanted.begin).start,
        "end": day_bounds(wanted.end).end,
        "members": list(wanted.members),
    }
    with connection.cursor() as cursor:
        cursor.execute(BY_HOUR, values)
        for (
            weekday,
            hour,
            count,
            billed,
            seen,
            serving,
            tokens,
            peak,
            on_it,
            known,
        ) in cursor:
            found[weekday, hour] = WeekHour(
                weekday=weekday,
                hour=hour,
                pod_hours=count,
                billed_seconds=billed,
                seen_seconds=seen,
                serving_seconds=serving,
                tokens=int(tokens or 0),
                utilization=Decimal(peak or 0) / on_it if known else None,
                busy=Decimal(serving) / seen,
            )
    return list(found.values())
