"""A year of 100 pods as rows: what the console would have written, written by SQL.

Hour rows of usage with their revenue lines, hour lines of cost, what each hour was used
for, what was billed for it, and the counters that the engines were read at. The console
itself would take an hour for them; what is measured is never filled in by the way.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

DEPLOYMENTS, PODS_OF_EACH = 20, 5
PODS = DEPLOYMENTS * PODS_OF_EACH
SAMPLE_SECONDS = 10

HOURS = """
INSERT INTO economics_usagehour (pod_id, hour_start, uncached_prompt_tokens,
  cached_prompt_tokens, completion_tokens, requests, requests_stop, requests_length,
  requests_aborted, requests_failed, requests_other, requests_unknown,
  interpolated_tokens, late_tokens, cached_unknown, sealed_at, booked_at)
SELECT pod.id, hour, 900000 + pod.id, 400000, 100000 + extract(hour FROM hour)::int, 500,
  500, 0, 0, 0, 0, 0, 0, 0, false, hour + interval '75 minutes',
  hour + interval '76 minutes'
FROM generate_series(%(first)s::timestamptz, %(end)s::timestamptz - interval '1 hour',
  interval '1 hour') AS hour, fleet_pod AS pod
"""
REVENUE = """
INSERT INTO economics_revenueline (deployment_id, usage_hour_id, token_class, tokens,
  price_id, usd_per_token, amount_usd, provenance, day, booked_at, rule)
SELECT pod.deployment_id, hour.id, part.name, part.tokens, price.id, part.usd,
  round(part.tokens * part.usd, 6), 'measured',
  (hour.hour_start AT TIME ZONE 'UTC')::date, hour.sealed_at, ''
FROM economics_usagehour AS hour JOIN fleet_pod AS pod ON pod.id = hour.pod_id
JOIN fleet_deployment AS d ON d.id = pod.deployment_id
JOIN fleet_modelvariant AS v ON v.id = d.variant_id
JOIN economics_tokenprice AS price ON price.served_model_id = v.served_model_id,
LATERAL (VALUES
  ('uncached_prompt', hour.uncached_prompt_tokens, price.uncached_prompt_usd_per_token),
  ('cached_prompt', hour.cached_prompt_tokens, price.cached_prompt_usd_per_token),
  ('completion', hour.completion_tokens, price.completion_usd_per_token)
) AS part (name, tokens, usd)
WHERE hour.hour_start >= %(first)s AND hour.hour_start < %(end)s ORDER BY hour.hour_start
"""
COSTS = """
INSERT INTO economics_costline (pod_id, kind, hour_start, period_start, period_end, seconds,
  usd_per_hour, listed_usd_per_hour, amount_usd, provenance, day, booked_at)
SELECT pod.id, part.kind, hour, hour, hour + interval '1 hour', 3600, part.usd,
  part.listed, part.usd, 'accrued', (hour AT TIME ZONE 'UTC')::date,
  hour + interval '61 minutes'
FROM generate_series(%(first)s::timestamptz, %(end)s::timestamptz - interval '1 hour',
  interval '1 hour') AS hour, fleet_pod AS pod,
LATERAL (VALUES ('gpu', 0.74, 0.74), ('disk', 0.005479, NULL)) AS part (kind, usd, listed)
"""
# Every hour is mixed, so that each takes a split: the dearest case there is.
USES = """
INSERT INTO economics_podhouruse (pod_id, hour_start, seconds, start_up_seconds,
  serving_seconds, idle_seconds, down_seconds, unknown_seconds, booked_at)
SELECT pod.id, hour, 3600, 0, serving, 3590 - serving, 0, 10, hour + interval '80 minutes'
FROM generate_series(%(first)s::timestamptz, %(end)s::timestamptz - interval '1 hour',
  interval '1 hour') AS hour, fleet_pod AS pod,
LATERAL (SELECT 1000 + (pod.id * 37 + extract(hour FROM hour)::int * 91) %% 2500) AS used
  (serving)
"""
BILL = """
INSERT INTO economics_billingobservation (provider, provider_pod_id, pod_id, bucket_start,
  bucket_end, gpu_usd, disk_usd, total_usd, revision, is_final, is_inferred, observed_at)
SELECT pod.provider, pod.provider_id, pod.id, hour, hour + interval '1 hour', 0.74,
  0.005479, 0.745479, 1, true, false, hour + interval '2 hours'
FROM generate_series(%(first)s::timestamptz, %(end)s::timestamptz - interval '1 hour',
  interval '1 hour') AS hour, fleet_pod AS pod
"""
SAMPLES = """
INSERT INTO fleet_enginesample (pod_id, at, process_started_at, prompt_tokens,
  cached_prompt_tokens, completion_tokens, requests_finished, requests_stop,
  requests_length, requests_aborted, requests_failed, iteration_tokens, requests_running,
  requests_waiting, kv_cache_usage)
SELECT pod.id, at, %(first)s, n * 2500, n * 700, n * 300, n, n, 0, 0, 0, n * 2800, 8, 0,
  0.25
FROM generate_series(%(first)s::timestamptz, %(end)s::timestamptz - interval '1 second',
  interval '10 seconds') AS at, fleet_pod AS pod,
LATERAL (SELECT (extract(epoch FROM at - %(first)s) / 10)::bigint) AS s (n)
"""
CURSORS = """
INSERT INTO economics_usagecursor (pod_id, settled_until, process_started_at,
  prompt_tokens, cached_prompt_tokens, completion_tokens, requests_finished, resets)
SELECT DISTINCT ON (pod_id) pod_id, at, process_started_at, prompt_tokens,
  cached_prompt_tokens, completion_tokens, requests_finished, 0
FROM fleet_enginesample ORDER BY pod_id, at DESC
"""
LEDGER = (HOURS, REVENUE, COSTS, USES, BILL)


def run_all(statements: Sequence[str], where: dict[str, Any], *, vacuum: bool) -> None:
    """Run statements without foreign key checks: each row has what it points to."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute("SET session_replication_role = replica")
        for statement in statements:
            cursor.execute(statement, where)
        cursor.execute("SET session_replication_role = DEFAULT")
        if vacuum:
            cursor.execute("VACUUM ANALYZE")


def make_pods(first: datetime) -> None:
    """Twenty deployments of five pods that are rented since `first`."""
    from tests.factories import make_deployment, make_fleet, make_pod, make_price

    fleet = make_fleet(slug="benchmark")
    for _ in range(DEPLOYMENTS):
        deployment = make_deployment(
            fleet=fleet,
            created_at=first,
            replicas=PODS_OF_EACH,
            peak_tokens_per_second=Decimal(2_000),
        )
        make_price(served_model=deployment.variant.served_model, valid_from=first)
        for _ in range(PODS_OF_EACH):
            make_pod(
                deployment=deployment,
                requested_at=first,
                billed_from=first,
                ready_at=first,
                listed_usd_per_pod_hour=Decimal("0.74"),
            )


def write_hours(first: datetime, end: datetime, *, vacuum: bool = True) -> None:
    """The books of every hour of [first, end), as they stand when all of it is settled."""
    run_all(LEDGER, {"first": first, "end": end}, vacuum=vacuum)


def write_samples(count: int, end: datetime) -> int:
    """`count` samples of all pods up to `end`, each counted; how many were written."""
    from fleet.models import EngineSample

    first = end - timedelta(seconds=SAMPLE_SECONDS * (count // PODS))
    run_all((SAMPLES, CURSORS), {"first": first, "end": end}, vacuum=True)
    return EngineSample.objects.count()
