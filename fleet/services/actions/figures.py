"""The money of an action: what a new replica costs, what an old one has cost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from fleet.models import MAYBE_BILLED, Deployment, Pod
from fleet.schedule import mean_hours_per_day, replica_seconds
from fleet.selectors.account import known_balance, runway_hours
from fleet.selectors.burn import (
    committed_usd_per_hour,
    container_disk_usd_per_hour,
    pod_usd_per_hour,
)
from fleet.selectors.providers import main_provider, spot_provider
from fleet.selectors.spent import usd_so_far
from fleet.services import replicas
from fleet.services.actions.plan import AccountChange
from fleet.services.order_hours import WEEK

RESIDUE = Decimal("1E-9")  # USD/h: what divisions for hours of a month leave of a sum


@dataclass(frozen=True, slots=True)
class ReplicaPrice:
    """What one more replica of a deployment costs.

    usd_per_hour  [USD / pod-hour] with its disk
    read_at       when the catalog said it; None: the deployment's own limit stands in
    limit         [USD / GPU-hour] above which nothing is rented
    too_dear      today's price is above the limit: nothing would be rented
    """

    usd_per_hour: Decimal
    read_at: datetime | None
    limit: Decimal
    too_dear: bool = False


def price_of_replica(deployment: Deployment) -> ReplicaPrice:
    """Today's price, and where the catalog has none, the most it may cost."""
    disk = container_disk_usd_per_hour(deployment.container_disk_gb)
    where = renting_provider(deployment)
    limit = replicas.limit_usd_per_gpu_hour(deployment, provider=where)
    offer = replicas.todays_offer(deployment, provider=where)
    if offer is None:
        return ReplicaPrice(limit * deployment.gpu_count + disk, None, limit)
    per_gpu = offer.usd_per_gpu_hour
    return ReplicaPrice(
        per_gpu * deployment.gpu_count + disk,
        offer.seen_at,
        limit,
        too_dear=per_gpu > limit,
    )


def billed_usd_per_hour(pods: Iterable[Pod]) -> Decimal:
    """What ending these pods saves [USD/h]; one that is not rented saves nothing."""
    return sum(
        (pod_usd_per_hour(pod) for pod in pods if pod.status in MAYBE_BILLED), Decimal(0)
    )


def spent_usd(pods: Iterable[Pod], *, now: datetime) -> Decimal:
    """What these pods have cost so far [USD], by our own seconds and the agreed price."""
    return sum((usd_so_far(pod, until=now) for pod in pods), Decimal(0))


def account_change(
    *,
    added: Decimal = Decimal(0),
    saved: Decimal = Decimal(0),
    provider: str = "",
    now: datetime,
) -> AccountChange:
    """The account at `provider`, or the main one, before and after [USD/h]."""
    payer = provider or main_provider()
    before = committed_usd_per_hour(payer)
    after = before + added - saved
    if after < RESIDUE:  # else a balance lasts for as many years as the last digit says
        after = Decimal(0)
    balance, reason = known_balance(now=now, provider=payer)
    return AccountChange(
        usd_per_hour_before=before,
        usd_per_hour_after=after,
        balance=balance,
        runway_hours_before=runway_hours(balance, before),
        runway_hours_after=runway_hours(balance, after),
        reason=reason,
    )


def account_relieved(
    pods: Iterable[Pod], *, also: Decimal = Decimal(0), now: datetime
) -> AccountChange:
    """The account of which the end of `pods` takes most, and what it takes of that one.

    also  [USD/h] that the main account is relieved of besides
    """
    saved = saved_by_account(pods, also=also)
    payer = max(saved, key=saved.__getitem__)
    return account_change(saved=saved[payer], provider=payer, now=now)


def saved_by_account(pods: Iterable[Pod], *, also: Decimal) -> dict[str, Decimal]:
    """What each account is relieved of by the end of `pods` [USD/h], and the main one,
    which is always among them, of `also` besides."""
    saved = defaultdict(Decimal, {main_provider(): also})
    for pod in pods:
        saved[pod.provider] += billed_usd_per_hour([pod])
    return saved


def renting_provider(deployment: Deployment) -> str:
    """Whose account pays a new replica."""
    return spot_provider() if deployment.is_spot else main_provider()


def hours_per_day(deployment: Deployment, *, now: datetime) -> Decimal:
    """Hours of a day in which the deployment rents, the mean of the next 7 days."""
    return mean_hours_per_day(deployment.schedule, now)


def with_columns(deployment: Deployment, columns: Mapping[str, Any]) -> Deployment:
    """A copy that is never saved, to ask what the changed row would want."""
    changed = copy(deployment)
    for name, value in columns.items():
        setattr(changed, name, value)
    return changed


@dataclass(frozen=True, slots=True)
class ReplicaChange:
    """What another wish means for a deployment's pods now, and for the rent of a day.

    missing, surplus  replicas to rent now, and those to end, by `replicas.worth`
    ordered_before    of those missing: wanted already, and not rented yet
    added, saved      [USD/h]
    daily_usd         [USD/day] more than what is rented, the mean of the next 7 days
    """

    missing: int
    ordered_before: int
    surplus: tuple[Pod, ...]
    price: ReplicaPrice
    added: Decimal
    saved: Decimal
    daily_usd: Decimal


def replica_change(
    deployment: Deployment, changed: Deployment, *, now: datetime
) -> ReplicaChange:
    """From the row as it is to `changed`, of the same machine."""
    live = sorted(deployment.pods.wanted(), key=replicas.worth)
    # Not the number itself: its hours may be closed, or a burst has grown beyond it.
    wanted = replicas.rented_for(changed, now=now)
    missing, surplus = max(wanted - len(live), 0), tuple(live[wanted:])
    price = price_of_replica(changed)
    per_hour = price.usd_per_hour
    before = price_of_replica(deployment).usd_per_hour
    asked = replicas.rented_for(deployment, now=now)
    waiting = max(asked - len(live), 0)
    # What was ordered a moment ago is not rented yet: it is no cost that is paid already.
    paid = daily_usd(deployment, before, now=now)
    paid -= paid * waiting / asked if waiting else 0
    return ReplicaChange(
        missing=missing,
        ordered_before=min(waiting, missing),
        surplus=surplus,
        price=price,
        added=per_hour * missing,
        saved=billed_usd_per_hour(surplus),
        daily_usd=daily_usd(changed, per_hour, now=now) - paid,
    )


def daily_usd(deployment: Deployment, price: Decimal, *, now: datetime) -> Decimal:
    """What it rents a day [USD/day], the mean of the next 7; of a burst its baseline."""
    if deployment.schedule is None:
        return price * deployment.replicas * 24
    seconds = replica_seconds(deployment.schedule, now, now + WEEK)
    return price * seconds / 3600 / 7
