"""Whether buyers may be sent to a deployment: what a list of models for a market reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from fleet.models import Deployment, Health, Pod, PodStatus
from fleet.schedule import off_market_at
from fleet.selectors.health import shown_health

ANSWERING = (Health.READY, Health.BUSY)


@dataclass(frozen=True, slots=True)
class MarketReadiness:
    """Whether new requests are welcome, and why not."""

    is_ready: bool
    reason: str = ""


def market_readiness(deployment: Deployment, *, now: datetime) -> MarketReadiness:
    """Off the market before the pods drain, and on it only when a replica is READY.

    A replica that nobody could look at lately does not count: unknown is not ready.
    """
    return market_readiness_of([deployment], now=now)[deployment.pk]


def market_readiness_of(
    deployments: Iterable[Deployment], *, now: datetime
) -> dict[int, MarketReadiness]:
    """The same of many by their keys. One query, however many."""
    listed = list(deployments)
    serving: dict[int, list[Pod]] = defaultdict(list)
    for pod in Pod.objects.filter(deployment__in=listed, status=PodStatus.SERVING):
        serving[pod.deployment_id].append(pod)
    return {each.pk: _readiness(each, serving[each.pk], now=now) for each in listed}


def _readiness(
    deployment: Deployment, serving: list[Pod], *, now: datetime
) -> MarketReadiness:
    if not deployment.replicas:
        return MarketReadiness(False, "it is stopped")
    schedule = deployment.schedule
    if schedule is not None and off_market_at(
        schedule, now, notice_seconds=settings.OFF_MARKET_SECONDS
    ):
        return MarketReadiness(False, "outside its hours, or about to drain")
    if not any(shown_health(pod, now=now)[0] in ANSWERING for pod in serving):
        return MarketReadiness(False, "no replica is ready")
    return MarketReadiness(True)


def is_ready_for_market(deployment: Deployment, *, now: datetime) -> bool:
    """The same without the reason."""
    return market_readiness(deployment, now=now).is_ready
