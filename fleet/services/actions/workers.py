"""Serverless workers: how many an endpoint may have, and its start after a stop."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from fleet.models import ActionKind, Deployment, ServerlessEndpoint
from fleet.providers.resources import LONGEST_IDLE_SECONDS, MOST_WORKERS
from fleet.selectors.resources import endpoint_usd_per_hour
from fleet.selectors.serverless import (
    Workers,
    obstacle,
    rental_endpoint,
    usd_per_worker_hour,
    worker_offer_of,
    workers_of,
)
from fleet.services import endpoint_changes
from fleet.services.actions import figures, targets
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.actions.vetoes import vetoed, vetoed_more
from fleet.services.launch_guard import LaunchGuard
from fleet.services.refused import Refused

FIELDS = ("workers_min", "workers_max", "idle_timeout")
VERIFIED = (
    "It is sent to the provider, again every minute, and done when its list shows it."
)


def plan_set_workers(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """Other workers for an endpoint, a deployment's rental or not. Raises Refused."""
    endpoint = endpoint_named(parameters)
    return plan_change(
        ActionKind.SET_WORKERS,
        endpoint.deployment,
        endpoint,
        {"endpoint": endpoint.name},
        parameters,
        guard=guard,
        now=now,
    )


def endpoint_named(parameters: Mapping[str, str]) -> ServerlessEndpoint:
    """The endpoint of `endpoint`, of this cloud, not told to end. Raises Refused."""
    name = targets.word(parameters, "endpoint")
    row = (
        ServerlessEndpoint.objects.select_related("deployment__fleet")
        .filter(name=name, provider=settings.PROVIDER_NAME)
        .first()
    )
    if row is None:
        raise Refused.because(
            f"There is no endpoint called {name!r} here.", field="endpoint"
        )
    if row.end_requested_at is not None or row.is_over:
        raise Refused.because(f"{row} was told to end already.", field="endpoint")
    return row


def plan_scale(
    deployment: Deployment,
    parameters: Mapping[str, str],
    *,
    guard: LaunchGuard,
    now: datetime,
) -> CostedPlan:
    """Other workers for a serverless deployment that is started. Raises Refused."""
    if not deployment.replicas:
        raise Refused.because(f"{deployment} is stopped; start it instead.")
    if parameters.get("replicas"):
        raise Refused.because(
            f"Replicas is {parameters['replicas'][:20]!r}, and {deployment} is serverless: "
            "it has no replicas; give workers_min and workers_max.",
            field="replicas",
        )
    return plan_change(
        ActionKind.SCALE,
        deployment,
        rental_endpoint(deployment),
        {"deployment": deployment.slug},
        parameters,
        guard=guard,
        now=now,
    )


def asked_workers(parameters: Mapping[str, str], before: Workers) -> Workers:
    """The workers that are asked for; what is not named stays. Raises Refused."""
    given = {
        "workers_min": str(before.least),
        "workers_max": str(before.most),
        "idle_timeout": str(before.idle_seconds),
        **parameters,
    }
    least = targets.whole(given, "workers_min", 0, MOST_WORKERS)
    most = targets.whole(given, "workers_max", 1, MOST_WORKERS)
    idle = targets.whole(given, "idle_timeout", 1, LONGEST_IDLE_SECONDS)
    if least > most:
        raise Refused.because(
            f"Least workers is {least}, above the most, {most}; it may not exceed it.",
            field="workers_min",
        )
    return Workers(least, most, idle)


def plan_change(
    kind: ActionKind,
    deployment: Deployment,
    endpoint: ServerlessEndpoint | None,
    names: Mapping[str, str],
    parameters: Mapping[str, str],
    *,
    guard: LaunchGuard,
    now: datetime,
) -> CostedPlan:
    """From the workers there are to those asked for. Raises Refused.

    endpoint  None where the rental's is not wished for yet
    """
    before = workers_of(endpoint or deployment)
    pending = endpoint_changes.wish_of(endpoint) if endpoint else None
    asked = asked_workers(parameters, pending or before)
    if asked == (pending or before):
        raise Refused.because(
            f"Workers are {asked.words}, and {names_words(names)} has or wants as many "
            "already.",
            field="workers_max",
        )
    price = worker_price(deployment, endpoint)
    more = max(asked.most - before.most, asked.least - before.least, 0)
    less = max(before.least - asked.least, 0)
    added, saved = price * more, price * less
    return CostedPlan(
        kind=kind,
        parameters={
            **names,
            "workers_min": str(asked.least),
            "workers_max": str(asked.most),
            "idle_timeout": str(asked.idle_seconds),
        },
        target=endpoint.name
        if kind == ActionKind.SET_WORKERS and endpoint
        else str(deployment),
        title=f"Change the workers of {names_words(names)}?",
        button="Change them",
        changes=(Change("workers", (pending or before).words, asked.words),),
        account=figures.account_change(added=added, saved=saved, now=now),
        added_usd_per_hour=added,
        saved_usd_per_hour=saved,
        notes=(*rate_words(price, asked), VERIFIED),
        losses=(
            ("Workers above the most end when their job is done.",)
            if asked.most < before.most
            else ()
        ),
        blocked=blocked_change(deployment, before, asked, price, guard=guard, now=now),
        deployment=deployment,
        replicas=deployment.replicas if kind == ActionKind.SCALE else None,
        endpoint="changed",
        quoted_at=now,
    )


def blocked_change(
    deployment: Deployment,
    before: Workers,
    asked: Workers,
    price: Decimal,
    *,
    guard: LaunchGuard,
    now: datetime,
) -> str:
    """Why the money forbids more workers now; what may run already is weighed as such."""
    more = max(asked.most - before.most, 0)
    if not more and asked.least <= before.least:
        return ""
    return vetoed(
        deployment.slug,
        price * more,
        fleet_id=deployment.fleet_id,
        deployment_id=deployment.pk,
        guard=guard,
        now=now,
    )


def names_words(names: Mapping[str, str]) -> str:
    (name,) = names.values()
    return name


def worker_price(deployment: Deployment, endpoint: ServerlessEndpoint | None) -> Decimal:
    """What one worker costs [USD/h]: as agreed, else today, else at most."""
    if endpoint is not None:
        return endpoint.usd_per_worker_hour
    today = usd_per_worker_hour(deployment, provider=settings.PROVIDER_NAME)
    return today or deployment.max_usd_per_worker_hour or Decimal(0)


def rate_words(price: Decimal, workers: Workers) -> tuple[str, ...]:
    """What an endpoint costs at no worker, at the least and at the most."""
    return (
        f"0 USD/h while no worker runs; {price * workers.least:.4f} USD/h without any job, "
        f"at the least of {workers.least}; {price * workers.most:.4f} USD/h is the most, "
        f"while {workers.most} run.",
        f"{price:.4f} USD per hour of each worker, by the second, cold start and "
        f"{workers.idle_seconds} s of idle time included.",
    )


def apply_workers(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Write the wish; the next tick sends it."""
    deployment = plan.deployment
    assert deployment is not None
    asked = asked_workers(plan.parameters, workers_of(deployment))
    if plan.kind == ActionKind.SET_WORKERS:
        endpoint: ServerlessEndpoint | None = endpoint_named(plan.parameters)
    else:
        endpoint = rental_endpoint(deployment)
    if endpoint is None:
        endpoint_changes.set_workers_of(deployment, asked)
    else:
        endpoint_changes.wish(endpoint, asked, acting_user=confirmed.acting_user, now=now)
    deployment.refresh_from_db()
    return deployment


def plan_start(deployment: Deployment, *, guard: LaunchGuard, now: datetime) -> CostedPlan:
    """The endpoint again, after a stop or after it could not be set up. Raises Refused."""
    if deployment.replicas and not deployment.is_given_up:
        raise Refused.because(f"{deployment} is started already.")
    asked = workers_of(deployment)
    price = worker_price(deployment, None)
    offer = worker_offer_of(deployment.gpu_type_id, provider=settings.PROVIDER_NAME)
    at_most = price * asked.most
    freed = figures.with_columns(
        deployment,
        {"launch_failures": 0, "launches_stopped_at": None, "not_before": None},
    )
    wait = obstacle(freed, provider=settings.PROVIDER_NAME, now=now)
    return CostedPlan(
        kind=ActionKind.START,
        parameters={"deployment": deployment.slug},
        target=deployment.slug,
        title=f"Set up the serverless endpoint of {deployment.slug} again?",
        button="Set up, at most",
        changes=(Change("workers", "none", f"{asked.least} to {asked.most}"),),
        account=figures.account_change(added=at_most, now=now),
        added_usd_per_hour=at_most,
        price_read_at=offer.seen_at if offer else None,
        notes=rate_words(price, asked),
        warnings=(f"It would wait: {wait}.",) if wait else (),
        blocked=vetoed_more(deployment, at_most, guard=guard, now=now),
        deployment=deployment,
        replicas=1,
        endpoint="set up",
        quoted_at=now,
    )


def endpoint_saving(deployment: Deployment) -> Decimal:
    """What ending the rental's endpoint saves now [USD/h]."""
    endpoint = rental_endpoint(deployment)
    if endpoint is None or not endpoint.may_be_billed:
        return Decimal(0)
    return endpoint_usd_per_hour(endpoint)
