"""The fault matrix, run: troubles side by side, deaths one after the other."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.end_to_end.test_main_job import BOOK_AND_CLOSE
from tests.faults.drill import Drill, Row, belongs, instant
from tests.faults.scenarios import Death, Fault, Trouble

MARKS = "<!-- matrix -->", "<!-- end of the matrix -->"
RESOURCE_MARKS = "<!-- resources -->", "<!-- end of the resources -->"
SPOT_MARKS = "<!-- spot -->", "<!-- end of spot -->"
# Also by a clock five hours ahead: an hour that the bill does not name is free after four.
READ_THE_BILL = """
from datetime import timedelta
from django.utils import timezone
from economics.services.billing import read_billing
from fleet.cloud import providers

for ahead in (0, 5):
    now = timezone.now() + timedelta(hours=ahead)
    for provider in providers():
        read_billing(provider=provider, now=now)
"""
SEAL_SECONDS = 6.0  # a second more than KERNE_HOUR_SEAL_SECONDS


def slug_of(name: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in name.lower()).split())[:34]


def run_troubles(drill: Drill, troubles: Sequence[Trouble], rows: dict[str, Row]) -> None:
    """One round of all troubles at once: launch, serve, stop, each with its faults."""
    slugs = {trouble.name: slug_of(trouble.name) for trouble in troubles}

    def order(each: Trouble, faults: Sequence[Fault]) -> list[str]:
        return drill.order_faults(slugs[each.name], faults)

    def together(what: str, is_done: Callable[[Trouble], bool]) -> None:
        waiting, began = list(troubles), time.monotonic()

        def look() -> bool:
            for trouble in list(waiting):
                if is_done(trouble):
                    rows[trouble.name].seconds += time.monotonic() - began
                    waiting.remove(trouble)
            return not waiting

        try:
            drill.wait(what, look)
        except AssertionError as late:
            for trouble in waiting:
                rows[trouble.name].wrong.append(f"{what}: {late}"[:2000])

    ids = {each.name: order(each, each.launch) for each in troubles}
    drill.want(1, list(slugs.values()))
    together(
        "one pod serves",
        lambda each: drill.spent(ids[each.name]) and drill.serves(slugs[each.name]),
    )
    ids = {each.name: order(each, each.serving) for each in troubles}
    together("the fault struck", lambda each: drill.spent(ids[each.name]))
    together("one pod serves again", lambda each: drill.serves(slugs[each.name]))
    for each in troubles:
        rows[each.name].wanted = 1
        rows[each.name].alive = len(drill.alive(slugs[each.name]))
    for each in troubles:
        order(each, each.stop)
    drill.want(0, list(slugs.values()))
    together("nothing is left", lambda each: drill.is_over(slugs[each.name]))
    drill.console.cloud("DELETE", "/sandbox/faults")


def run_deaths(
    drill: Drill, row: Row, launch: Death, stop: Death, *, terminate: bool, whole: bool
) -> None:
    """One pod's life with a kill -9 at a stage of its launch and one of its end."""
    began = time.monotonic()
    slug = row.slug
    try:
        die(drill, slug, launch, lambda: drill.want(1, [slug]), whole=whole)
        drill.wait("one pod serves", lambda: drill.serves(slug))
        row.wanted, row.alive = 1, len(drill.alive(slug))
        pod = drill.alive(slug)[0]

        def end() -> None:
            if terminate:
                drill.console.act("terminate", pod=pod)
            else:
                drill.console.act("stop", deployment=slug)

        die(drill, slug, stop, end, whole=whole)
        drill.wait("nothing is left", lambda: drill.is_over(slug))
    except AssertionError as late:
        row.wrong.append(str(late)[:2000])
    drill.console.cloud("DELETE", "/sandbox/faults")
    row.seconds += time.monotonic() - began


def die(
    drill: Drill, slug: str, death: Death, act: Callable[[], None], *, whole: bool
) -> None:
    """Let the worker die at a stage of what `act` asks for."""
    drill.order_faults(slug, death.hold)
    if death.point:
        drill.order_death(death.point)
    act()
    if death.point:
        drill.wait(f"the death at {death.point}", lambda: drill.is_dead(death.point))
        if not whole:
            return
    else:
        drill.wait(f"the stage of {death.name}", lambda: is_at(drill, slug, death.seen))
    drill.kill(whole=whole)


def is_at(drill: Drill, slug: str, stage: str) -> bool:
    """Whether a pod is seen at a stage that the cloud holds open."""
    pods = drill.pods(slug)
    if stage == "asked":
        truth = drill.console.cloud("GET", "/sandbox/truth")["create_attempts"]["by_name"]
        return any(pod["status"] == "creating" and pod["name"] in truth for pod in pods)
    if stage == "terminating":
        return any(
            pod["status"] == "terminating" and pod["last_scrape_at"] is not None
            for pod in pods
        )
    return any(pod["status"] == stage for pod in pods)


def settle_books(drill: Drill, rows: Sequence[Row]) -> None:
    """Read the whole bill, close the days, and fill in what only the end can tell."""
    console = drill.console
    time.sleep(SEAL_SECONDS)
    console.run(READ_THE_BILL)
    console.run(BOOK_AND_CLOSE)
    truth = drill.truth()
    booked = {
        each["name"]: each["usd"]
        for each in drill.sql(
            "SELECT p.name, sum(c.amount_usd) AS usd FROM economics_costline c "
            "JOIN fleet_pod p ON p.id = c.pod_id GROUP BY p.name"
        )
    }
    for row in rows:
        mine = [pod for pod in truth if belongs(pod["name"], row.slug)]
        charged = sum((Decimal(pod["charge_usd"]["total"]) for pod in mine), Decimal(0))
        ours = sum(
            (usd for name, usd in booked.items() if belongs(name, row.slug)), Decimal(0)
        )
        row.difference_usd = ours - charged
        pods = drill.pods(row.slug)
        told = {
            pod["name"]: pod["terminate_requested_at"]
            for pod in pods
            if pod["terminate_requested_at"]
        }
        row.double_rents = double_rents(mine, told)
        known = {pod["provider_id"] for pod in pods}
        row.orphans = sum(pod["id"] not in known for pod in mine)


def double_rents(pods: Sequence[dict[str, Any]], told: dict[str, datetime]) -> int:
    """Pods of one name, and pods of a deployment of one replica that ran side by side.

    told  since when a pod was told to stop, by name: from then on another may replace it
    """
    names = Counter(pod["name"] for pod in pods)
    twice = sum(count - 1 for count in names.values())
    lives = sorted((instant(pod["created_at"]), wanted_until(pod, told)) for pod in pods)
    overlaps = sum(end > later for (_, end), (later, _) in pairwise(lives))
    return twice + overlaps


def wanted_until(pod: dict[str, Any], told: dict[str, datetime]) -> datetime:
    """When a pod ended, or was told to; far away for one that was never.

    The cloud tells whole seconds: a replacement may begin in the second of the word.
    """
    ends = [told[pod["name"]].replace(microsecond=0)] if pod["name"] in told else []
    ends += [instant(pod["ended_at"])] if pod["ended_at"] else []
    return min(ends, default=datetime.max.replace(tzinfo=UTC))


def keep(page: Path, text: str, marks: tuple[str, str] = MARKS) -> None:
    """Put the table into the page, between its two marks."""
    begin, end = marks
    before, _, rest = page.read_text().partition(begin)
    _, _, after = rest.partition(end)
    page.write_text(f"{before}{begin}\n\n{text}\n\n{end}{after}")


def table(rows: Sequence[Row]) -> str:
    """The matrix as Markdown."""
    lines = [
        "| scenario | wanted / alive | orphans | double rents | ledger - cloud, $ | s |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        difference = "—" if row.difference_usd is None else f"{row.difference_usd:z.6f}"
        lines.append(
            f"| {row.scenario} | {row.wanted} / {row.alive} | {row.orphans} | "
            f"{row.double_rents} | {difference} | {row.seconds:.0f} |"
        )
    return "\n".join(lines)
