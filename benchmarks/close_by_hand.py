"""The close of a day as somebody who knows the tables would write it by hand: the floor
beside which the close of the console is measured.

It is a floor and no close: it knows one take rate, does not look whether a price was set,
leaves break-even and utilization empty, and asks nothing before it writes.
"""

from __future__ import annotations

from economics.calc.pod_use import USES
from economics.selectors.pod_use import OF_DAYS

# The sums of a day by one statement, each table read once by its best index.
SUMS = """
WITH cost AS (
  SELECT pod.deployment_id AS id, sum(line.amount_usd) AS usd,
    sum(line.seconds) FILTER (WHERE line.kind = 'gpu') AS seconds,
    array_agg(DISTINCT line.provenance) AS tags,
    count(*) FILTER (WHERE line.id IN (SELECT bill.corrects_id
      FROM economics_costline AS bill
      WHERE bill.corrects_id IS NOT NULL AND bill.day >= %(day)s)) AS confirmed
  FROM economics_costline AS line JOIN fleet_pod AS pod ON pod.id = line.pod_id
  WHERE line.day = %(day)s GROUP BY 1
), earned AS (
  SELECT deployment_id AS id, sum(amount_usd) AS usd, sum(tokens) AS tokens,
    array_agg(DISTINCT provenance) AS tags
  FROM economics_revenueline WHERE day = %(day)s GROUP BY 1
), served AS (
  SELECT pod.deployment_id AS id, sum(hour.uncached_prompt_tokens) AS uncached,
    sum(hour.cached_prompt_tokens) AS cached, sum(hour.completion_tokens) AS completion,
    sum(hour.uncached_prompt_tokens + hour.cached_prompt_tokens + hour.completion_tokens)
      FILTER (WHERE hour.booked_at IS NULL) AS unpriced
  FROM economics_usagehour AS hour JOIN fleet_pod AS pod ON pod.id = hour.pod_id
  WHERE hour.hour_start >= %(start)s AND hour.hour_start < %(end)s GROUP BY 1
)"""
JOINED = " SELECT * FROM cost FULL JOIN earned USING (id) FULL JOIN served USING (id)"

# The amounts of each use, in the order in which the console's own statement tells them.
_SPLIT = [f"{use}_usd" for use in USES]
_NAMED = ", ".join(["day", "id", *_SPLIT, "without_use_usd", "waits_usd"])
_USES = f", uses ({_NAMED}) AS ({OF_DAYS})"
SUMS_AND_USES = f"{SUMS}{_USES}{JOINED} FULL JOIN uses USING (id)"

# The same, and its three tables written, in one question.
STORED = f"""{SUMS}{_USES}, part AS (
  SELECT fleet.simulated, owner.fleet_id, owner.id,
    coalesce(sum(served.uncached), 0) AS uncached,
    coalesce(sum(served.cached), 0) AS cached,
    coalesce(sum(served.completion), 0) AS completion,
    coalesce(sum(served.unpriced), 0) AS unpriced,
    coalesce(sum(earned.usd), 0) AS revenue, coalesce(sum(cost.usd), 0) AS cost,
    round(coalesce(sum(earned.usd), 0) * (1 - %(take)s), 6) AS net
  FROM fleet_deployment AS owner JOIN fleet_fleet AS fleet ON fleet.id = owner.fleet_id
  LEFT JOIN cost ON cost.id = owner.id LEFT JOIN earned ON earned.id = owner.id
  LEFT JOIN served ON served.id = owner.id
  GROUP BY GROUPING SETS (
    (fleet.simulated, owner.fleet_id, owner.id),
    (fleet.simulated, owner.fleet_id),
    (fleet.simulated)
  )
), stored AS (
  INSERT INTO economics_dailyprofit (day, scope, fleet_id, deployment_id, simulated,
    uncached_prompt_tokens, cached_prompt_tokens, completion_tokens, unpriced_tokens,
    revenue_usd, cost_usd, profit_usd, take_rate, break_even_revenue_usd, provenance,
    closed_at)
  SELECT %(day)s, CASE WHEN part.id IS NOT NULL THEN 'deployment'
      WHEN fleet_id IS NOT NULL THEN 'fleet' ELSE 'all' END,
    fleet_id, part.id, simulated, uncached, cached, completion, unpriced, revenue, cost,
    net - cost, %(take)s, round(cost / (1 - %(take)s), 6), 'accrued', %(now)s
  FROM part
), split AS (
  INSERT INTO economics_dayuse (day, deployment_id, {", ".join(_SPLIT)}, serverless_usd,
    shared_usd, closed_at)
  SELECT %(day)s, id, {", ".join(_SPLIT)}, 0, cost.usd - {" - ".join(_SPLIT)}, %(now)s
  FROM uses JOIN cost USING (id)
)
INSERT INTO economics_dayclose (day, closed_at) VALUES (%(day)s, %(now)s)
"""
