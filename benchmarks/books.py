"""What does closing a day cost after a year of 100 pods, and what do the pages of profit?

    python benchmarks/books.py [DAYS]      (365 without a word; 30 takes half a minute)

Makes a throw-away PostgreSQL with 100 pods of 20 deployments, an hour row for each pod and
hour, three revenue and two cost lines for each of those, and every day but the last closed.
Prints as ratios:

- the sums of a day, and a whole close, against the best single SQL statement that we know
  for the same sums (goal: at most 1.5 times);
- the 95th percentile and the queries of each page of profit (goals: 150 ms, 12 queries);
- what thinning leaves of the samples of one hour.

Not in CI: the numbers are the machine's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from statistics import median, quantiles
from time import perf_counter

from database import start_database

DEPLOYMENTS, PODS_OF_EACH = 20, 5
DAYS = int(sys.argv[1]) if len(sys.argv) > 1 else 365
ROUNDS = 30
GOAL_RATIO, GOAL_MS, GOAL_QUERIES = 1.5, 150, 12
PAGES = ("overview", "profit-json", "days", "usage", "profit-table", "profit")
PAGES += ("profit-figures", "profit-targets", "profit-lines", "profit-lines-rows")
CHARTS = ("days", "waterfall", "owners", "billed", "week")

HOURS = """
INSERT INTO economics_usagehour (pod_id, hour_start, uncached_prompt_tokens,
  cached_prompt_tokens, completion_tokens, requests, requests_stop, requests_length,
  requests_aborted, requests_failed, requests_other, requests_unknown,
  interpolated_tokens, late_tokens, cached_unknown, sealed_at, booked_at)
SELECT pod.id, hour, 900000 + pod.id, 400000, 100000 + extract(hour FROM hour)::int, 500,
  500, 0, 0, 0, 0, 0, 0, 0, false, hour + interval '75 minutes',
  hour + interval '76 minutes'
FROM fleet_pod AS pod, generate_series(%(first)s::timestamptz,
  %(end)s::timestamptz - interval '1 hour', interval '1 hour') AS hour
"""
REVENUE = """
INSERT INTO economics_revenueline (deployment_id, usage_hour_id, token_class, tokens,
  price_id, usd_per_token, rule, amount_usd, provenance, day, booked_at)
SELECT pod.deployment_id, hour.id, part.name, part.tokens, price.id, part.usd, '',
  round(part.tokens * part.usd, 6), 'measured',
  (hour.hour_start AT TIME ZONE 'UTC')::date, hour.sealed_at
FROM economics_usagehour AS hour JOIN fleet_pod AS pod ON pod.id = hour.pod_id
JOIN fleet_deployment AS d ON d.id = pod.deployment_id
JOIN fleet_modelvariant AS v ON v.id = d.variant_id
JOIN economics_tokenprice AS price ON price.served_model_id = v.served_model_id,
LATERAL (VALUES
  ('uncached_prompt', hour.uncached_prompt_tokens, price.uncached_prompt_usd_per_token),
  ('cached_prompt', hour.cached_prompt_tokens, price.cached_prompt_usd_per_token),
  ('completion', hour.completion_tokens, price.completion_usd_per_token)
) AS part (name, tokens, usd)
"""
COSTS = """
INSERT INTO economics_costline (pod_id, kind, hour_start, period_start, period_end, seconds,
  usd_per_hour, amount_usd, provenance, day, booked_at)
SELECT hour.pod_id, part.kind, hour.hour_start, hour.hour_start,
  hour.hour_start + interval '1 hour', 3600, part.usd, part.usd, 'accrued',
  (hour.hour_start AT TIME ZONE 'UTC')::date, hour.sealed_at
FROM economics_usagehour AS hour,
LATERAL (VALUES ('gpu', 0.74), ('disk', 0.01)) AS part (kind, usd)
"""
# The same sums as a close takes, by one statement, over the same indexes.
BEST = """
WITH cost AS (
  SELECT pod.deployment_id AS id, sum(line.amount_usd) AS usd,
    sum(line.seconds) FILTER (WHERE line.kind = 'gpu') AS seconds,
    array_agg(DISTINCT line.provenance) AS tags,
    count(*) FILTER (WHERE EXISTS (SELECT FROM economics_costline AS bill
      WHERE bill.corrects_id = line.id)) AS confirmed
  FROM economics_costline AS line JOIN fleet_pod AS pod ON pod.id = line.pod_id
  WHERE line.day = %(day)s GROUP BY 1
), other AS (
  SELECT coalesce(v.deployment_id, e.deployment_id) AS id, sum(line.amount_usd) AS usd,
    array_agg(DISTINCT line.provenance) AS tags
  FROM economics_resourcecostline AS line
  LEFT JOIN fleet_networkvolume AS v ON v.id = line.volume_id
  LEFT JOIN fleet_serverlessendpoint AS e ON e.id = line.endpoint_id
  WHERE line.day = %(day)s GROUP BY 1
), spent AS (
  SELECT expense.deployment_id AS id, sum(line.amount_usd) AS usd
  FROM economics_expenseline AS line
  JOIN economics_expense AS expense ON expense.id = line.expense_id
  WHERE line.day = %(day)s GROUP BY 1
), logged AS (
  SELECT deployment_id AS id, sum(uncached_prompt_tokens) AS uncached,
    sum(cached_prompt_tokens) AS cached, sum(completion_tokens) AS completion
  FROM economics_loghour
  WHERE earns AND hour_start >= %(start)s AND hour_start < %(end)s GROUP BY 1
), earned AS (
  SELECT deployment_id AS id, sum(amount_usd) AS usd, sum(tokens) AS tokens,
    array_agg(DISTINCT provenance) AS tags
  FROM economics_revenueline WHERE day = %(day)s GROUP BY 1
), served AS (
  SELECT pod.deployment_id AS id, sum(hour.uncached_prompt_tokens) AS uncached,
    sum(hour.cached_prompt_tokens) AS cached, sum(hour.completion_tokens) AS completion,
    sum(hour.uncached_prompt_tokens + hour.cached_prompt_tokens + hour.completion_tokens)
      FILTER (WHERE NOT EXISTS (SELECT FROM economics_revenueline AS line
        WHERE line.usage_hour_id = hour.id)) AS unpriced
  FROM economics_usagehour AS hour JOIN fleet_pod AS pod ON pod.id = hour.pod_id
  WHERE hour.hour_start >= %(start)s AND hour.hour_start < %(end)s GROUP BY 1
)
SELECT * FROM cost FULL JOIN earned USING (id) FULL JOIN served USING (id)
  FULL JOIN other USING (id) FULL JOIN spent USING (id) FULL JOIN logged USING (id)
"""


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    work()
    taken = []
    for _ in range(rounds):
        began = perf_counter()
        work()
        taken.append((perf_counter() - began) * 1_000)
    return taken


def show(what: str, value: str, goal: str, is_met: bool) -> None:
    print(f"{what:<46} {value:>28}   goal {goal:<14} {'met' if is_met else 'MISSED'}")


def main() -> None:
    stop = start_database()
    try:
        fill()
        compare_close()
        measure_pages()
        measure_samples()
    finally:
        stop()


def fill() -> None:
    """A year of rows, written by SQL: the console would take an hour to book them."""
    from django.db import connection

    from economics.models import CostLine, RevenueLine, UsageHour
    from tests.factories import make_deployment, make_fleet, make_pod, make_price

    first, end = span()
    fleet = make_fleet(slug="benchmark")
    for _ in range(DEPLOYMENTS):
        deployment = make_deployment(
            fleet=fleet, created_at=first, peak_tokens_per_second=Decimal(2_000)
        )
        make_price(served_model=deployment.variant.served_model, valid_from=first)
        for _ in range(PODS_OF_EACH):
            make_pod(deployment=deployment, requested_at=first, billed_from=first)
    began = perf_counter()
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in (HOURS, REVENUE, COSTS):
            cursor.execute(statement, {"first": first, "end": end})
        cursor.execute("VACUUM ANALYZE")
    counts = [table.objects.count() for table in (UsageHour, RevenueLine, CostLine)]
    took = perf_counter() - began
    print("{:,} usage hours, {:,} revenue lines, {:,} cost lines".format(*counts), end="")
    print(f" of {DAYS} days, written in {took:.0f} s")


def span() -> tuple[object, object]:
    """[first midnight, the midnight that has just passed)."""
    from django.utils import timezone

    end = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return end - timedelta(days=DAYS), end


def compare_close() -> None:
    """The sums of the last full day, and its whole close, against one statement."""
    from django.db import connection, transaction
    from django.utils import timezone

    from economics.models import DayClose
    from economics.selectors.day_sums import closed_day_sums
    from economics.services.close import close_day
    from economics.services.pod_use import book_pod_use

    first, end = span()
    day = (end - timedelta(days=1)).date()  # type: ignore[operator]
    where = {"day": day, "start": end - timedelta(days=1), "end": end}  # type: ignore[operator]

    def best() -> object:
        with connection.cursor() as cursor:
            cursor.execute(BEST, where)
            return cursor.fetchall()

    assert len(best()) == len(closed_day_sums(day)) == DEPLOYMENTS
    floor = median(milliseconds(best))
    sums = median(milliseconds(lambda: closed_day_sums(day)))
    ratio = sums / floor
    show(
        "sums of a day / one statement",
        f"{sums:.1f} / {floor:.1f} ms = {ratio:.2f}",
        f"{GOAL_RATIO}",
        ratio <= GOAL_RATIO,
    )
    DayClose.objects.create(day=day - timedelta(days=1), closed_at=end)
    book_pod_use(timezone.now())  # every hour but these was judged when it was over
    taken = []
    for _ in range(5):
        with transaction.atomic():
            began = perf_counter()
            assert close_day(day, timezone.now())
            taken.append((perf_counter() - began) * 1_000)
            transaction.set_rollback(True)
    ratio = median(taken) / floor
    show(
        "whole close, with booking / one statement",
        f"{median(taken):.0f} / {floor:.1f} ms = {ratio:.2f}",
        "told only",
        True,
    )


def measure_pages() -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse
    from django.utils import timezone

    from economics.models import DailyProfit, DayClose, Scope
    from tests.factories import make_user

    now = timezone.now()
    _, end = span()
    closed = [(end - timedelta(days=n)).date() for n in range(1, DAYS)]  # type: ignore[operator]
    DayClose.objects.bulk_create(
        (DayClose(day=day, closed_at=now) for day in closed), ignore_conflicts=True
    )
    DailyProfit.objects.bulk_create(
        DailyProfit(
            day=day,
            scope=Scope.ALL,
            simulated=False,
            uncached_prompt_tokens=1,
            cached_prompt_tokens=1,
            completion_tokens=1,
            revenue_usd=Decimal(1),
            cost_usd=Decimal(1),
            profit_usd=Decimal(0),
            take_rate=Decimal(0),
            break_even_revenue_usd=Decimal(1),
            provenance="accrued",
            closed_at=now,
        )
        for day in closed
    )
    client = Client(SERVER_NAME="localhost")
    client.force_login(make_user("ada"))
    addresses = [reverse(f"economics:{name}") for name in PAGES]
    addresses += [reverse("economics:profit-figure", args=[name]) for name in CHARTS]
    for address in addresses:
        # Pieces of a page are asked for without its frame.
        pieces = ("/figures/", "/targets/", "/rows/")
        fragment = {"HX-Request": "true"} if address.endswith(pieces) else {}

        def ask(address: str = address, headers: dict[str, str] = fragment) -> None:
            assert client.get(address, headers=headers).status_code == 200

        with CaptureQueriesContext(connection) as seen:
            ask()
        asked = len(seen)  # now: the next request empties the log
        worst = quantiles(milliseconds(ask, 20), n=20)[-1]
        show(f"{address} p95", f"{worst:.0f} ms", f"{GOAL_MS} ms", worst <= GOAL_MS)
        show(f"{address} queries", f"{asked}", f"{GOAL_QUERIES}", asked <= GOAL_QUERIES)


SAMPLES = """
INSERT INTO fleet_enginesample (pod_id, at, process_started_at, prompt_tokens,
  cached_prompt_tokens, completion_tokens, requests_finished, requests_running,
  requests_waiting)
SELECT pod.id, at, %(first)s, extract(epoch FROM at - %(first)s)::bigint, 0,
  extract(epoch FROM at - %(first)s)::bigint, 0, 1, 0
FROM fleet_pod AS pod, generate_series(%(first)s::timestamptz,
  %(end)s::timestamptz - interval '1 second', interval '10 seconds') AS at
"""


def measure_samples() -> None:
    """A day of samples of 100 pods: how many thinning leaves, and what it takes."""
    from django.db import connection

    from fleet.models import EngineSample
    from fleet.services.sample_keeping import thin_samples

    _, end = span()
    first = end - timedelta(days=1)  # type: ignore[operator]
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(SAMPLES, {"first": first, "end": end})
        cursor.execute(
            "INSERT INTO economics_usagecursor (pod_id, settled_until, prompt_tokens, "
            "completion_tokens, requests_finished, resets) "
            "SELECT id, %s, 0, 0, 0, 0 FROM fleet_pod",
            [end],
        )
    before = EngineSample.objects.count()
    began = perf_counter()
    gone = thin_samples(now=end + timedelta(days=2))  # type: ignore[operator]
    took = perf_counter() - began
    left = (before - gone) / before
    kept = 100 * (2 * 8_640 + 12 * 1_440)
    show("samples left after two days", f"{left:.1%} in {took:.0f} s", "20 %", left < 0.2)
    print(f"100 pods then keep about {kept:,} samples, however long they run")


if __name__ == "__main__":
    main()
