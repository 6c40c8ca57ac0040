"""Serverless as a rental: its endpoint, a worker's price today, what stands in its way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings

from fleet.models import (
    RESOURCE_RUNS,
    Deployment,
    MarketOffer,
    OfferKind,
    OfferSource,
    ServerlessEndpoint,
)

USUAL_DELAY_SECONDS = 4  # that a job waits before one more worker starts


@dataclass(frozen=True, slots=True)
class Workers:
    """How many workers an endpoint may have, and how long an idle one stays [s]."""

    least: int
    most: int
    idle_seconds: int

    @property
    def words(self) -> str:
        return f"{self.least} to {self.most}, idle {self.idle_seconds} s"


def workers_of(row: ServerlessEndpoint | Deployment) -> Workers:
    """What an endpoint has, or what a serverless deployment sets its endpoint up with."""
    return Workers(row.workers_min, row.workers_max or 0, row.idle_timeout_seconds)


def worker_offer_of(gpu_type_id: str, *, provider: str) -> MarketOffer | None:
    """The catalog's offer of a serverless worker's GPU; None where it sells none."""
    return MarketOffer.objects.filter(
        provider=provider,
        source=OfferSource.CATALOG,
        kind=OfferKind.SERVERLESS,
        gpu_type_id=gpu_type_id,
    ).first()


def usd_per_worker_hour(deployment: Deployment, *, provider: str) -> Decimal | None:
    """Today's price of one worker with all its GPUs [USD/h]; None where it has none."""
    offer = worker_offer_of(deployment.gpu_type_id, provider=provider)
    return offer.usd_per_gpu_hour * deployment.gpu_count if offer else None


def rental_endpoint(deployment: Deployment) -> ServerlessEndpoint | None:
    """The endpoint that is the deployment's rental and was not told to end."""
    return deployment.serverlessendpoints.filter(
        is_rental=True, status__in=RESOURCE_RUNS
    ).first()


def rental_endpoints(deployments: Iterable[Deployment]) -> dict[int, ServerlessEndpoint]:
    """The endpoints that are rentals, by deployment; no query where none is serverless."""
    asked = [each.pk for each in deployments if each.is_serverless]
    if not asked:
        return {}
    rows = ServerlessEndpoint.objects.filter(
        deployment__in=asked, is_rental=True, status__in=RESOURCE_RUNS
    )
    return {row.deployment_id: row for row in rows}


def is_seen(endpoint: ServerlessEndpoint, *, now: datetime) -> bool:
    """Whether its workers and its jobs were told lately: within three of our looks."""
    limit = timedelta(seconds=3 * settings.CLOUD_LIST_INTERVAL_SECONDS)
    looks = (endpoint.workers_seen_at, endpoint.health_at)
    return all(at is not None and now - at <= limit for at in looks)


def obstacle(deployment: Deployment, *, provider: str, now: datetime) -> str:
    """Why no endpoint is set up for it now, as a sentence; "" where one may be."""
    price = usd_per_worker_hour(deployment, provider=provider)
    limit = deployment.max_usd_per_worker_hour or Decimal(0)
    if deployment.is_given_up:
        return "its endpoint could not be set up; see it, then start it again"
    if price is None:
        return f"{provider} sells no serverless workers with {deployment.gpu_type_id} today"
    if price > limit:
        return (
            f"a worker costs {price:.4f} USD/h today, above the limit of {limit:.4f} USD/h"
        )
    if deployment.not_before is not None and deployment.not_before > now:
        return f"next attempt at {deployment.not_before:%H:%M:%S} UTC"
    return ""
