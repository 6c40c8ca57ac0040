"""Volumes and endpoints: rented once, ended until the provider says that they are gone."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.conf import settings
from django.db.models import Q

from fleet.models import (
    ENDED,
    RESOURCE_OVER,
    RESOURCE_RUNS,
    Deployment,
    NetworkVolume,
    Pod,
    ResourceStatus,
    ServerlessEndpoint,
)
from fleet.providers.base import InvalidRequest, ProviderRefused, ProviderUnavailable
from fleet.providers.resources import (
    CloudEndpoint,
    CloudVolume,
    EndpointRequest,
    FullProvider,
    VolumeRequest,
)
from fleet.selectors.resources import live_volume_of, volume_usd_per_hour
from fleet.services import audit, endpoint_health, fault_points, replicas, spending
from fleet.services.endpoint_changes import read_anew
from fleet.services.isolation import apart
from fleet.services.launch_guard import LaunchGuard, rent_request

log = logging.getLogger(__name__)

Resource = NetworkVolume | ServerlessEndpoint
Listed = CloudVolume | CloudEndpoint
RESEND_SECONDS = 60
WAIT_SECONDS = 120  # after a refusal that another hour may turn
TIER = "STANDARD"  # the only tier whose price is known


def tend(
    *, provider: FullProvider, guard: LaunchGuard, now: datetime, troubles: list[str]
) -> list[str]:
    """Send what is wanted and what must end; a word about each step taken."""
    words = []
    for row in due(provider.name, now=now):
        rent = partial(create, row, provider=provider, guard=guard, now=now)
        if apart(str(row), rent, troubles):
            words.append(f"created {row}")
    for row in ending(provider.name):
        finish = partial(end_until_gone, row, provider=provider, now=now)
        if apart(str(row), finish, troubles):
            words.append(f"gone: {row}")
    return words


def due(provider_name: str, *, now: datetime) -> list[Resource]:
    """The intents that may be sent now: volumes first, endpoints may mount them."""
    may = Q(not_before__isnull=True) | Q(not_before__lte=now)
    return [
        row
        for model in (NetworkVolume, ServerlessEndpoint)
        for row in model.objects.select_related("deployment__variant__served_model").filter(
            may, provider=provider_name, status=ResourceStatus.REQUESTED
        )
    ]


def ending(provider_name: str) -> list[Resource]:
    """What must end: endpoints first, because they mount volumes."""
    return [
        row
        for model in (ServerlessEndpoint, NetworkVolume)
        for row in model.objects.filter(
            provider=provider_name, status=ResourceStatus.ENDING
        )
    ]


def create(
    row: Resource, *, provider: FullProvider, guard: LaunchGuard, now: datetime
) -> bool:
    """Rent what a REQUESTED row wants; True if this call did.

    Claim, call, record, as for pods: a create without an answer is never sent again, and
    the list finds what it made by its name.
    """
    try:
        request_of(row)
    except ValueError as wrong:
        fail(row, f"can not be sent: {wrong}", now=now, give_up=True)
        return False
    if not claim(row, guard=guard, now=now):
        return False
    request = request_of(row)
    fault_points.reach("resource_claimed")
    try:
        made: Listed
        if isinstance(request, VolumeRequest):
            made = provider.create_volume(request)
        else:
            made = provider.create_endpoint(request)
    except ProviderUnavailable as silence:
        reason = f"the create was not answered ({silence}); looking for it by name"
        _say(row, reason)
        return False
    except InvalidRequest as refusal:
        fail(row, str(refusal), now=now, give_up=True)
        return False
    except ProviderRefused as refusal:
        postpone(row, str(refusal), now=now)
        return False
    fault_points.reach("resource_created")
    return record(row, made, now=now)


def fail(row: Resource, reason: str, *, now: datetime, give_up: bool) -> bool:
    """Nothing was rented; True if this call said so.

    The endpoint of a rental is wished for again by its deployment, so that its failures
    are counted there, as those of pods are.

    give_up  the request itself is wrong: every further attempt would fail the same way
    """
    if not row.move_to(ResourceStatus.FAILED, now=now, reason=reason):
        return False
    if isinstance(row, ServerlessEndpoint) and row.is_rental:
        replicas.note_launch_failure(
            row.deployment, now=now, reason=reason, give_up=give_up
        )
    return True


def claim(row: Resource, *, guard: LaunchGuard, now: datetime) -> bool:
    """Take a row for this worker, unless the switch or the guard forbid new spending."""
    with spending.one_at_a_time():
        read_anew(row)
        if row.status != ResourceStatus.REQUESTED:
            return False  # another worker has it, or it is wanted no more
        request = rent_request(
            row.deployment,
            provider=row.provider,
            usd_per_hour=usd_per_hour_asked(row),
            now=now,
        )
        veto = spending.refusal(request, guard=guard)
        if veto is None:
            return row.move_to(
                ResourceStatus.CREATING,
                now=now,
                reason="the create is on its way to the provider",
                facts={"sent_at": now, "list_misses": 0},
            )
    _hold(row, f"not created: {veto}", now=now)
    return False


def usd_per_hour_asked(row: Resource) -> Decimal:
    """What it may cost per hour [USD/h]: of an endpoint, with as many workers as may."""
    if isinstance(row, NetworkVolume):
        return volume_usd_per_hour(row.size_gb)
    return row.most_usd_per_hour


def request_of(row: Resource) -> VolumeRequest | EndpointRequest:
    """The provider's create for a row. Raises ValueError with a sentence."""
    if isinstance(row, NetworkVolume):
        return VolumeRequest(row.name, row.size_gb, row.data_center_id, TIER)
    deployment = row.deployment
    volume = live_volume_of(deployment.pk)
    env = {
        "MODEL_NAME": deployment.variant.repository,
        "OPENAI_SERVED_MODEL_NAME_OVERRIDE": deployment.variant.served_model.slug,
        "MAX_MODEL_LEN": str(deployment.max_model_len),
        "GPU_MEMORY_UTILIZATION": str(deployment.gpu_memory_utilization),
        "TENSOR_PARALLEL_SIZE": str(row.gpu_count),
    }
    return EndpointRequest(
        name=row.name,
        image=row.image,
        args="",
        env=env | {key: str(value) for key, value in deployment.extra_env.items()},
        gpu_type_id=row.gpu_type_id,
        gpu_count=row.gpu_count,
        workers_min=row.workers_min,
        workers_max=row.workers_max,
        disk_gb=row.disk_gb,
        idle_timeout_seconds=row.idle_timeout_seconds,
        queue_delay_seconds=row.queue_delay_seconds,
        volume_ids=(volume.provider_id,) if volume else (),
        data_center_ids=(volume.data_center_id,) if volume else (),
    )


def record(row: Resource, made: Listed, *, now: datetime) -> bool:
    """Store what the provider made; also when it is adopted by its name.

    What was told to end meanwhile keeps that order.
    """
    facts = rented_facts(row, made, now=now)
    reason = verified(row, made)
    if row.status != ResourceStatus.ENDING and row.move_to(
        ResourceStatus.LIVE, now=now, reason=reason, facts=facts
    ):
        if isinstance(row, ServerlessEndpoint) and row.is_rental:
            Deployment.objects.filter(pk=row.deployment_id).update(
                launch_failures=0, not_before=None
            )
        return True
    rows = type(row)._default_manager.filter(
        pk=row.pk, status=ResourceStatus.ENDING, provider_id=""
    )
    return bool(rows.update(**facts))


def rented_facts(row: Resource, made: Listed, *, now: datetime) -> dict[str, Any]:
    """The columns that a row has once it is known what the provider made for it.

    Billing begins with the provider's word, and of a volume, which has none, with the
    sending of its create: never later than it is charged.
    """
    return {
        "provider_id": made.provider_id,
        "billed_from": made.created_at if isinstance(made, CloudEndpoint) else row.sent_at,
        "listed_at": now,
        "list_misses": 0,
    }


def verified(row: Resource, made: Listed) -> str:
    """What differs from the order, as a sentence; empty when it is as ordered."""
    if isinstance(row, NetworkVolume) and isinstance(made, CloudVolume):
        if made.size_gb != row.size_gb:
            return f"the provider says {made.size_gb} GB, {row.size_gb} GB were ordered"
        if made.data_center_id != row.data_center_id:
            return f"it is in {made.data_center_id}, {row.data_center_id} was ordered"
    return ""


def postpone(row: Resource, reason: str, *, now: datetime) -> None:
    """Let a refused intent wait under its own name; nothing was rented."""
    wait = now + timedelta(seconds=WAIT_SECONDS)
    facts = {"sent_at": None, "not_before": wait}
    if not row.move_to(ResourceStatus.REQUESTED, now=now, reason=reason, facts=facts):
        row.refresh_from_db()
        if row.status == ResourceStatus.ENDING and not row.provider_id:
            row.move_to(ResourceStatus.FAILED, now=now, reason=f"called off; {reason}")


def request_end(
    row: Resource,
    *,
    acting_user: str,
    now: datetime,
    reason: str = "",
    at_once: bool = True,
) -> bool:
    """Say that it must end; True if this call said it. Raises ValueError with a sentence
    while a pod or an endpoint mounts the volume.

    at_once  without waiting for the jobs of an endpoint, at most as long as pods drain
    """
    if isinstance(row, NetworkVolume) and (users := mounted_by(row)):
        raise ValueError(
            f"{row} is mounted by {', '.join(users)}; a volume is deleted only when "
            "nothing mounts it. Stop them first."
        )
    if row.status == ResourceStatus.REQUESTED:
        moved = row.move_to(ResourceStatus.FAILED, now=now, reason=f"called off: {reason}")
    elif row.status in (ResourceStatus.CREATING, ResourceStatus.LIVE):
        facts = {"end_requested_at": now}
        if isinstance(row, ServerlessEndpoint) and not at_once:
            facts["drains_until"] = now + timedelta(seconds=settings.DRAIN_SECONDS)
        moved = row.move_to(ResourceStatus.ENDING, now=now, reason=reason, facts=facts)
    else:
        return False
    if moved:
        audit.record(
            f"end {row.kind}", row, acting_user=acting_user, now=now, reason=reason
        )
    return moved


def end_endpoints(
    deployments: Sequence[Deployment],
    *,
    acting_user: str,
    now: datetime,
    reason: str,
    rental_only: bool = False,
    at_once: bool = False,
) -> list[str]:
    """Tell the serverless endpoints of deployments to end; the names of those told.

    Volumes are never ended this way: they hold data. An endpoint whose create was given
    up is told too: should it show up after all, it ends.

    rental_only  only those that are their rental, not those set up beside it
    at_once      without a drain; drains that run are cut short
    """
    theirs = ServerlessEndpoint.objects.filter(
        deployment__in=[each.pk for each in deployments]
    )
    if rental_only:
        theirs = theirs.filter(is_rental=True)
    if at_once:
        theirs.filter(status=ResourceStatus.ENDING).update(drains_until=None)
    theirs.filter(
        status=ResourceStatus.FAILED, sent_at__isnull=False, end_requested_at__isnull=True
    ).update(end_requested_at=now)
    rows = theirs.filter(status__in=RESOURCE_RUNS).order_by("pk")
    return [
        row.name
        for row in rows
        if request_end(
            row, acting_user=acting_user, now=now, reason=reason, at_once=at_once
        )
    ]


def mounted_by(volume: NetworkVolume) -> list[str]:
    """Names of what mounts a volume: pods that have not ended, endpoints that have not."""
    pods = Pod.objects.filter(network_volume=volume).exclude(status__in=ENDED)
    endpoints = ServerlessEndpoint.objects.filter(deployment=volume.deployment_id).exclude(
        status__in=RESOURCE_OVER
    )
    names = pods.order_by("pk").values_list("name", flat=True)
    return [*names, *endpoints.values_list("name", flat=True)]


def end_until_gone(row: Resource, *, provider: FullProvider, now: datetime) -> bool:
    """Delete it, again every minute, and ask for it; True if the provider says gone.

    One without an id waits: the list finds it by its name, or says that it never was.
    """
    if not row.provider_id:
        return False
    sent = row.end_sent_at
    if sent is None and endpoint_health.drains(row, provider=provider, now=now):
        return False
    if sent is None or now - sent >= timedelta(seconds=RESEND_SECONDS):
        delete = (
            provider.delete_volume
            if isinstance(row, NetworkVolume)
            else provider.delete_endpoint
        )
        delete(row.provider_id)
        fault_points.reach("resource_deleted")
        row.end_sent_at = now
        type(row)._default_manager.filter(pk=row.pk).update(end_sent_at=now)
        fault_points.reach("resource_delete_noted")
    seen: Listed | None = (
        provider.volume(row.provider_id)
        if isinstance(row, NetworkVolume)
        else provider.endpoint(row.provider_id)
    )
    if seen is not None:
        return False
    return row.move_to(
        ResourceStatus.ENDED,
        now=now,
        reason=row.status_reason or "the provider says it is gone",
        facts={"billed_until": max(row.end_sent_at or now, row.billed_from or now)},
    )


def overdue(rows: Sequence[Resource], *, now: datetime, seconds: int) -> list[Resource]:
    """Rows that were told to end longer ago than that, and are still billed."""
    limit = timedelta(seconds=seconds)
    return [
        row
        for row in rows
        if row.status == ResourceStatus.ENDING
        and now - (row.end_requested_at or row.status_since) > limit
    ]


def _say(row: Resource, reason: str) -> None:
    log.warning("%s: %s", row, reason)
    type(row)._default_manager.filter(pk=row.pk, status=row.status).update(
        status_reason=reason[:500]
    )


def _hold(row: Resource, reason: str, *, now: datetime) -> None:
    wait = now + timedelta(seconds=RESEND_SECONDS)
    type(row)._default_manager.filter(pk=row.pk, status=row.status).update(
        status_reason=reason[:500], not_before=wait
    )
