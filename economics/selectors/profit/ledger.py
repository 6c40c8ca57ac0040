"""Which line of the ledger is in which bar of the profit, row by row.

A branch gives (day, deployment_id, fleet_id, part, source, line_id, pod_id, hour_start,
usd, seconds, provenance), a row per line. What pods cost is split by use per pod and
hour, as the close does it: all lines of the hour together, by the largest remainder.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any

from economics.calc.pod_use import USES
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
# What a discount that we fund took off revenue lines; as taken_off() reckons it.
DISCOUNT = """
SELECT line.day, line.deployment_id, NULL::bigint, 'discount', 'revenue', line.id,
  NULL::bigint, NULL::timestamptz, ROUND(line.tokens * line.usd_per_token
    * price.discount_fraction / (1 - price.discount_fraction), 6), NULL::bigint,
  line.provenance
FROM economics_tokenprice price
JOIN economics_revenueline line ON line.price_id = price.id
LEFT JOIN economics_usagehour hour ON hour.id = line.usage_hour_id
LEFT JOIN economics_usageestimate estimate ON estimate.id = line.estimate_id
LEFT JOIN economics_loghour logged ON logged.id = line.log_hour_id
WHERE price.discount_funding = 'ours'
  AND line.day BETWEEN %(lines_from)s AND %(end)s AND line.deployment_id = ANY(%(members)s)
  AND COALESCE(hour.hour_start, estimate.hour_start, logged.hour_start)
    >= price.discount_from
  AND COALESCE(hour.hour_start, estimate.hour_start, logged.hour_start)
    < COALESCE(price.discount_until, 'infinity')
"""
# An hour of a pod in millionths of a dollar: what each use gets rounded down (f…), and
# what it lost by that (l…); `left` of the lost steps go to those that lost most.
_NUMBERED = list(enumerate(USES))
_FLOORS = ", ".join(
    f"steps * {use}_seconds / seconds AS f{n}, steps * {use}_seconds %% seconds AS l{n}"
    for n, use in _NUMBERED
)
_LEFT = "steps - " + " - ".join(f"f{n}" for n, _ in _NUMBERED)


def _ahead(n: int) -> str:
    """How many uses lost more than use n, or as much and stand before it."""
    return " + ".join(
        f"(l{m} {'>=' if m < n else '>'} l{n})::int" for m, _ in _NUMBERED if m != n
    )


def _value(n: int, use: str) -> str:
    steps = f"(f{n} + ({_ahead(n)} < {_LEFT})::int) * sign"
    return f"('{use}', {steps}, {use}_seconds, FALSE)"


_PARTS: dict[str, str] = {use.value: _value(n, use) for n, use in _NUMBERED}
_HOURS = """
  SELECT line.day, pod.deployment_id, line.pod_id, line.hour_start,
    SUM(line.amount_usd) AS usd,
    STRING_AGG(DISTINCT line.provenance, ',') AS provenance,
    line.day > %(newest_closed)s AS is_open,
    line.day <= %(newest_closed)s AND NOT EXISTS (SELECT FROM economics_dayuse kept
      WHERE kept.day = line.day AND kept.deployment_id = pod.deployment_id) AS is_unsplit
  FROM economics_costline line JOIN fleet_pod pod ON pod.id = line.pod_id
  WHERE line.day BETWEEN %(lines_from)s AND %(end)s
    AND pod.deployment_id = ANY(%(members)s)
  GROUP BY line.day, pod.deployment_id, line.pod_id, line.hour_start
"""
# An hour without seconds by use is whole in one part. OFFSET 0: each step is worked out
# once; written into each other, the millionths of an hour are counted fifty times. Hours
# before the first of the lines are kept out of the join, or it reads those of all time;
# found without OFFSET 0, the first is looked for through all hours, oldest first.
_POD_USES = f"""
SELECT hour.day, hour.deployment_id, NULL::bigint, split.part, 'pod_hour', hour.pod_id,
  hour.pod_id, hour.hour_start, split.steps / 1000000.0, split.seconds, hour.provenance
FROM (
  SELECT stepped.*, {_FLOORS} FROM (
    SELECT hour.*, ABS(hour.usd * 1000000)::bigint AS steps, SIGN(hour.usd)::int AS sign,
      CASE WHEN NOT hour.is_unsplit THEN NULLIF(used.seconds, 0)::bigint END AS seconds,
      {", ".join(f"used.{use}_seconds::bigint AS {use}_seconds" for use in USES)}
    FROM ({_HOURS}) hour LEFT JOIN economics_podhouruse used
      ON used.pod_id = hour.pod_id AND used.hour_start = hour.hour_start
      AND used.hour_start >= (SELECT MIN(hour_start) FROM (
        SELECT hour_start FROM economics_costline
        WHERE day BETWEEN %(lines_from)s AND %(end)s OFFSET 0) AS own)
    OFFSET 0
  ) stepped OFFSET 0
) hour
CROSS JOIN LATERAL (VALUES @parts (CASE WHEN is_unsplit THEN 'unsplit'
    WHEN is_open AND hour_start >= %(waits_since)s THEN 'pending' ELSE 'unknown' END,
  steps * sign, NULL::bigint, TRUE)) AS split (part, steps, seconds, is_whole)
WHERE CASE WHEN hour.seconds IS NULL THEN is_whole ELSE split.seconds > 0 END
"""


def pod_uses(parts: Iterable[str] = USES) -> str:
    """The branch with the hours of pods by these uses; whole hours are in it always. Asked
    for one bar, the others are not worked out."""
    values = "".join(f"{_PARTS[part]}, " for part in parts if part in _PARTS)
    return _POD_USES.replace("@parts ", values)


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
