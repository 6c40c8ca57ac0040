"""Faults to order: what goes wrong, where, how often. Kept in memory only."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from fnmatch import fnmatchcase
from typing import Any

from fleet.sandbox.checks import Check, integer, nullable, number, record, text
from fleet.sandbox.problems import Problem, invalid, not_found
from fleet.sandbox.wire import parse_rfc3339

PARAMS_OF_SLOW = {"seconds": number(minimum=0), "when": text(choices=("before", "after"))}


def _factor(value: Any, where: str) -> list[str]:
    """A price factor as text, because a JSON number would pass through a float."""
    try:
        usable = isinstance(value, str) and 0 < Decimal(value) <= 1000
    except InvalidOperation:
        usable = False
    return [] if usable else [f'{where}: want a text such as "1.25", above 0, up to 1000']


def _hour(value: Any, where: str) -> list[str]:
    """The start of a bucket."""
    try:
        usable = isinstance(value, str) and parse_rfc3339(value, where) % 3600 == 0
    except Problem:
        usable = False
    return [] if usable else [f"{where}: want a full hour such as 2026-11-24T13:00:00Z"]


AFTER = {"after_seconds": number(minimum=0)}
DETAIL = {"detail": text(minimum=1)}

# kind -> parameters. Faults of requests first, then of pods, then of the pod's proxy.
REQUEST_KINDS: dict[str, dict[str, Check]] = {
    "lost_response": {},
    "no_capacity": DETAIL,
    "low_balance": DETAIL,
    "forbidden": DETAIL,
    "rate_limited": {"retry_after": integer(minimum=0)},
    "server_error": {
        "status": integer(minimum=500, maximum=599),
        "when": text(choices=("before", "after")),
    },
    "slow": PARAMS_OF_SLOW,
}
LIST_KINDS: dict[str, dict[str, Check]] = {"list_lag": {"seconds": number(minimum=0)}}
CREATE_KINDS: dict[str, dict[str, Check]] = {
    "price_drift": {"factor": _factor},
    "stuck": {},
}
POD_KINDS: dict[str, dict[str, Check]] = {
    "vanish": AFTER,
    "error": AFTER,
    "exit": AFTER,
    "hang": AFTER,
    "counter_reset": AFTER,
    "interrupt": AFTER,
}
PROXY_KINDS: dict[str, dict[str, Check]] = {
    "metrics_huge": {"bytes": integer(minimum=1, maximum=100_000_000)},
    "metrics_html": {},
    "engine_down": {},
}
BILL_KINDS: dict[str, dict[str, Check]] = {
    "bill_gap": {"hour": _hour},
    "bill_late": {"seconds": number(minimum=0), "hour": _hour},
    "bill_change": {"factor": _factor, "hour": _hour},
}
KINDS = REQUEST_KINDS | LIST_KINDS | CREATE_KINDS | POD_KINDS | PROXY_KINDS | BILL_KINDS
REQUIRED_PARAMS = {
    "slow": ("seconds",),
    "list_lag": ("seconds",),
    "price_drift": ("factor",),
    "bill_gap": ("hour",),
    "bill_late": ("seconds",),
    "bill_change": ("factor",),
}

# A fault of requests meets these operations unless it names one; "*" is any.
DEFAULT_OPERATION = dict.fromkeys(
    ("lost_response", "no_capacity", "low_balance", "forbidden"), "createPod"
)
OPERATIONS = (
    *("listGpuTypes", "getGpuType", "listDataCenters", "listPods", "createPod", "getPod"),
    *("podAction", "deletePod", "getPodLogs", "listNetworkVolumes", "createNetworkVolume"),
    *("updateNetworkVolume", "updateEndpoint", "listEndpointWorkers"),
    *("getNetworkVolume", "deleteNetworkVolume", "listEndpoints", "createEndpoint"),
    *("getEndpoint", "deleteEndpoint", "listBilling", "listPodBilling"),
    *("listNetworkVolumeBilling", "listServerlessBilling", "graphql"),
)


@dataclass
class Fault:
    """One ordered fault.

    operation  operationId of the contract, ``graphql``, or ``*``; faults of requests only
    pod        shell pattern for the pod's name; a request without a pod matches only ``*``
    times      how many times more it strikes; None is without end
    struck     how many times it did
    hit_pods   pods it has struck; faults of pods strike a pod once
    """

    id: str
    kind: str
    operation: str
    pod: str
    times: int | None
    params: dict[str, Any]
    struck: int = 0
    hit_pods: set[str] = field(default_factory=set)

    @property
    def spent(self) -> bool:
        """Has it struck as often as ordered?"""
        return self.times is not None and self.struck >= self.times

    def names(self, pod_name: str) -> bool:
        """Does its pattern take this pod?"""
        return fnmatchcase(pod_name, self.pod)

    def shown(self) -> dict[str, Any]:
        """As ``GET /sandbox/faults`` shows it."""
        shown = {"id": self.id, "kind": self.kind, "pod": self.pod, "times": self.times}
        if self.kind in REQUEST_KINDS:
            shown["operation"] = self.operation
        return shown | {"params": self.params, "struck": self.struck, "spent": self.spent}


class FaultBook:
    """All ordered faults, oldest first."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._numbers = itertools.count(1)

    def order(self, wanted: Any) -> list[Fault]:
        """Add one fault or a list; Problem 422 with a sentence per mistake, adding none."""
        entries = wanted if isinstance(wanted, list) else [wanted]
        errors = [
            error
            for index, entry in enumerate(entries)
            for error in _violations(entry, f"$[{index}]" if entries is wanted else "$")
        ]
        if errors:
            raise invalid(errors)
        added = [self._made(entry) for entry in entries]
        self._faults += added
        return added

    def all(self) -> list[Fault]:
        """Every fault, spent ones too."""
        return list(self._faults)

    def clear(self, fault_id: str | None = None) -> None:
        """Forget one fault (Problem 404 when there is none such), or all."""
        kept = [fault for fault in self._faults if fault_id and fault.id != fault_id]
        if fault_id and len(kept) == len(self._faults):
            raise not_found(f"fault {fault_id!r}")
        self._faults = kept

    def strike_request(self, operation: str, pod_name: str) -> dict[str, Fault]:
        """Faults that meet this request, one per kind; each counts as struck."""
        found: dict[str, Fault] = {}
        for fault in self._open(REQUEST_KINDS):
            meets = fault.operation in ("*", operation) and fault.names(pod_name)
            if meets and fault.kind not in found:
                fault.struck += 1
                found[fault.kind] = fault
        return found

    def strike(self, kind: str, pod_name: str) -> Fault | None:
        """The first open fault of this kind for this pod; it counts as struck."""
        for fault in self._open({kind: {}}):
            if fault.names(pod_name):
                fault.struck += 1
                return fault
        return None

    def bill_faults_of(self, pod_name: str) -> list[Fault]:
        """Every open fault of the bill for this pod; `bill_made` counts them."""
        return [fault for fault in self._open(BILL_KINDS) if fault.names(pod_name)]

    def bill_made(self) -> None:
        """A bill was made: each open fault of bills counts as struck."""
        for fault in self._open(BILL_KINDS):
            fault.struck += 1

    def open_pod_faults(self) -> list[Fault]:
        """Faults of pods that may still strike."""
        return list(self._open(POD_KINDS))

    def _open(self, kinds: dict[str, Any]) -> Iterator[Fault]:
        return (fault for fault in self._faults if fault.kind in kinds and not fault.spent)

    def _made(self, entry: dict[str, Any]) -> Fault:
        kind = entry["kind"]
        return Fault(
            id=f"fault-{next(self._numbers)}",
            kind=kind,
            operation=entry.get("operation") or DEFAULT_OPERATION.get(kind, "*"),
            pod=entry.get("pod") or "*",
            times=entry.get("times", 1),
            params=dict(entry.get("params") or {}),
        )


def _violations(entry: Any, where: str) -> list[str]:
    shape = record(
        {
            "kind": text(choices=tuple(KINDS)),
            "operation": text(choices=("*", *OPERATIONS)),
            "pod": text(minimum=1),
            "times": nullable(integer(minimum=1)),
            "params": lambda value, inner: [],
        },
        required=("kind",),
    )
    errors = shape(entry, where)
    if errors:
        return errors
    kind = entry["kind"]
    if "operation" in entry and kind not in REQUEST_KINDS:
        errors.append(f"{where}.operation: a {kind} fault takes no operation")
    params = record(KINDS[kind], required=REQUIRED_PARAMS.get(kind, ()))
    return errors + params(entry.get("params", {}), f"{where}.params")
