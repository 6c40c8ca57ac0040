"""A drill: one running console, many deployments, each with its own trouble."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil

from tests.end_to_end.console import CATALOG, Console
from tests.faults.scenarios import Fault

# Everything that waits in production waits for seconds here. The settling time stays above
# the slowest create (6 s) and the longest lag of a list (6 s), as the real one does.
SETTINGS = {
    "KERNE_SANDBOX_ENGINE": "replay",
    "KERNE_FAULT_POINTS": "true",
    "KERNE_SCHEDULE_SCALE": "0.1",
    "KERNE_SETTLE_SECONDS": "12",
    "KERNE_DRAIN_SECONDS": "2",
    "KERNE_PROVISIONING_DEADLINE_SECONDS": "40",
    "KERNE_ORPHAN_GRACE_SECONDS": "5",
    "KERNE_HOUR_SEAL_SECONDS": "5",
    "KERNE_ENGINE_STALL_SECONDS": "5",
    "KERNE_MEND_AFTER_SECONDS": "5",
    "KERNE_JOB_LEASE_SECONDS": "5",
    "KERNE_SPEND_LIMIT_USD_PER_HOUR": "1000",
    "KERNE_LOG_LEVEL": "WARNING",
}
PATIENCE_SECONDS = 240.0
LOOK_SECONDS = 0.2


@dataclass
class Row:
    """One row of the table: a scenario, and what was left when it was over."""

    scenario: str
    slug: str
    wanted: int = 0
    alive: int = -1
    orphans: int = 0
    double_rents: int = 0
    difference_usd: Decimal | None = None
    seconds: float = 0.0
    wrong: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        return (
            not self.wrong
            and self.alive == self.wanted
            and self.orphans == self.double_rents == 0
            and self.difference_usd is not None
            and abs(self.difference_usd) < Decimal("0.005")
        )


class Drill:
    """Orders, wishes and looks at one console, without a page between: the rows are the
    wishes, and the schedule acts on them."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._folder = Path(console.folder) / "fault-points"
        self._folder.mkdir(exist_ok=True)
        self._price_hits: set[str] = set()
        console.wait("the catalog", CATALOG, seconds=40)

    # -- wishes --

    def add(self, slugs: Sequence[str], **fields: Any) -> None:
        """Deployments that want nothing yet: copies of one that was really ordered.

        fields  of its order form
        """
        first, *others = slugs
        self.console.order(slug=first, **fields)
        self.want(0, [first])
        found = self.console.rows("SELECT * FROM fleet_deployment WHERE slug = %s", first)
        columns = [name for name in found[0] if name not in ("id", "slug", "order_key")]
        names = ", ".join(columns)
        for slug in others:
            self.sql(
                f"INSERT INTO fleet_deployment (slug, {names}) "
                f"SELECT %s, {names} FROM fleet_deployment WHERE slug = %s RETURNING 1",
                slug,
                first,
            )
        self.wait("nothing is rented yet", lambda: not self.alive(first))

    def want(self, replicas: int, slugs: Sequence[str]) -> None:
        self.sql(
            "UPDATE fleet_deployment SET replicas = %s WHERE slug = ANY(%s) RETURNING 1",
            replicas,
            list(slugs),
        )

    def try_again(self) -> None:
        """What an operator does who does not wait for a back-off of minutes."""
        self.sql(
            "UPDATE fleet_deployment SET not_before = NULL, launch_failures = 0 "
            "WHERE not_before IS NOT NULL OR launch_failures > 0 RETURNING 1"
        )

    def sql(self, query: str, *values: Any) -> list[dict[str, Any]]:
        return self.console.rows(query, *values)

    # -- faults --

    def order_faults(self, slug: str, faults: Sequence[Fault]) -> list[str]:
        """Order faults for the pods of a deployment; their ids."""
        body = [fault | {"pod": f"kerne-demo-{slug}-*"} for fault in faults]
        made = self.console.cloud("POST", "/sandbox/faults", body) if body else None
        return [fault["id"] for fault in made["faults"]] if made else []

    def spent(self, ids: Sequence[str]) -> bool:
        """Whether faults have struck as often as they were ordered to."""
        faults = self.console.cloud("GET", "/sandbox/faults")["faults"]
        return all(fault["spent"] for fault in faults if fault["id"] in ids)

    # -- deaths --

    def order_death(self, point: str) -> None:
        (self._folder / point).touch()

    def is_dead(self, point: str) -> bool:
        return not (self._folder / point).exists()

    def kill(self, *, whole: bool) -> None:
        """kill -9 of the processes that run tasks, or of the whole worker."""
        found = self.console.worker_processes()
        parents = {each.pid for each in found}
        victims = [each for each in found if whole or parent_of(each) in parents]
        for process in victims:
            process.kill()
        psutil.wait_procs(victims, timeout=10)

    # -- looks --

    def wait(
        self, what: str, look: Callable[[], Any], seconds: float = PATIENCE_SECONDS
    ) -> None:
        """Until `look` is true; the operator tries again meanwhile."""
        deadline = time.monotonic() + seconds
        while not look():
            assert self.console.process.poll() is None, "`up` ended"
            if time.monotonic() > deadline:
                pods = self.sql("SELECT name, status, health, status_reason FROM fleet_pod")
                raise AssertionError(f"{what} did not come: {pods}")
            self.try_again()
            time.sleep(LOOK_SECONDS)

    def truth(self) -> list[dict[str, Any]]:
        pods: list[dict[str, Any]] = self.console.cloud("GET", "/sandbox/truth")["pods"]
        return pods

    def alive(self, slug: str) -> list[str]:
        """Names of a deployment's pods that the cloud bills now."""
        return [
            pod["name"]
            for pod in self.truth()
            if pod["ended_at"] is None and belongs(pod["name"], slug)
        ]

    def pods(self, slug: str) -> list[dict[str, Any]]:
        return self.sql(
            "SELECT p.* FROM fleet_pod p JOIN fleet_deployment d ON d.id = deployment_id "
            "WHERE d.slug = %s ORDER BY attempt",
            slug,
        )

    def serves(self, slug: str) -> bool:
        """Whether one pod serves, and it is the one that is billed."""
        running = [
            pod["name"]
            for pod in self.pods(slug)
            if pod["status"] not in ("terminated", "failed")
        ]
        well = [
            pod["name"]
            for pod in self.pods(slug)
            if pod["status"] == "serving" and pod["health"] in ("ready", "busy")
        ]
        return len(well) == 1 and running == well == self.alive(slug)

    def is_over(self, slug: str) -> bool:
        """Whether nothing of a deployment is billed, by our rows and by the cloud."""
        ended = all(pod["status"] in ("terminated", "failed") for pod in self.pods(slug))
        return ended and not self.alive(slug)


def belongs(name: str, slug: str) -> bool:
    return name.rpartition("-")[0] == f"kerne-demo-{slug}"


def parent_of(process: psutil.Process) -> int:
    try:
        return int(process.ppid())
    except psutil.NoSuchProcess:
        return 0


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
