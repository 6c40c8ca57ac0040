"""Provisioning: rent the pod of an intent row, once."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q

from fleet.models import MAX_NEVER_READY, Pod, PodStatus
from fleet.providers.base import (
    CloudPod,
    GpuProvider,
    InvalidRequest,
    PodRequest,
    ProviderRefused,
    ProviderUnavailable,
    RateLimited,
)
from fleet.scaling.spot import REFUSED_SECONDS
from fleet.selectors.burn import pod_usd_per_hour
from fleet.selectors.leases import LEASE_PORT, lease_environment, lease_seconds_for
from fleet.selectors.providers import spot_provider
from fleet.selectors.resources import live_volume_of
from fleet.selectors.serving import VLLM_PORT, launch_record, serve_spec_for
from fleet.selectors.spot import is_spot
from fleet.services import audit, fault_points, replicas, spending, spot, termination
from fleet.services.isolation import FAULTS
from fleet.services.launch_guard import LaunchGuard, LaunchRequest, rent_request
from fleet.vllm.command import args_string

log = logging.getLogger(__name__)

NO_CAPACITY_SECONDS = 120
ACCOUNT_TROUBLE_SECONDS = 600
VETO_SECONDS = 60  # a limit may be raised, a switch released, at any moment


def due(*, provider_name: str, now: datetime) -> list[int]:
    """The intents that may be sent now, oldest first."""
    held = Q()
    if provider_name == spot_provider():
        held = Q(deployment__spot_held_until__gt=now)
    return list(
        Pod.objects.requested()
        .exclude(held)
        .filter(
            Q(deployment__not_before__isnull=True) | Q(deployment__not_before__lte=now),
            provider=provider_name,
            deployment__launch_failures__lt=MAX_NEVER_READY,
            deployment__launches_stopped_at__isnull=True,
        )
        .order_by("requested_at", "pk")
        .values_list("pk", flat=True)
    )


def provision(
    pod_id: int, *, provider: GpuProvider, guard: LaunchGuard, now: datetime
) -> bool:
    """Rent the GPUs of a REQUESTED pod; True if this call rented them.

    Claim, call, record. A worker that dies in between leaves a CREATING pod without
    `provider_id`; the cloud list settles it by name. A create without an answer is
    never sent again here: it is not a refusal, and a second one could rent a second
    machine. After a refusal the intent waits as REQUESTED, with the reason.
    """
    pod = (
        Pod.objects.select_related("deployment__variant__served_model")
        .filter(pk=pod_id, status=PodStatus.REQUESTED, provider=provider.name)
        .first()
    )
    if pod is None or not replicas.may_launch(pod.deployment, now=now):
        return False  # done earlier, called off, another cloud's, or to be tried later
    if spot.is_held(pod, now=now):
        return False
    if not is_spot(pod):  # a volume lies in the main account
        pod.network_volume = live_volume_of(pod.deployment_id)
    try:
        request = pod_request(pod, now=now)
        pod.launched = launch_record(pod.deployment)
    except ValueError as wrong:
        give_up(pod, f"the order can not be sent: {wrong}", now=now)
        return False
    if not claim(pod, guard=guard, now=now):
        return False
    fault_points.reach("claimed")
    try:
        rented = provider.create(request)
    except ProviderUnavailable as silence:
        note_silence(pod, f"the create was not answered ({silence})")
        return False
    except ProviderRefused as refusal:
        settle_refusal(pod, refusal, now=now)
        return False
    except FAULTS as fault:
        log.exception("%s: the create broke on our side", pod)
        reason = f"the create broke on our side ({type(fault).__name__})"
        note_silence(pod, reason)
        replicas.note_launch_failure(pod.deployment, now=now, reason=reason)
        return False
    fault_points.reach("created")
    return record_rental(pod, rented, provider=provider, now=now)


def claim(pod: Pod, *, guard: LaunchGuard, now: datetime) -> bool:
    """Take a REQUESTED pod for this worker, unless its price or the guard forbid it.

    Weighing and claiming happen under one lock: two workers that both see room for
    one more pod would otherwise rent two. The deadline counts from here: the intent
    may have waited for hours.
    """
    deployment = pod.deployment
    with spending.one_at_a_time():
        price = replicas.todays_price(deployment, provider=pod.provider)
        if price is not None:
            pod.quoted_usd_per_pod_hour = price * pod.gpu_count
        veto = too_dear(pod) or spending.refusal(launch_request(pod, now=now), guard=guard)
        if veto is None:
            return pod.move_to(
                PodStatus.CREATING,
                now=now,
                reason="the create is on its way to the provider",
                facts={
                    "sent_at": now,
                    "ready_by": replicas.ready_by(now),
                    "list_misses": 0,
                    "lease_seconds": lease_seconds_for(deployment.image),
                    "network_volume": pod.network_volume,
                    "launched": pod.launched,
                    "quoted_usd_per_pod_hour": pod.quoted_usd_per_pod_hour,
                },
            )
    postpone(pod, f"not launched: {veto}", now=now, wait=VETO_SECONDS)
    return False


def too_dear(pod: Pod) -> str | None:
    """Why a pod may not be rented at the price that is quoted now."""
    limit = limit_of(pod)
    if pod.quoted_usd_per_pod_hour <= limit:
        return None
    return (
        f"it costs {pod.quoted_usd_per_pod_hour} USD/h today, above the limit of "
        f"{limit} USD/h."
    )


def limit_of(pod: Pod) -> Decimal:
    """The most that a pod may cost [USD / pod-hour]."""
    per_gpu = replicas.limit_usd_per_gpu_hour(pod.deployment, provider=pod.provider)
    return per_gpu * pod.gpu_count


def launch_request(pod: Pod, *, now: datetime) -> LaunchRequest:
    """What the guard is asked about."""
    return rent_request(
        pod.deployment, provider=pod.provider, usd_per_hour=pod_usd_per_hour(pod), now=now
    )


def pod_request(pod: Pod, *, now: datetime) -> PodRequest:
    """The provider's create body for a pod; the vLLM command line is its `args`.

    Raises ValueError with a sentence for a deployment that can not be served.
    """
    deployment, volume = pod.deployment, pod.network_volume
    lease = lease_environment(deployment.image, now=now)
    mounted: dict[str, str] = {}
    if volume is not None:
        # The hub's cache below the mount, or the weights die with the container.
        mounted = {"HF_HOME": f"{volume.mount_path}/huggingface"}
    return PodRequest(
        name=pod.name,
        image=deployment.image,
        args=args_string(serve_spec_for(deployment, api_key=pod.api_key)),
        env=mounted | dict(deployment.extra_env) | lease,
        gpu_type_id=pod.gpu_type_id,
        gpu_count=pod.gpu_count,
        cloud=pod.cloud,
        disk_gb=pod.container_disk_gb,
        ports=(f"{VLLM_PORT}/http", *([f"{LEASE_PORT}/http"] if lease else [])),
        data_center_ids=(volume.data_center_id,) if volume else (),
        volume_id=volume.provider_id if volume else "",
        volume_path=volume.mount_path if volume else "/workspace",
    )


def record_rental(
    pod: Pod, rented: CloudPod, *, provider: GpuProvider, now: datetime
) -> bool:
    """Store what the provider rented to us; also used when a pod is adopted by name.

    A pod that was told to stop while its create was on its way keeps that order. A
    price above the deployment's limit ends the pod at once.
    """
    facts = rental_facts(pod, rented, provider=provider, now=now)
    if pod.status != PodStatus.TERMINATING and pod.move_to(
        PodStatus.PROVISIONING, now=now, facts=facts
    ):
        end_if_too_dear(pod, now=now)
        return True
    # Told to stop meanwhile: the end needs the id, and nobody else has it.
    ending = Pod.objects.filter(pk=pod.pk, status=PodStatus.TERMINATING, provider_id="")
    return bool(ending.update(**facts))


def rental_facts(
    pod: Pod, rented: CloudPod, *, provider: GpuProvider, now: datetime
) -> dict[str, Any]:
    """The columns that a pod has from the moment in which its machine is known."""
    lease_url = ""
    if pod.lease_seconds:
        lease_url = provider.pod_url(rented.provider_id, LEASE_PORT)
    return {
        "provider_id": rented.provider_id,
        "provider_status": rented.status[:20],
        "usd_per_pod_hour": rented.usd_per_pod_hour or None,
        "listed_usd_per_pod_hour": rented.usd_per_pod_hour or None,
        "billed_from": rented.created_at,
        "container_started_at": rented.started_at,
        "volume_disk_gb": rented.volume_gb,
        "base_url": provider.pod_url(rented.provider_id, VLLM_PORT),
        "lease_url": lease_url,
        "listed_at": now,
        "list_misses": 0,
    }


def end_late(pod: Pod, listed: CloudPod, *, provider: GpuProvider, now: datetime) -> bool:
    """End a pod that shows up after its attempt was given up; True if this call did it.

    Its row takes the machine, so that it is ended like any other and what it costs is
    booked; as an orphan its bill would be nobody's.
    """
    reason = "found after its create was given up; another may have replaced it"
    facts = rental_facts(pod, listed, provider=provider, now=now)
    facts["terminate_requested_at"] = now
    with transaction.atomic():
        moved = pod.move_to(PodStatus.TERMINATING, now=now, reason=reason, facts=facts)
        if moved:
            audit.record(
                "terminate",
                pod,
                acting_user="rule:late_create",
                now=now,
                reason=reason,
                usd_per_pod_hour=pod.price,
            )
    return moved


def end_if_too_dear(pod: Pod, *, now: datetime) -> None:
    """End a rented pod that costs more than its deployment may pay."""
    limit = limit_of(pod)
    if pod.price <= limit:
        return
    reason = (
        f"the price became {pod.price} USD/h, above the limit of {limit} USD/h "
        f"(quoted {pod.quoted_usd_per_pod_hour} USD/h)"
    )
    if termination.request_termination(
        pod, acting_user="rule:price_limit", now=now, reason=reason
    ):
        replicas.note_launch_failure(pod.deployment, now=now, reason=reason)


def note_silence(pod: Pod, reason: str) -> None:
    """Say on the row why nobody knows yet whether it was rented."""
    log.warning("%s: %s; looking for it by name", pod, reason)
    Pod.objects.filter(pk=pod.pk, status=PodStatus.CREATING).update(
        status_reason=f"{reason}; looking for it by name"[:500]
    )


def settle_refusal(pod: Pod, refusal: ProviderRefused, *, now: datetime) -> None:
    """What a definite no means: nothing was rented, and when to ask again, if ever."""
    reason = str(refusal)
    if isinstance(refusal, InvalidRequest):
        give_up(pod, reason, now=now)
        return
    wait, account = NO_CAPACITY_SECONDS, False
    if isinstance(refusal, RateLimited):
        wait = int(refusal.retry_after_seconds or replicas.BACK_OFF_SECONDS[0])
        account = True
    elif refusal.stops_everything:
        wait, account = ACCOUNT_TROUBLE_SECONDS, True
    postpone(pod, reason, now=now, wait=wait, account=account)


def give_up(pod: Pod, reason: str, *, now: datetime) -> None:
    """End an intent that can never be rented as it is written."""
    if end_unrented(pod, reason, now=now):
        replicas.note_launch_failure(pod.deployment, now=now, reason=reason, give_up=True)


def postpone(
    pod: Pod, reason: str, *, now: datetime, wait: int, account: bool = False
) -> None:
    """Let an intent that rented nothing wait, in its own row and under its own name.

    The wait is written first: a worker killed in between leaves a row that waits.
    """
    if is_spot(pod):
        hold_spot_off(pod, reason, now=now, wait=wait, account=account)
    else:
        replicas.hold_off(pod, now=now, seconds=wait)
        if account:
            replicas.hold_off_account(pod, now=now, seconds=wait, reason=reason)
    if pod.status == PodStatus.REQUESTED:
        Pod.objects.filter(pk=pod.pk, status=PodStatus.REQUESTED).update(
            status_reason=reason[:500]
        )
    elif not pod.move_to(
        PodStatus.REQUESTED, now=now, reason=reason, facts={"sent_at": None}
    ):
        end_unrented(pod, reason, now=now)  # called off meanwhile


def hold_spot_off(
    pod: Pod, reason: str, *, now: datetime, wait: int, account: bool
) -> None:
    """Leave spot alone for a while; on demand may stand in at once."""
    until = now + timedelta(seconds=max(wait, REFUSED_SECONDS))
    if account:
        spot.hold_waiting(pod, until=until, reason=reason, now=now)
    else:
        spot.hold([pod.deployment_id], until=until, reason=reason, now=now)


def end_unrented(pod: Pod, reason: str, *, now: datetime) -> bool:
    """End a pod that was definitely not rented, also one told to stop meanwhile."""
    if pod.status != PodStatus.TERMINATING and pod.move_to(
        PodStatus.FAILED, now=now, reason=reason
    ):
        return True
    pod.refresh_from_db(fields=["status", "provider_id"])
    if pod.status != PodStatus.TERMINATING or pod.provider_id:
        return False
    return pod.move_to(PodStatus.FAILED, now=now, reason=f"called off; {reason}")
