"""Volumes and endpoints: actions that rent one for a deployment, and that end one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from django.conf import settings

from fleet.models import (
    RESOURCE_OVER,
    ActionKind,
    Cloud,
    Deployment,
    MarketOffer,
    NetworkVolume,
    OfferKind,
    OfferSource,
    ServerlessEndpoint,
)
from fleet.providers.resources import (
    LARGEST_VOLUME_GB,
    SMALLEST_VOLUME_GB,
)
from fleet.selectors.resources import (
    endpoint_usd_per_hour,
    volume_usd_per_hour,
    volume_usd_per_month,
)
from fleet.selectors.serverless import Workers
from fleet.services import audit, resource_rent
from fleet.services.actions import figures, targets
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.actions.vetoes import vetoed_more
from fleet.services.actions.workers import asked_workers
from fleet.services.launch_guard import LaunchGuard
from fleet.services.refused import Refused
from fleet.services.replicas import our_name
from fleet.services.resource_rent import Resource

VOLUME_FIELDS = ("deployment", "size_gb", "data_center")
ENDPOINT_FIELDS = ("deployment", "workers_min", "workers_max", "idle_timeout")
MOUNT_PATH = "/workspace"
NEW_WORKERS = Workers(least=0, most=1, idle_seconds=10)

Row = TypeVar("Row", NetworkVolume, ServerlessEndpoint)


def plan_add_volume(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """Rent a network volume for a deployment's weights. Raises Refused."""
    deployment = targets.deployment_named(parameters)
    size_gb = targets.whole(parameters, "size_gb", SMALLEST_VOLUME_GB, LARGEST_VOLUME_GB)
    center = targets.word(parameters, "data_center")
    refuse_volume(deployment)
    per_hour = volume_usd_per_hour(size_gb)
    return CostedPlan(
        kind=ActionKind.ADD_VOLUME,
        parameters={
            "deployment": deployment.slug,
            "size_gb": str(size_gb),
            "data_center": center,
        },
        target=deployment.slug,
        title=f"Rent a volume of {size_gb} GB in {center} for {deployment.slug}?",
        button=f"Rent {size_gb} GB",
        changes=(Change("volume", "none", f"{size_gb} GB in {center}"),),
        account=figures.account_change(added=per_hour, now=now),
        added_usd_per_hour=per_hour,
        notes=(
            f"{volume_usd_per_month(size_gb):.2f} USD a month, from its creation until it "
            "is deleted, whether or not a pod runs.",
            f"Pods that start from then on run in {center}, mount it at {MOUNT_PATH} and "
            "keep their weights there: the second load is faster than the first.",
            "It can not shrink. Pods that run already do not mount it.",
        ),
        warnings=weights_warning(deployment, size_gb),
        blocked=vetoed_more(deployment, per_hour, guard=guard, now=now),
        deployment=deployment,
        quoted_at=now,
    )


def weights_warning(deployment: Deployment, size_gb: int) -> tuple[str, ...]:
    """A word where the weights do not fit on the volume."""
    weight_gb = deployment.variant.weight_gb
    if weight_gb <= size_gb:
        return ()
    return (
        f"The weights of {deployment.variant} are {weight_gb} GB: they do not fit, and "
        "pods would fail to start.",
    )


def apply_add_volume(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment:
    """Write the wish; the next tick rents it."""
    assert plan.deployment is not None
    deployment = plan.deployment
    volume = NetworkVolume.objects.create(
        deployment=deployment,
        name=our_name(deployment.slug, f"-vol-{deployment.networkvolumes.count() + 1}"),
        status_since=now,
        requested_at=now,
        provider=settings.PROVIDER_NAME,
        size_gb=int(plan.parameters["size_gb"]),
        data_center_id=plan.parameters["data_center"],
        mount_path=MOUNT_PATH,
    )
    audit.record(
        "order volume",
        volume,
        acting_user=confirmed.acting_user,
        now=now,
        size_gb=volume.size_gb,
        usd_per_month=volume_usd_per_month(volume.size_gb),
    )
    return deployment


def plan_add_endpoint(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """Set up a serverless endpoint with a deployment's model and GPU. Raises Refused."""
    deployment = targets.deployment_named(parameters)
    asked = asked_workers(parameters, NEW_WORKERS)
    least, most, idle = asked.least, asked.most, asked.idle_seconds
    offer = worker_offer(deployment)
    per_worker = offer.usd_per_gpu_hour * deployment.gpu_count
    at_most, always = per_worker * most, per_worker * least
    return CostedPlan(
        kind=ActionKind.ADD_ENDPOINT,
        parameters={
            "deployment": deployment.slug,
            "workers_min": str(least),
            "workers_max": str(most),
            "idle_timeout": str(idle),
        },
        target=deployment.slug,
        title=f"Set up a serverless endpoint for {deployment.slug}?",
        button="Set up, at most",
        changes=(Change("workers", "none", f"{least} to {most}"),),
        account=figures.account_change(added=at_most, now=now),
        added_usd_per_hour=at_most,
        price_read_at=offer.seen_at,
        notes=(
            f"{per_worker:.4f} USD per hour of each worker, from its start to its full "
            f"stop: cold start and {idle} s of idle time included.",
            f"{always:.4f} USD/h without any job; {at_most:.4f} USD/h is the most, while "
            f"{most} workers run.",
            "Tokens that it serves are not metered yet: its cost is booked, its revenue is "
            "not.",
        ),
        blocked=vetoed_more(deployment, at_most, guard=guard, now=now),
        deployment=deployment,
        quoted_at=now,
    )


def worker_offer(deployment: Deployment) -> MarketOffer:
    """The catalog's price of a serverless worker's GPU. Raises Refused without one."""
    offer = MarketOffer.objects.filter(
        provider=settings.PROVIDER_NAME,
        source=OfferSource.CATALOG,
        kind=OfferKind.SERVERLESS,
        gpu_type_id=deployment.gpu_type_id,
    ).first()
    if offer is None:
        raise Refused.because(
            f"{settings.PROVIDER_NAME} sells no serverless workers with "
            f"{deployment.gpu_type_id}; see GPU prices for those it has.",
            field="deployment",
        )
    return offer


def apply_add_endpoint(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment:
    """Write the wish; the next tick sets it up."""
    assert plan.deployment is not None
    deployment = plan.deployment
    offer = worker_offer(deployment)
    count = deployment.serverlessendpoints.count()
    endpoint = ServerlessEndpoint.objects.create(
        deployment=deployment,
        name=our_name(deployment.slug, f"-sls-{count + 1}"),
        status_since=now,
        requested_at=now,
        provider=settings.PROVIDER_NAME,
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        workers_min=int(plan.parameters["workers_min"]),
        workers_max=int(plan.parameters["workers_max"]),
        idle_timeout_seconds=int(plan.parameters["idle_timeout"]),
        disk_gb=deployment.container_disk_gb,
        image=settings.WORKER_IMAGE,
        usd_per_worker_hour=offer.usd_per_gpu_hour * deployment.gpu_count,
    )
    audit.record(
        "order endpoint",
        endpoint,
        acting_user=confirmed.acting_user,
        now=now,
        usd_per_worker_hour=endpoint.usd_per_worker_hour,
        workers=f"{endpoint.workers_min} to {endpoint.workers_max}",
    )
    return deployment


def plan_end_volume(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """Delete a volume with all that is on it; its name is typed. Raises Refused."""
    volume = named(NetworkVolume, targets.word(parameters, "volume"), "volume")
    if users := resource_rent.mounted_by(volume):
        raise Refused.because(
            f"{volume} is mounted by {', '.join(users)}; stop them first.", field="volume"
        )
    saved = volume_usd_per_hour(volume.size_gb) if volume.may_be_billed else Decimal(0)
    return end_plan(
        ActionKind.END_VOLUME,
        volume,
        saved,
        losses=(
            f"The {volume.size_gb} GB on it are erased, and this can not be taken back: "
            "the next pod loads its weights from the hub again.",
        ),
        now=now,
    )


def plan_end_endpoint(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """End an endpoint with its workers and jobs. Raises Refused."""
    endpoint = named(ServerlessEndpoint, targets.word(parameters, "endpoint"), "endpoint")
    if endpoint.is_rental:
        raise Refused.because(
            f"{endpoint} is the rental of {endpoint.deployment}, which would set up "
            f"another one; stop {endpoint.deployment} instead.",
            field="endpoint",
        )
    saved = endpoint_usd_per_hour(endpoint) if endpoint.may_be_billed else Decimal(0)
    return end_plan(
        ActionKind.END_ENDPOINT,
        endpoint,
        saved,
        losses=("Its workers end at once, and jobs that wait or run are cancelled.",),
        now=now,
    )


def end_plan(
    kind: ActionKind,
    row: Resource,
    saved: Decimal,
    *,
    losses: tuple[str, ...],
    now: datetime,
) -> CostedPlan:
    """The plan of an end."""
    return CostedPlan(
        kind=kind,
        parameters={row.kind: row.name},
        target=row.name,
        title=f"End {row.name}?",
        button="Delete it" if row.kind == NetworkVolume.kind else "End it",
        changes=(Change(row.kind, row.get_status_display(), "ended"),),
        account=figures.account_change(saved=saved, now=now),
        saved_usd_per_hour=saved,
        losses=losses,
        notes=("Billing ends when the provider confirms it; it is asked until it does.",),
        typed=row.name if row.kind == NetworkVolume.kind else "",
        deployment=None,
        quoted_at=now,
    )


def apply_end_volume(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Tell the volume to end."""
    return apply_end(named(NetworkVolume, plan.target, "volume"), confirmed, now=now)


def apply_end_endpoint(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Tell the endpoint to end."""
    return apply_end(named(ServerlessEndpoint, plan.target, "endpoint"), confirmed, now=now)


def apply_end(
    row: Resource, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Tell it to end; the next tick sends the delete until it is gone."""
    try:
        resource_rent.request_end(row, acting_user=confirmed.acting_user, now=now)
    except ValueError as mounted:
        raise Refused.because(str(mounted)) from None
    return None


def named(model: type[Row], name: str, field: str) -> Row:
    """The row of that name, of this cloud, that has not ended. Raises Refused."""
    rows = model._default_manager.filter(name=name, provider=settings.PROVIDER_NAME)
    row = rows.first()
    if row is None:
        raise Refused.because(f"There is no {field} called {name!r} here.", field=field)
    if row.end_requested_at is not None or row.is_over:
        raise Refused.because(f"{row} was told to end already.", field=field)
    return row


def refuse_volume(deployment: Deployment) -> None:
    """Raise Refused for a deployment whose pods can not mount one volume more."""
    if deployment.cloud != Cloud.SECURE:
        raise Refused.because(
            f"{deployment} rents on the community cloud, where no network volume is "
            "mounted; it needs the secure cloud.",
            field="deployment",
        )
    if existing := open_volume(deployment):
        raise Refused.because(
            f"{deployment} has the volume {existing} already, and a pod mounts one.",
            field="deployment",
        )


def open_volume(deployment: Deployment) -> NetworkVolume | None:
    """The deployment's volume that has not ended."""
    return deployment.networkvolumes.exclude(status__in=RESOURCE_OVER).first()
