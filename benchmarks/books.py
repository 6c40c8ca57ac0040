"""What does closing a day cost after a year of 100 pods, and what do the pages of profit?

    python benchmarks/books.py [DAYS] [SAMPLES]      (365 days and 10 million without words)

Makes a throw-away PostgreSQL with 100 pods of 20 deployments, an hour row for each pod and
hour, three revenue and two cost lines for each of those, and every day but the last closed.
Prints as ratios:

- the sums of a day, and its close, against the best single SQL statement that we know for
  the same sums (goal: at most 1.5 times);
- the 95th percentile and the queries of each page of profit (goals: 150 ms, 12 queries);
- how many samples, and bytes, thinning and retention leave.

Not in CI: the numbers are the machine's.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median, quantiles
from time import perf_counter

from database import start_database
from year_of_books import DEPLOYMENTS, make_pods, write_hours, write_samples

DAYS = int(sys.argv[1]) if len(sys.argv) > 1 else 365
SAMPLES = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
ROUNDS = 30
ASKED = 100  # times a page is asked for: of 20 the 95th percentile is all but the slowest
NEVER = datetime.max.replace(tzinfo=UTC)
GOAL_RATIO, GOAL_MS, GOAL_QUERIES = 1.5, 150, 12
PAGES = (
    "overview",
    "profit-json",
    "days",
    "usage",
    "reconciliation",
    "month",
    "cash",
    "expenses",
    "statements",
    "profit-table",
    "profit",
)
PAGES += ("profit-figures", "profit-targets", "profit-lines", "profit-lines-rows")
CHARTS = ("days", "waterfall", "owners", "billed", "week")
BARS = ("idle", "serving", "cost", "revenue")

# The same sums as a close takes, by one statement, each table read once by its best index.
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
)
"""
JOINED = "SELECT * FROM cost FULL JOIN earned USING (id) FULL JOIN served USING (id)"


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
    from economics.models import CostLine, RevenueLine, UsageHour

    first, end = span()
    make_pods(first)
    began = perf_counter()
    write_hours(first, end)
    counts = [table.objects.count() for table in (UsageHour, RevenueLine, CostLine)]
    took = perf_counter() - began
    print("{:,} usage hours, {:,} revenue lines, {:,} cost lines".format(*counts), end="")
    print(f" of {DAYS} days, written in {took:.0f} s")


def span() -> tuple[datetime, datetime]:
    """[first midnight, the midnight that has just passed)."""
    from django.utils import timezone

    end = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    return end - timedelta(days=DAYS), end


def compare_close() -> None:
    """The sums of the last full day, and its close at 00:20, against one statement.

    Three things are told apart: the sums alone; the close from the lock to the stored day,
    which also splits cost by use; and the whole call, which first asks whether anything
    still waits to be counted, sealed, booked or judged.
    """
    from django.db import connection, transaction

    from economics.models import DailyProfit, DayClose
    from economics.selectors.booked_day import booked_day
    from economics.selectors.pod_use import OF_DAYS
    from economics.services.books import locked
    from economics.services.close import close_day, rows_of
    from economics.services.pod_use import store_day_use

    _, end = span()
    day, now = (end - timedelta(days=1)).date(), end + timedelta(minutes=20)
    where = {
        "day": day,
        "first": day,
        "last": day,
        "start": end - timedelta(days=1),
        "end": end,
        "waits": NEVER,
    }
    uses = OF_DAYS.replace("deployment_id", "deployment_id AS id", 1)
    both = f"{SUMS}, uses AS ({uses}) {JOINED} FULL JOIN uses USING (id)"

    def run(statement: str) -> list[tuple[object, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, where)
            return cursor.fetchall()

    def store() -> None:
        with locked():
            booked = booked_day(day)
            rows = rows_of(day, booked.sums(), booked.expenses, booked.takes.on(day), now)
            DailyProfit.objects.bulk_create(rows)
            store_day_use(day, booked, now)
            DayClose.objects.create(day=day, closed_at=now)

    def undone(work: Callable[[], object]) -> Callable[[], object]:
        def and_back() -> None:
            with transaction.atomic():
                work()
                transaction.set_rollback(True)

        return and_back

    assert len(run(both)) == len(booked_day(day).sums()) == DEPLOYMENTS
    DayClose.objects.create(day=day - timedelta(days=1), closed_at=end)
    sums, floor, ours, stored, whole = (
        median(milliseconds(work))
        for work in (
            lambda: run(SUMS + JOINED),
            lambda: run(both),
            lambda: booked_day(day).sums(),
            undone(store),
            undone(lambda: close_day(day, now)),
        )
    )
    ratio_of("sums of a day / one statement", ours, sums, goal=True)
    ratio_of("sum, split and store / one statement", stored, floor, goal=True)
    ratio_of("close with its look at all before it / the same", whole, floor, goal=False)
    assert close_day(day, now)


def ratio_of(what: str, ours: float, best: float, *, goal: bool) -> None:
    """Print a ratio of milliseconds; one without a goal is told only."""
    wanted = f"{GOAL_RATIO}" if goal else "told only"
    words = f"{ours:.1f} / {best:.1f} ms = {ours / best:.2f}"
    show(what, words, wanted, not goal or ours / best <= GOAL_RATIO)


def measure_pages() -> None:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse
    from django.utils import timezone

    from economics.models import UsageHour
    from fleet.models import Pod
    from kerne_site.memory import keep_what_is_loaded
    from tests.factories import make_job_run, make_lists, make_user

    now = timezone.now()
    _, end = span()
    hour = now.replace(minute=0, second=0, microsecond=0)
    write_hours(end, hour)
    # The hour that runs has tokens without a line, and the workers work.
    UsageHour.objects.bulk_create(
        UsageHour(pod=pod, hour_start=hour, completion_tokens=10_000)
        for pod in Pod.objects.all()
    )
    for name in ("reconcile", "probe", "settle_usage"):
        make_job_run(name, started_at=now, ended_at=now)
    make_lists("sandbox", read_at=now)
    close_as((end - timedelta(days=1)).date(), now)
    keep_what_is_loaded()  # as each web process does, or p95 is of the garbage collector
    client = Client(SERVER_NAME="localhost")
    client.force_login(make_user("ada"))
    addresses = [reverse(f"economics:{name}") for name in PAGES]
    addresses += [reverse("economics:profit-figure", args=[name]) for name in CHARTS]
    rows = reverse("economics:profit-lines-rows")
    addresses += [f"{rows}?bar={bar}" for bar in BARS]
    for address in addresses:
        # Pieces of a page are asked for without its frame.
        pieces = ("/figures/", "/targets/", "/rows/")
        path = address.partition("?")[0]
        fragment = {"HX-Request": "true"} if path.endswith(pieces) else {}

        def ask(address: str = address, headers: dict[str, str] = fragment) -> None:
            assert client.get(address, headers=headers).status_code == 200

        with CaptureQueriesContext(connection) as seen:
            ask()
        asked = len(seen)  # now: the next request empties the log
        worst = quantiles(milliseconds(ask, ASKED), n=20)[-1]
        show(f"{address} p95", f"{worst:.0f} ms", f"{GOAL_MS} ms", worst <= GOAL_MS)
        show(f"{address} queries", f"{asked}", f"{GOAL_QUERIES}", asked <= GOAL_QUERIES)


def close_as(newest: date, now: datetime) -> None:
    """Every day before the newest closed one, closed with the same figures as that."""
    from economics.models import DailyProfit, DayClose, DayUse

    closed = [newest - timedelta(days=n) for n in range(1, DAYS - 1)]
    DayClose.objects.bulk_create(
        (DayClose(day=day, closed_at=now) for day in closed), ignore_conflicts=True
    )
    for table in (DailyProfit, DayUse):
        rows = table.objects.filter(day=newest).values()
        table.objects.bulk_create(
            table(**(row | {"id": None, "day": day})) for row in rows for day in closed
        )


def measure_samples() -> None:
    """All samples, unthinned, through the nights that a console catches up in."""
    from django.db import connection

    from fleet.models import EngineSample
    from fleet.services.sample_keeping import (
        THINNED_EACH_NIGHT,
        old_samples,
        thin_samples,
    )

    def size() -> str:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM FULL ANALYZE fleet_enginesample")
            cursor.execute("SELECT pg_total_relation_size('fleet_enginesample')")
            return f"{cursor.fetchone()[0] / 1e6:,.0f} MB"

    _, end = span()
    before = write_samples(SAMPLES, end)
    print(f"{before:,} samples of 100 pods: {size()}")
    began = perf_counter()
    first_night = end - timedelta(seconds=before / 10) + THINNED_EACH_NIGHT
    nights = max((end - first_night).days, 0) // THINNED_EACH_NIGHT.days + 2
    for n in range(nights):
        thin_samples(now=min(first_night + n * THINNED_EACH_NIGHT, end))
    took = perf_counter() - began
    left = EngineSample.objects.count()
    show("samples left of them", f"{left / before:.1%} in {took:.0f} s", "told only", True)
    print(f"{left:,} samples are left: {size()}")
    later = end + timedelta(days=16)
    thin_samples(now=end + timedelta(days=2))
    EngineSample.objects.filter(at__lt=old_samples(now=later)).delete()
    print(f"{EngineSample.objects.count():,} are left 16 days later")


if __name__ == "__main__":
    main()
