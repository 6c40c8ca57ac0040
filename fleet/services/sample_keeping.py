"""How long engine samples are kept: every one for two days, one a minute for two weeks.

The tokens are in usage hours long before; samples serve charts, measured speeds and
disputes. None that waits to be counted is deleted, however old it is: the counters of a
server that is gone are in no later one.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.db import connection
from django.utils.module_loading import import_string

SAMPLE_DAYS = 14
FULL_DAYS = 2
THINNED_EACH_NIGHT = timedelta(days=5)  # a console that was off for three nights catches up
THINNED_AT_ONCE = timedelta(hours=3)

Waiting = Callable[[], datetime | None]

# Of each minute of a pod the last sample stays, and of each server its first and last:
# what was served between two of them is in their counters. While requests waited every
# one stays: a measured speed is read of them, and it takes no gap of a minute.
THIN = """
DELETE FROM fleet_enginesample WHERE id IN (
  SELECT id FROM (
    SELECT id, requests_waiting > 0 AS has_queue,
      lead(date_trunc('minute', at)) OVER pod = date_trunc('minute', at) AS has_later,
      lag(process_started_at) OVER pod IS NOT DISTINCT FROM process_started_at AS is_same,
      lead(process_started_at) OVER pod IS NOT DISTINCT FROM process_started_at AS goes_on
    FROM fleet_enginesample WHERE at >= %s AND at < %s
    WINDOW pod AS (PARTITION BY pod_id ORDER BY at)
  ) AS sample WHERE has_later AND is_same AND goes_on AND NOT has_queue
)
"""


def waiting_since() -> datetime | None:
    """The oldest sample that is not counted yet; None: every one is, or nobody counts."""
    if not settings.SAMPLES_WAITING:
        return None
    ask: Waiting = import_string(settings.SAMPLES_WAITING)
    return ask()


def keepable(days: int, *, now: datetime) -> datetime:
    """Samples from before that instant are `days` old and counted."""
    old, waiting = now - timedelta(days=days), waiting_since()
    return old if waiting is None else min(old, waiting)


def thin_samples(*, now: datetime) -> int:
    """Leave one sample a minute of those that are two days old; how many went."""
    end = keepable(FULL_DAYS, now=now)
    start = end - THINNED_EACH_NIGHT
    gone = 0
    while start < end:
        with connection.cursor() as cursor:
            cursor.execute(THIN, [start, min(start + THINNED_AT_ONCE, end)])
            gone += cursor.rowcount
        start += THINNED_AT_ONCE
    return gone


def old_samples(*, now: datetime) -> datetime:
    """Samples from before that instant go altogether."""
    return keepable(SAMPLE_DAYS, now=now)
