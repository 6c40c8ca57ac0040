"""The matrix of the spot market: interruptions, and kill -9 around the replacement."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.end_to_end.console import Console
from tests.faults.drill import SETTINGS, Drill, Row
from tests.faults.scenarios import Death, Fault, at

KINDS = {"interrupt"}  # of fault, that the rows here order
MAIN, MARKET = "sandbox", "spotmarket"
ACCOUNTS = {MAIN: "", MARKET: "/spot"}  # prefix of the sandbox's own routes
LISTED = "SELECT 1 FROM fleet_marketoffer WHERE provider = 'spotmarket'"
# Whether a pod was taken is the list's to say, not that of a rule for silent engines.
SPOT_SETTINGS = SETTINGS | {"KERNE_MEND_AFTER_SECONDS": "60"}
OLD_SECONDS = 125  # a younger pod is never called missing: NEWBORN_SECONDS
CENT = Decimal("0.005")
DARK: Fault = {"kind": "server_error", "operation": "listPods", "pod": "*", "times": None}


@dataclass(frozen=True)
class Interruption:
    """One row: how a pod is taken away, what stands in, and when the worker dies.

    seen      whether the notice is seen; None where the death may come first
    fallback  whether on demand stands in, at the main account
    """

    row: Row
    seen: bool | None = True
    fallback: bool = False
    death: Death | None = None

    @property
    def account(self) -> str:
        """Where the replacement is rented."""
        return MAIN if self.fallback else MARKET


# A tick reaches the points before a claim with every spot deployment, changed or not.
DEATHS = (
    Death("as the notice comes"),
    Death("the notice noted, nothing done", "stop_requested"),
    Death("the replacement claimed", "claimed"),
    Death(
        "during its POST",
        hold=(at("slow", "createPod", seconds=4, when="before"),),
        seen="asked",
    ),
    Death("after its POST, id not saved", "created"),
    Death("it is provisioning", hold=(at("engine_down", times=12),), seen="provisioning"),
    Death("after the DELETE of the taken pod, not noted", "deleted"),
    Death("after its DELETE, not confirmed", "delete_noted"),
)
AFTER_POST = DEATHS[4]


def spot_rows(names: Sequence[str] | None = None) -> list[Interruption]:
    """All rows, or those of `names`; what nobody notices is last, its pods must be old."""
    tail = f"kill -9 {AFTER_POST.name}"
    rows: list[tuple[str, bool | None, bool, Death | None]] = [
        ("notice seen", True, False, None),
        ("notice seen, on demand stands in", True, True, None),
    ]
    for death in DEATHS:
        seen = None if death is DEATHS[0] else True
        rows.append((f"kill -9 {death.name}", seen, False, death))
    rows += [
        (f"on demand stands in; {tail}", True, True, AFTER_POST),
        ("notice not seen", False, False, None),
        ("notice not seen, on demand stands in", False, True, None),
        (f"notice not seen; {tail}", False, False, AFTER_POST),
    ]
    return [
        Interruption(Row(f"interrupt: {name}", f"spot-{n}"), seen, fallback, death)
        for n, (name, seen, fallback, death) in enumerate(rows)
        if names is None or name in names
    ]


class SpotDrill(Drill):
    """A drill whose cloud is two accounts: on demand, and the spot market."""

    def __init__(self, console: Console, rows: Sequence[Interruption]) -> None:
        super().__init__(console)
        console.wait("the market's catalog", LISTED, seconds=40)
        self.add([each.row.slug for each in rows], rental_kind="spot")
        self.sql(
            "UPDATE fleet_deployment SET on_demand_fallback = true WHERE slug = ANY(%s) "
            "RETURNING 1",
            [each.row.slug for each in rows if each.fallback],
        )

    def truth(self) -> list[dict[str, Any]]:
        return [pod for name in ACCOUNTS for pod in self.truth_of(name)["pods"]]

    def truth_of(self, account: str) -> dict[str, Any]:
        path = f"{ACCOUNTS[account]}/sandbox/truth"
        told: dict[str, Any] = self.console.cloud("GET", path)
        return told

    def strike(self, account: str, *faults: Fault) -> None:
        self.console.cloud("POST", f"{ACCOUNTS[account]}/sandbox/faults", list(faults))

    def end_faults(self) -> None:
        for prefix in ACCOUNTS.values():
            self.console.cloud("DELETE", f"{prefix}/sandbox/faults")

    def try_again(self) -> None:
        """Asks spot again, too, where nothing stands in."""
        super().try_again()
        self.release("AND NOT on_demand_fallback")

    def release(self, which: str = "") -> None:
        """Forget that spot is left alone for a while."""
        self.sql(
            "UPDATE fleet_deployment SET spot_held_until = NULL "
            f"WHERE spot_held_until IS NOT NULL {which} RETURNING 1"
        )

    def serves_at(self, slug: str, account: str, *, instead_of: str = "") -> bool:
        """Whether one pod serves there, and it is another than that one."""
        if not self.serves(slug):
            return False
        (name,) = self.alive(slug)
        where = {pod["name"]: pod["provider"] for pod in self.pods(slug)}
        return name != instead_of and where[name] == account


def run_interruptions(
    drill: SpotDrill, rows: Sequence[Interruption], *, whole: bool
) -> None:
    """One round: each pod is taken away, one after the other, and replaced."""
    drill.release()
    unseen = [each.row.slug for each in rows if each.seen is False]
    drill.want(1, unseen)  # now, so that they are old when it is their turn
    for each in rows:
        began = time.monotonic()
        try:
            run_interruption(drill, each, whole=whole)
        except AssertionError as late:
            each.row.wrong.append(str(late)[:2000])
        drill.end_faults()
        each.row.seconds += time.monotonic() - began


def run_interruption(drill: SpotDrill, each: Interruption, *, whole: bool) -> None:
    """One pod's life: it serves, is taken away, another serves in its place, the end."""
    slug = each.row.slug
    drill.want(1, [slug])
    drill.wait("a spot pod serves", lambda: drill.serves_at(slug, MARKET))
    (taken,) = drill.alive(slug)
    take_away(drill, each, taken, whole=whole)
    drill.wait(
        "another serves in its place",
        lambda: drill.serves_at(slug, each.account, instead_of=taken),
    )
    each.row.wanted, each.row.alive = 1, len(drill.alive(slug))
    (row,) = [pod for pod in drill.pods(slug) if pod["name"] == taken]
    was_seen = row["taken_at"] is not None
    if row["interrupted_at"] is None or each.seen not in (None, was_seen):
        each.row.wrong.append(f"not the interruption of this row: {row}"[:2000])
    drill.want(0, [slug])
    drill.wait("nothing is left", lambda: drill.is_over(slug))


def take_away(drill: SpotDrill, each: Interruption, taken: str, *, whole: bool) -> None:
    """Interrupt a pod, in the dark where no notice is to be seen; let the worker die."""
    death, slug = each.death or Death(""), each.row.slug
    head, _, attempt = taken.rpartition("-")
    following = f"{head}-{int(attempt) + 1}"
    if death.hold:
        drill.strike(each.account, *(fault | {"pod": following} for fault in death.hold))
    if each.seen is False:
        drill.wait("it is old enough to be missed", lambda: is_old(drill, taken))
        drill.strike(MARKET, DARK)
    elif death.point:
        drill.order_death(death.point)
    drill.strike(MARKET, at("interrupt") | {"pod": taken})
    if each.seen is False:
        drill.wait("it is gone", lambda: taken not in drill.alive(slug))
        if death.point:
            drill.order_death(death.point)
        drill.end_faults()
    if death.point:
        drill.wait(f"the death at {death.point}", lambda: drill.is_dead(death.point))
    elif death.seen:
        drill.wait(death.name, lambda: is_at(drill, each, following, death.seen))
    if each.death and (whole or not death.point):
        drill.kill(whole=whole)


def is_old(drill: SpotDrill, name: str) -> bool:
    return bool(
        drill.sql(
            "SELECT 1 FROM fleet_pod WHERE name = %s "
            "AND billed_from < now() - make_interval(secs => %s)",
            name,
            OLD_SECONDS,
        )
    )


def is_at(drill: SpotDrill, each: Interruption, name: str, stage: str) -> bool:
    """Whether the replacement is seen at a stage that the cloud holds open."""
    status = [pod["status"] for pod in drill.pods(each.row.slug) if pod["name"] == name]
    if stage == "asked":
        asked = drill.truth_of(each.account)["create_attempts"]["by_name"]
        return status == ["creating"] and name in asked
    return status == [stage]


def wrong_accounts(drill: SpotDrill) -> list[str]:
    """What is wrong at either account as a whole, after the books were closed."""
    wrong = []
    for account in ACCOUNTS:
        pods = drill.truth_of(account)["pods"]
        ours = drill.sql("SELECT * FROM fleet_pod WHERE provider = %s", account)
        known = {row["provider_id"] for row in ours}
        wrong += [f"{account}: stray {pod}" for pod in pods if pod["id"] not in known]
        wrong += [f"{account}: alive {pod}" for pod in pods if pod["ended_at"] is None]
        charged = sum((Decimal(pod["charge_usd"]["total"]) for pod in pods), Decimal(0))
        (booked,) = drill.sql(
            "SELECT coalesce(sum(c.amount_usd), 0) AS usd FROM economics_costline c "
            "JOIN fleet_pod p ON p.id = c.pod_id WHERE p.provider = %s",
            account,
        )
        if abs(booked["usd"] - charged) >= CENT:
            wrong.append(f"{account}: booked {booked['usd']}, charged {charged}")
    return wrong
