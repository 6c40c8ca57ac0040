"""Which line of the ledger is in which bar of the profit, row by row.

A branch gives (day, deployment_id, fleet_id, part, source, line_id, pod_id, hour_start,
usd, seconds, provenance), a row per line. What pods cost is split by use per pod and
hour, as the close does it: all lines of the hour together, by the largest remainder.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from economics.calc.pod_use import USES
from economics.selectors.hour_split import PARTS_AND_LOSSES, STEPS_LEFT, millionths_of
from economics.selectors.pod_use import PATIENCE
from economics.selectors.profit.scope import Wanted

NO_DAY = date(1, 1, 1)

REVENUE = """
SELECT line.day, line.deployment_id, NULL::bigint AS fleet_id, 'revenue' AS part,
  'revenue' AS source, line.id AS line_id, NULL::bigint AS pod_id,
  NULL::timestamptz AS hour_start, line.amount_usd AS usd, NULL::bigint AS seconds,
  line.provenance
FROM economics_revenueline line
WHERE line.day BETWEEN %(lines_from)s AND %(end)s
  AND line.deployment_id = ANY(%(members)s)
"""
DISCOUNT = """
SELECT line.day, line.deployment_id, NULL::bigint, 'discount', 'revenue', line.id,
  NULL::bigint, NULL::timestamptz, line.discount_usd, NULL::bigint, line.provenance
FROM economics_revenueline line
WHERE line.discount_usd <> 0 AND line.day BETWEEN %(lines_from)s AND %(end)s
  AND line.deployment_id = ANY(%(members)s)
"""
# Each day's hours of pods, whole. An hour without seconds by use is in one part as a whole,
# and so is every hour of a day that was closed before there was a split.
_HOURS = """
  SELECT line.day, pod.deployment_id, line.pod_id, line.hour_start,
    (ABS(SUM(line.amount_usd)) * 1000000)::bigint AS whole,
    SIGN(SUM(line.amount_usd))::int AS sign,
    STRING_AGG(DISTINCT line.provenance, ',') AS provenance,
    line.day > %(newest_closed)s AS is_open,
    line.day <= %(newest_closed)s AND NOT EXISTS (SELECT FROM economics_dayuse kept
      WHERE kept.day = line.day AND kept.deployment_id = pod.deployment_id) AS is_unsplit
  FROM economics_costline line JOIN fleet_pod pod ON pod.id = line.pod_id
  WHERE line.day BETWEEN %(lines_from)s AND %(end)s
    AND pod.deployment_id = ANY(%(members)s)
  GROUP BY line.day, pod.deployment_id, line.pod_id, line.hour_start
"""
_WHOLE_PART = """CASE WHEN is_unsplit THEN 'unsplit'
    WHEN is_open AND hour_start >= %(waits_since)s THEN 'pending' ELSE 'unknown' END"""
# Hours before the first of the lines are kept out of the join, or it reads those of all
# time; found without OFFSET 0, the first is looked for through all hours, oldest first.
_POD_USE = f"""
SELECT day, deployment_id, NULL::bigint, CASE WHEN part0 IS NULL THEN {_WHOLE_PART}
    ELSE '@use' END, 'pod_hour', pod_id, pod_id, hour_start,
  sign * CASE WHEN part0 IS NULL THEN whole ELSE @millionths END / 1000000.0,
  CASE WHEN part0 IS NOT NULL THEN @seconds::bigint END, provenance
FROM (SELECT *, {STEPS_LEFT} FROM (
  SELECT hour.*, used.@seconds, {PARTS_AND_LOSSES}
  FROM ({_HOURS}) hour LEFT JOIN economics_podhouruse used
    ON used.pod_id = hour.pod_id AND used.hour_start = hour.hour_start
    AND NOT hour.is_unsplit
    AND used.hour_start >= (SELECT MIN(hour_start) FROM (
      SELECT hour_start FROM economics_costline
      WHERE day BETWEEN %(lines_from)s AND %(end)s OFFSET 0) AS own)
  OFFSET 0
) AS split OFFSET 0) AS parted
WHERE part0 IS NULL OR @seconds > 0
"""


def pod_hours(part: str) -> str:
    """The branch with the hours of pods by one use; whole hours are in it always. A part
    that is no use (pending, unsplit) is made of whole hours alone."""
    use = part if part in USES else USES[0]
    return (
        _POD_USE.replace("@use", use)
        .replace("@seconds", f"{use}_seconds")
        .replace("@millionths", millionths_of(use))
    )


POD_LINES = """
SELECT line.day, pod.deployment_id, NULL::bigint, 'pods', 'cost', line.id, line.pod_id,
  line.hour_start, line.amount_usd, line.seconds::bigint, line.provenance
FROM economics_costline line JOIN fleet_pod pod ON pod.id = line.pod_id
WHERE line.day BETWEEN %(lines_from)s AND %(end)s
  AND pod.deployment_id = ANY(%(members)s)
"""
OTHERS = (
    """
SELECT line.day, line.deployment_id, NULL::bigint,
  CASE WHEN line.volume_id IS NULL THEN 'serverless' ELSE 'volumes' END, 'resource',
  line.id, NULL::bigint, line.hour_start, line.amount_usd, line.seconds::bigint,
  line.provenance
FROM economics_resourcecostline line
WHERE line.day BETWEEN %(begin)s AND %(end)s AND line.deployment_id = ANY(%(members)s)
""",
    """
SELECT line.day, expense.deployment_id, expense.fleet_id, 'expenses', 'expense', line.id,
  NULL::bigint, NULL::timestamptz, line.amount_usd, NULL::bigint,
  CASE WHEN expense.simulated THEN 'simulated' ELSE 'billed' END
FROM economics_expenseline line JOIN economics_expense expense ON expense.id = expense_id
WHERE line.day BETWEEN %(begin)s AND %(end)s AND expense.simulated = %(simulated)s
  AND (%(whole)s OR expense.deployment_id = ANY(%(members)s)
    OR (expense.deployment_id IS NULL AND expense.fleet_id = %(fleet)s::bigint))
""",
    """
SELECT line.day, line.deployment_id, NULL::bigint, 'variance', 'variance', line.id,
  NULL::bigint, NULL::timestamptz, -line.amount_usd, NULL::bigint,
  CASE WHEN line.simulated THEN 'simulated' ELSE 'billed' END
FROM economics_varianceline line
WHERE line.day BETWEEN %(begin)s AND %(end)s AND line.simulated = %(simulated)s
  AND (%(whole)s OR line.deployment_id = ANY(%(members)s))
""",
)


def values_of(wanted: Wanted, *, now: datetime, lines_from: date) -> dict[str, Any]:
    """What the branches are asked with.

    lines_from  the first day whose revenue and pods are read
    """
    return {
        "members": list(wanted.members),
        "begin": wanted.begin,
        "end": wanted.end,
        "lines_from": lines_from,
        "newest_closed": wanted.newest_closed or NO_DAY,
        "waits_since": now - PATIENCE,
        "simulated": wanted.simulated,
        "whole": wanted.is_whole,
        "fleet": wanted.fleet_id,
    }
