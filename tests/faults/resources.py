"""The matrix of volumes and endpoints: troubles side by side, deaths one after another."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.faults.drill import Drill, Row
from tests.faults.scenarios import Fault, at

VOLUME, ENDPOINT = "volume", "endpoint"
KINDS = (VOLUME, ENDPOINT)
OPERATIONS = {VOLUME: "NetworkVolume", ENDPOINT: "Endpoint"}
TABLES = {VOLUME: "fleet_networkvolume", ENDPOINT: "fleet_serverlessendpoint"}
TRUTHS = {VOLUME: "network_volumes", ENDPOINT: "serverless"}
TAILS = {VOLUME: "-vol-", ENDPOINT: "-sls-"}
OVER = ("ended", "failed")
# Two whole ticks at once, past the lease that lets a job run once at a time.
TWO_TICKS = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connection
from django.utils import timezone
from fleet.cloud import current_provider
from fleet.services.jobs import JobFailed
from fleet.services.launch_guard import configured_guard
from fleet.services.resources import tend

def tick(_):
    asked = {"provider": current_provider(), "guard": configured_guard()}
    try:
        return tend(**asked, now=timezone.now())
    except JobFailed as failure:
        return str(failure)
    finally:
        connection.close()

with ThreadPoolExecutor(4) as pool:
    for said in pool.map(tick, range(8)):
        print(said)
"""


@dataclass(frozen=True)
class ResourceTrouble:
    """Faults of one row, by `create` and `delete`; `{}` is the operation's noun."""

    name: str
    create: tuple[Fault, ...] = ()
    delete: tuple[Fault, ...] = ()
    two_ticks: bool = False


def both(name: str, kind: str, **params: Any) -> ResourceTrouble:
    """A fault of the create, and the same of the delete."""
    return ResourceTrouble(
        name,
        create=(at(kind, "create{}", **params),),
        delete=(at(kind, "delete{}", **params),),
    )


# A volume of 20 GB costs a millionth of a dollar in two seconds. These cost some in each.
BEGUN_GB, GROWN_GB, FULL_GB = 1_000, 1_500, 2_000

TROUBLES = (
    both("lost_response", "lost_response"),
    both("server_error before", "server_error", when="before"),
    both("server_error after", "server_error", when="after"),
    both("rate_limited", "rate_limited", retry_after=1),
    both("slow after", "slow", seconds=6, when="after"),
    ResourceTrouble(
        "list_lag",
        create=(at("lost_response", "create{}"), at("list_lag", times=4, seconds=6)),
    ),
    ResourceTrouble("two ticks at once", two_ticks=True),
)


@dataclass(frozen=True)
class ResourceDeath:
    """A kill -9 at one stage: at a fault point of ours, or while the cloud holds on."""

    name: str
    point: str = ""
    hold: tuple[Fault, ...] = ()


HOLD = {"seconds": 4, "when": "before"}
CREATE_DEATHS = (
    ResourceDeath("claimed", "resource_claimed"),
    ResourceDeath("during the POST", hold=(at("slow", "create{}", **HOLD),)),
    ResourceDeath("after the POST, id not saved", "resource_created"),
)
DELETE_DEATHS = (
    ResourceDeath("during the DELETE", hold=(at("slow", "delete{}", **HOLD),)),
    ResourceDeath("after the DELETE, not noted", "resource_deleted"),
    ResourceDeath("after the DELETE, not confirmed", "resource_delete_noted"),
)
GROW_DEATHS = (
    ResourceDeath("growth claimed", "grow_claimed"),
    ResourceDeath("growth sent, not shown", "grown"),
)


@dataclass
class ResourceRow:
    """A row of the table with what it is about. `row` is as for pods."""

    kind: str
    row: Row
    trouble: ResourceTrouble | None = None
    deaths: tuple[ResourceDeath, ...] = ()

    @property
    def prefix(self) -> str:
        return f"kerne-demo-{self.row.slug}{TAILS[self.kind]}"


def trouble_rows(names: Sequence[str] | None = None) -> list[ResourceRow]:
    """A row for each kind and trouble, or for those of `names`."""
    return [
        ResourceRow(kind, Row(f"{kind}: {each.name}", f"{kind[:3]}-t{n}"), trouble=each)
        for kind in KINDS
        for n, each in enumerate(TROUBLES)
        if names is None or each.name in names
    ]


def death_rows(points: Sequence[str] | None = None) -> list[ResourceRow]:
    """A row for each kind and pair of deaths; a volume also dies while it grows."""
    rows = []
    for kind in KINDS:
        pairs = list(zip(CREATE_DEATHS, DELETE_DEATHS, strict=True))
        if kind == VOLUME:
            pairs += [(GROW_DEATHS[0], GROW_DEATHS[1])]
        for n, (first, second) in enumerate(pairs):
            words = f"{kind}: kill -9 {first.name}; {second.name}"
            if points is None or first.point in points:
                row = Row(words, f"{kind[:3]}-d{n}")
                rows.append(ResourceRow(kind, row, deaths=(first, second)))
    return rows


def run_resource_troubles(drill: Drill, rows: Sequence[ResourceRow]) -> None:
    """All troubles at once: ordered, there once, told to end, gone."""
    for each in rows:
        assert each.trouble is not None
        order_faults(drill, each, each.trouble.create)
        order(drill, each)
    two_ticks(drill, rows)
    together(drill, rows, "it is there", lambda each: comes(drill, each))
    together(drill, rows, "it has cost something", lambda each: has_cost(drill, each))
    for each in rows:
        assert each.trouble is not None
        each.row.wanted, each.row.alive = 1, len(present(drill, each))
        if each.row.alive:
            order_faults(drill, each, each.trouble.delete)
            end(drill, each)
    two_ticks(drill, rows)
    together(drill, rows, "nothing is left", lambda each: is_over(drill, each))
    drill.console.cloud("DELETE", "/sandbox/faults")


def two_ticks(drill: Drill, rows: Sequence[ResourceRow]) -> None:
    if any(each.trouble and each.trouble.two_ticks for each in rows):
        drill.console.run(TWO_TICKS)


def together(
    drill: Drill,
    rows: Sequence[ResourceRow],
    what: str,
    is_done: Callable[[ResourceRow], bool],
) -> None:
    """Wait for all rows; what never comes is written into its row."""
    waiting, began = list(rows), time.monotonic()

    def look() -> bool:
        for each in list(waiting):
            if is_done(each):
                each.row.seconds += time.monotonic() - began
                waiting.remove(each)
        return not waiting

    try:
        drill.wait(what, look)
    except AssertionError:
        for each in waiting:
            each.row.wrong.append(f"{what}: {ours(drill, each)} {present(drill, each)}")


def run_resource_deaths(drill: Drill, each: ResourceRow, *, whole: bool) -> None:
    """One life with a kill -9 at two stages of it."""
    began = time.monotonic()
    first, second = each.deaths
    try:
        if first.point == "grow_claimed":
            order(drill, each)
            drill.wait("it is there", lambda: comes(drill, each))
            die(drill, each, first, lambda: grow(drill, each, GROWN_GB), whole=whole)
            drill.wait("it has grown", lambda: size(drill, each) == GROWN_GB)
            die(drill, each, second, lambda: grow(drill, each, FULL_GB), whole=whole)
            drill.wait("it has grown", lambda: size(drill, each) == FULL_GB)
        else:
            die(drill, each, first, lambda: order(drill, each), whole=whole)
            drill.wait("it is there", lambda: comes(drill, each))
            drill.wait("it has cost something", lambda: has_cost(drill, each))
        each.row.wanted, each.row.alive = 1, len(present(drill, each))
        if first.point == "grow_claimed":
            end(drill, each)
        else:
            die(drill, each, second, lambda: end(drill, each), whole=whole)
        drill.wait("nothing is left", lambda: is_over(drill, each))
    except AssertionError as late:
        each.row.wrong.append(f"{late}: {ours(drill, each)}"[:2000])
    drill.console.cloud("DELETE", "/sandbox/faults")
    each.row.seconds += time.monotonic() - began


def die(
    drill: Drill,
    each: ResourceRow,
    death: ResourceDeath,
    act: Callable[[], None],
    *,
    whole: bool,
) -> None:
    """Let the worker die at a stage of what `act` asks for."""
    ids = order_faults(drill, each, death.hold)
    if death.point:
        drill.order_death(death.point)
    act()
    if death.point:
        drill.wait(f"the death at {death.point}", lambda: drill.is_dead(death.point))
        if not whole:
            return
    else:
        drill.wait(f"the stage of {death.name}", lambda: drill.spent(ids))
    drill.kill(whole=whole)


def order_faults(drill: Drill, each: ResourceRow, faults: Sequence[Fault]) -> list[str]:
    """Order faults of this row's own requests; their ids."""
    noun = OPERATIONS[each.kind]
    named = [
        fault
        | ({"operation": fault["operation"].format(noun)} if "operation" in fault else {})
        for fault in faults
    ]
    return drill.order_faults(each.row.slug, named)


def order(drill: Drill, each: ResourceRow) -> None:
    if each.kind == VOLUME:
        drill.console.act(
            "add_volume", deployment=each.row.slug, size_gb=BEGUN_GB, data_center="EU-RO-1"
        )
    else:
        drill.console.act("add_endpoint", deployment=each.row.slug, workers_min=1)


def end(drill: Drill, each: ResourceRow) -> None:
    name = ours(drill, each)[-1]["name"]
    if each.kind == VOLUME:
        drill.console.act("end_volume", volume=name, typed=name)
    else:
        drill.console.act("end_endpoint", endpoint=name)


def grow(drill: Drill, each: ResourceRow, size_gb: int) -> None:
    name = ours(drill, each)[-1]["name"]
    drill.console.act("grow_volume", volume=name, size_gb=size_gb)


def size(drill: Drill, each: ResourceRow) -> int:
    """The size of the row where it is the cloud's too; else 0."""
    (row,) = ours(drill, each)[-1:]
    sizes = {item["size_gb"] for item in present(drill, each)}
    return int(row["size_gb"]) if sizes == {row["size_gb"]} else 0


def ours(drill: Drill, each: ResourceRow) -> list[dict[str, Any]]:
    return drill.sql(
        f"SELECT r.* FROM {TABLES[each.kind]} r JOIN fleet_deployment d "
        "ON d.id = deployment_id WHERE d.slug = %s ORDER BY r.id",
        each.row.slug,
    )


def ever(drill: Drill, each: ResourceRow) -> list[dict[str, Any]]:
    """All of a row's that the cloud has ever had."""
    truth = drill.console.cloud("GET", "/sandbox/truth")[TRUTHS[each.kind]]
    return [item for item in truth if item["name"].startswith(each.prefix)]


def present(drill: Drill, each: ResourceRow) -> list[dict[str, Any]]:
    return [item for item in ever(drill, each) if item["ended_at"] is None]


def is_there(drill: Drill, each: ResourceRow) -> bool:
    """Whether one is live, and it is the only one that the cloud has."""
    live = {row["provider_id"] for row in ours(drill, each) if row["status"] == "live"}
    return len(live) == 1 and live == {item["id"] for item in present(drill, each)}


def comes(drill: Drill, each: ResourceRow) -> bool:
    """Whether it is there; a create that never happened is ordered again, as an operator
    does who reads that it failed."""
    if all(row["status"] in OVER for row in ours(drill, each)):
        order(drill, each)
        return False
    return is_there(drill, each)


def has_cost(drill: Drill, each: ResourceRow) -> bool:
    """Whether the cloud has charged for one. It counts whole seconds: what was ended within
    its first one left no money to compare."""
    return any(charge(item) > 0 for item in present(drill, each))


def is_over(drill: Drill, each: ResourceRow) -> bool:
    return not present(drill, each) and all(
        row["status"] in OVER for row in ours(drill, each)
    )


def settle_resources(drill: Drill, rows: Sequence[ResourceRow]) -> None:
    """Fill in what only the end can tell, after the bill was read."""
    for each in rows:
        every = ever(drill, each)
        names = Counter(item["name"] for item in every)
        known = {row["provider_id"] for row in ours(drill, each)}
        each.row.double_rents = sum(count - 1 for count in names.values())
        each.row.orphans = sum(item["id"] not in known for item in every)
        charged = sum((charge(item) for item in every), Decimal(0))
        booked = drill.sql(
            "SELECT coalesce(sum(c.amount_usd), 0) AS usd "
            "FROM economics_resourcecostline c "
            f"JOIN {TABLES[each.kind]} r ON r.id = c.{each.kind}_id WHERE r.name LIKE %s",
            f"{each.prefix}%",
        )
        each.row.difference_usd = booked[0]["usd"] - charged
        if not charged:
            each.row.wrong.append("nothing was charged, so that the books show nothing")


def charge(item: dict[str, Any]) -> Decimal:
    """What the cloud charged for one."""
    usd = item["charge_usd"]
    return Decimal(usd["total"] if isinstance(usd, dict) else usd)
