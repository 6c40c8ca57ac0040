"""Faults of the bill: buckets that come late, are left out, or say something else."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from fleet.sandbox.faults import Fault, FaultBook
from fleet.sandbox.money import PLACES
from fleet.sandbox.wire import parse_rfc3339


def troubled(
    rows: list[dict[str, Any]], faults: FaultBook, names: Mapping[str, str], *, now: float
) -> list[dict[str, Any]]:
    """Records of pods as the ordered faults leave them; the account's money stays.

    names  of the pods, by id
    """
    kept = []
    for row in rows:
        shown: dict[str, Any] | None = row
        for fault in faults.bill_faults_of(names[row["podId"]]):
            shown = None if shown is None else _after(fault, shown, now=now)
        if shown is not None:
            kept.append(shown)
    faults.bill_made()
    return kept


def _after(fault: Fault, row: dict[str, Any], *, now: float) -> dict[str, Any] | None:
    """A record as one fault leaves it; None: left out."""
    start, end = (parse_rfc3339(row[name], name) for name in ("startTime", "endTime"))
    hour = fault.params.get("hour")
    if hour is not None and parse_rfc3339(hour, "hour") != start:
        return row
    if fault.kind == "bill_gap":
        return None
    if fault.kind == "bill_late":
        return row if end + fault.params["seconds"] <= now else None
    factor = Decimal(fault.params["factor"])
    changed = {
        name: (row[name] * factor).quantize(PLACES, ROUND_HALF_UP)
        for name in ("gpuAmount", "cpuAmount", "diskAmount")
    }
    return row | changed | {"totalAmount": sum(changed.values(), Decimal(0))}
