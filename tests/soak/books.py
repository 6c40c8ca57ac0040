"""What a soak left, against what the cloud knows: pods, money and time unwanted."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from economics.models import BillingObservation, CostLine, DailyProfit, Scope
from fleet.models import Orphan, Pod, PodStatus

NOTHING = Decimal(0)


@dataclass
class Findings:
    """All that is wrong is a list here, and empty; the rest is for the report.

    accounts             books less bill of each account [USD]
    noticed, unnoticed   interruptions
    """

    pod_hours: Decimal = NOTHING
    rented: int = 0
    alive: list[str] = field(default_factory=list)
    twice: list[str] = field(default_factory=list)
    unexplained: list[str] = field(default_factory=list)
    leaked: list[str] = field(default_factory=list)
    orphans: int = 0
    longest_orphan: timedelta = timedelta(0)
    longest_end: timedelta = timedelta(0)
    charged_usd: Decimal = NOTHING
    booked_usd: Decimal = NOTHING
    unattributed_usd: Decimal = NOTHING
    closed_usd: Decimal = NOTHING
    worst_pods: list[str] = field(default_factory=list)
    accounts: dict[str, Decimal] = field(default_factory=dict)
    noticed: int = 0
    unnoticed: int = 0

    @property
    def difference_usd(self) -> Decimal:
        """Books less bill: 0 when every second is booked once."""
        return self.booked_usd + self.unattributed_usd - self.charged_usd


def compare(truth: dict[str, Any], *, grace: timedelta) -> Findings:
    """The truth of the cloud against our rows, after the end of all pods.

    grace  how long a pod may live that nobody wants
    """
    found = Findings()
    ours = {pod.provider_id: pod for pod in Pod.objects.exclude(provider_id="")}
    orphans = set(Orphan.objects.values_list("provider_id", flat=True))
    booked = booked_by_pod()
    unattributed = unattributed_by_pod()
    for pod in truth["pods"]:
        row = ours.get(pod["id"])
        found.rented += 1
        found.pod_hours += Decimal(pod["alive_seconds"]) / 3600
        charged = Decimal(pod["charge_usd"]["total"])
        found.charged_usd += charged
        if pod["ended_at"] is None:
            found.alive.append(pod["name"])
            continue
        if row is None and pod["id"] not in orphans:
            found.unexplained.append(pod["name"])
        told = told_at(pod, row)
        unwanted = max(instant(pod["ended_at"]) - told, timedelta(0))
        if row is None:
            found.orphans += 1
            found.longest_orphan = max(found.longest_orphan, unwanted)
        else:
            found.longest_end = max(found.longest_end, unwanted)
        if unwanted > grace:
            found.leaked.append(f"{pod['name']} lived {unwanted} unwanted")
        kept = unattributed.get(pod["id"], NOTHING) if row is None else booked[row.pk]
        before = found.accounts.get(pod["account"], NOTHING)
        found.accounts[pod["account"]] = before + kept - charged
        if abs(kept - charged) > Decimal("0.005"):
            found.worst_pods.append(f"{pod['name']}: booked {kept}, charged {charged}")
    taken = Pod.objects.filter(interrupted_at__isnull=False)
    found.unnoticed = taken.filter(taken_at=None).count()
    found.noticed = taken.count() - found.unnoticed
    names = Counter(pod["name"] for pod in truth["pods"])
    found.twice = [name for name, count in names.items() if count > 1]
    found.booked_usd = sum(booked.values(), NOTHING)
    found.unattributed_usd = sum(unattributed.values(), NOTHING)
    found.closed_usd = closed_usd()
    return found


def told_at(pod: dict[str, Any], row: Pod | None) -> datetime:
    """Since when nobody wanted a pod: its end where it was wanted to the last."""
    if row is None:
        return instant(pod["created_at"])
    if row.terminate_requested_at is not None:
        return row.terminate_requested_at
    if row.status == PodStatus.FAILED:
        return row.status_since
    return instant(pod["ended_at"])


def booked_by_pod() -> defaultdict[int, Decimal]:
    """USD of all cost lines, per pod."""
    sums = CostLine.objects.order_by().values_list("pod").annotate(Sum("amount_usd"))
    return defaultdict(Decimal, dict(sums))


def unattributed_by_pod() -> dict[str, Decimal]:
    """USD that the bill has for pods of no row of ours, by the provider's id."""
    latest: dict[tuple[str, datetime], Decimal] = {}
    seen = BillingObservation.objects.filter(pod=None).order_by("revision")
    for each in seen:
        latest[each.provider_pod_id, each.bucket_start] = each.total_usd
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for (pod_id, _), usd in latest.items():
        sums[pod_id] += usd
    return dict(sums)


def closed_usd() -> Decimal:
    """The cost of all closed days."""
    days = DailyProfit.objects.filter(scope=Scope.ALL)
    return days.aggregate(sum=Sum("cost_usd"))["sum"] or NOTHING


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
