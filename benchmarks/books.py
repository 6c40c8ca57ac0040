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
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from statistics import median, quantiles
from time import perf_counter

from database import start_database
from year_of_books import DEPLOYMENTS, make_pods, write_hours, write_samples

DAYS = int(sys.argv[1]) if len(sys.argv) > 1 else 365
SAMPLES = int(sys.argv[2]) if len(sys.argv) > 2 else 10_000_000
ROUNDS = 30
ASKED = 100  # times a page is asked for: of 20 the 95th percentile is all but the slowest
NEVER = datetime.max.replace(tzinfo=UTC)
TAKE = Decimal("0.05")
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


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> list[float]:
    work()
    taken = []
    for _ in range(rounds):
        began = perf_counter()
        work()
        taken.append((perf_counter() - began) * 1_000)
    return taken


def in_turns(*works: Callable[[], object], rounds: int = ROUNDS) -> Iterator[float]:
    """The median of each [ms], one after the other in every round: what is compared is
    slowed alike by whatever else the machine does."""
    taken = [[milliseconds(work, 1)[0] for work in works] for _ in range(rounds)]
    return map(median, zip(*taken, strict=True))


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
    still waits to be counted, sealed, booked or judged. The floor of the close writes the
    same rows by hand; what it takes without writing is told as well.
    """
    from close_by_hand import JOINED, STORED, SUMS, SUMS_AND_USES
    from django.db import connection, transaction

    from economics.models import DayClose
    from economics.selectors.booked_day import booked_day
    from economics.services.close import close_day, store_day

    _, end = span()
    day, now = (end - timedelta(days=1)).date(), end + timedelta(minutes=20)
    where = {"day": day, "first": day, "last": day, "waits": NEVER, "take": TAKE}
    where |= {"start": end - timedelta(days=1), "end": end, "now": now}

    def run(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement, where)
            assert statement is STORED or len(cursor.fetchall()) == DEPLOYMENTS

    def undone(work: Callable[[], object]) -> Callable[[], object]:
        def and_back() -> None:
            with transaction.atomic():
                work()
                transaction.set_rollback(True)

        return and_back

    assert len(booked_day(day).sums()) == DEPLOYMENTS
    DayClose.objects.create(day=day - timedelta(days=1), closed_at=end)
    sums, split, floor, ours, stored, whole = in_turns(
        lambda: run(SUMS + JOINED),
        lambda: run(SUMS_AND_USES),
        undone(lambda: run(STORED)),
        lambda: booked_day(day).sums(),
        undone(lambda: store_day(day, now)),
        undone(lambda: close_day(day, now)),
    )
    ratio_of("sums of a day / one statement", ours, sums, goal=True)
    ratio_of("sum, split and store / one that stores", stored, floor, goal=True)
    ratio_of("the same / one statement that stores nothing", stored, split, goal=False)
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
