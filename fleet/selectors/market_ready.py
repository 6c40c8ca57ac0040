"""Whether buyers may be sent to a deployment: what a list of models for a market reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from fleet.models import (
    Deployment,
    Health,
    Pod,
    PodStatus,
    ResourceStatus,
    ServerlessEndpoint,
)
from fleet.schedule import off_market_at
from fleet.selectors.health import shown_health
from fleet.selectors.serverless import is_seen, rental_endpoints

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
    """The same of many by their keys. Two queries, however many."""
    listed = list(deployments)
    endpoints = rental_endpoints(listed)
    serving: dict[int, list[Pod]] = defaultdict(list)
    for pod in Pod.objects.filter(deployment__in=listed, status=PodStatus.SERVING):
        serving[pod.deployment_id].append(pod)
    return {
        each.pk: endpoint_readiness(endpoints.get(each.pk), now=now)
        if each.wants_endpoint
        else _readiness(each, serving[each.pk], now=now)
        for each in listed
    }


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


def endpoint_readiness(
    endpoint: ServerlessEndpoint | None, *, now: datetime
) -> MarketReadiness:
    """On the market while the endpoint is live, may have workers, and answers lately.

    A stop takes it off at once, and its jobs may finish afterwards.
    """
    if endpoint is None or endpoint.status != ResourceStatus.LIVE:
        return MarketReadiness(False, "its endpoint is not live")
    if not endpoint.workers_max:
        return MarketReadiness(False, "its endpoint may have no workers")
    if not is_seen(endpoint, now=now):
        return MarketReadiness(False, "its endpoint has not told its health lately")
    return MarketReadiness(True)


def is_ready_for_market(deployment: Deployment, *, now: datetime) -> bool:
    """The same without the reason."""
    return market_readiness(deployment, now=now).is_ready
