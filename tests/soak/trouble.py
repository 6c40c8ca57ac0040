"""What goes wrong in a soak: every kind of fault, and deaths of the worker."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from fleet.sandbox.faults import KINDS
from fleet.services.fault_points import POINTS
from tests.soak.cloud import MAIN, MARKET, PREFIXES, InProcessCloud

# A worker dies between two lines of ours, or on the wire: before the cloud has heard the
# request, or after it has done it.
WIRE_POINTS = tuple(
    f"{side}_{method}"
    for method in ("POST", "DELETE", "GET", "PATCH")
    for side in ("before", "after")
)
AT_MARKET = 0.2  # of the faults strike the spot market
MONEY_REQUESTS = (
    *("createPod", "deletePod", "listPods", "getPod"),
    *("createNetworkVolume", "deleteNetworkVolume", "listNetworkVolumes"),
    *("createEndpoint", "deleteEndpoint", "listEndpoints", "updateNetworkVolume"),
)


class Killed(BaseException):
    """The worker's death. No code of ours may catch it, as none outlives SIGKILL."""


class Deaths:
    """At most one death is due; the worker that reaches its point dies."""

    def __init__(self) -> None:
        self.due = ""
        self.struck: Counter[str] = Counter()

    def reach(self, point: str) -> None:
        if point == self.due:
            self.due = ""
            self.struck[point] += 1
            raise Killed(point)


def draw_death(random: Random) -> str:
    return random.choice((*POINTS, *WIRE_POINTS))


def draw_fault(random: Random) -> dict[str, Any]:
    """A fault of any kind that the sandbox has, with parameters that a cloud may show."""
    kind = random.choice(list(KINDS))
    while kind not in SHAPES:  # a wrong bill is no longer what the cloud charged
        kind = random.choice(list(KINDS))
    fault: dict[str, Any] = {"kind": kind, "times": random.randint(1, 3)}
    return fault | SHAPES[kind](random)


def at_request(random: Random, **params: Any) -> dict[str, Any]:
    return {"operation": random.choice(MONEY_REQUESTS), "params": params}


def of_pod(random: Random) -> dict[str, Any]:
    return {"params": {"after_seconds": random.choice((0, 60, 600, 86_400))}, "times": 1}


SHAPES: dict[str, Any] = {
    "lost_response": lambda r: at_request(r),
    "no_capacity": lambda r: {},
    "low_balance": lambda r: {},
    "forbidden": lambda r: {},
    "rate_limited": lambda r: at_request(r, retry_after=r.randint(1, 90)),
    "server_error": lambda r: at_request(
        r, status=r.choice((500, 502, 503)), when=r.choice(("before", "after"))
    ),
    "slow": lambda r: at_request(
        r, seconds=r.choice((5, 25, 45, 100)), when=r.choice(("before", "after"))
    ),
    # Not longer than KERNE_SETTLE_SECONDS: beyond it no list could settle anything.
    "list_lag": lambda r: {"params": {"seconds": r.randint(20, 110)}},
    "price_drift": lambda r: {"params": {"factor": r.choice(("0.9", "1.07", "1.3", "3"))}},
    "stuck": lambda r: {"times": 1},
    "vanish": of_pod,
    "error": of_pod,
    "exit": of_pod,
    "hang": of_pod,
    "counter_reset": of_pod,
    "interrupt": of_pod,
    "metrics_huge": lambda r: {"params": {"bytes": 2_000_000}},
    "metrics_html": lambda r: {},
    "engine_down": lambda r: {"times": r.randint(1, 12)},
}


class Trouble:
    """Orders faults and deaths at random, and remembers how often each struck."""

    def __init__(self, random: Random, cloud: InProcessCloud, *, per_hour: float) -> None:
        self._random = random
        self._cloud = cloud
        self._per_hour = per_hour
        self._forgotten: Counter[str] = Counter()
        self.deaths = Deaths()

    def order(self, *, hours: float) -> None:
        """What goes wrong in the next `hours`, a short time."""
        if self._random.random() < self._per_hour * hours:
            fault = draw_fault(self._random)
            at_market = fault["kind"] == "interrupt" or self._random.random() < AT_MARKET
            prefix = PREFIXES[MARKET if at_market else MAIN]
            self._cloud.ask("POST", f"{prefix}/sandbox/faults", fault)
        if self._random.random() < self._per_hour * hours:
            self.deaths.due = draw_death(self._random)
        if self._random.random() < hours / 24:
            self.end_faults()  # one that waits for a pod of a day's age would stay for ever

    def end_faults(self) -> None:
        """Nothing goes wrong any more."""
        self._forgotten = self.struck
        for prefix in PREFIXES.values():
            self._cloud.ask("DELETE", f"{prefix}/sandbox/faults")
        self.deaths.due = ""

    @property
    def struck(self) -> Counter[str]:
        """How often each kind of fault struck."""
        counts = Counter(self._forgotten)
        for account in (self._cloud.cloud, self._cloud.market):
            for fault in account.faults.all():
                counts[fault.kind] += fault.struck
        return counts
