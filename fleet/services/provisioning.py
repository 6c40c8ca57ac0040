"""Provisioning: rent the pod of an intent row, once."""

from __future__ import annotations

import logging
from datetime import datetime
from decimal import Decimal

from fleet.models import Deployment, Pod, PodStatus
from fleet.providers.base import (
    BalanceTooLow,
    CloudPod,
    GpuProvider,
    InvalidRequest,
    PodRequest,
    ProviderRefused,
    ProviderUnavailable,
    RateLimited,
    Unauthorized,
)
from fleet.selectors.burn import committed_usd_per_hour, pod_usd_per_hour
from fleet.selectors.serving import VLLM_PORT, serve_spec_for
from fleet.services import replicas, termination
from fleet.services.launch_guard import LaunchGuard, LaunchRequest
from fleet.vllm.command import args_string

log = logging.getLogger(__name__)

NO_CAPACITY_SECONDS = 120
ACCOUNT_TROUBLE_SECONDS = 600
PRICE_DRIFT_ALLOWED = Decimal("1.02")


def provision(
    pod_id: int, *, provider: GpuProvider, guard: LaunchGuard, now: datetime
) -> bool:
    """Rent the GPUs of a REQUESTED pod; True if this call rented them.

    Claim, call, record. A worker that dies in between leaves a CREATING pod without
    `provider_id`; the cloud list settles it by name. A create is never sent again
    here: no answer is not a refusal, and a second one could rent a second machine.
    """
    pod = Pod.objects.select_related("deployment__variant__served_model").get(pk=pod_id)
    if pod.status != PodStatus.REQUESTED or pod.provider != provider.name:
        return False  # done earlier, called off, or another cloud's
    veto = guard(launch_request(pod, now=now))
    if veto is not None:
        refuse(pod, f"not launched: {veto}", now=now, wait=ACCOUNT_TROUBLE_SECONDS)
        return False
    if not pod.move_to(PodStatus.CREATING, now=now, facts={"sent_at": now}):
        return False  # another worker claimed it
    try:
        rented = provider.create(pod_request(pod))
    except ProviderUnavailable as silence:
        log.warning(
            "%s: create was not answered (%s); looking for it by name", pod, silence
        )
        return False
    except ProviderRefused as refusal:
        settle_refusal(pod, refusal, now=now)
        return False
    return record_rental(pod, rented, provider=provider, now=now)


def launch_request(pod: Pod, *, now: datetime) -> LaunchRequest:
    """What the guard is asked about."""
    return LaunchRequest(
        deployment=pod.deployment.slug,
        usd_per_hour=pod_usd_per_hour(pod),
        committed_usd_per_hour=committed_usd_per_hour(pod.provider),
        provider=pod.provider,
        now=now,
    )


def pod_request(pod: Pod) -> PodRequest:
    """The provider's create body for a pod; the vLLM command line is its `args`."""
    deployment = pod.deployment
    return PodRequest(
        name=pod.name,
        image=deployment.image,
        args=args_string(serve_spec_for(deployment, api_key=pod.api_key)),
        env=dict(deployment.extra_env),
        gpu_type_id=pod.gpu_type_id,
        gpu_count=pod.gpu_count,
        cloud=pod.cloud,
        disk_gb=pod.container_disk_gb,
        ports=(f"{VLLM_PORT}/http",),
        data_center_ids=(),
    )


def record_rental(
    pod: Pod, rented: CloudPod, *, provider: GpuProvider, now: datetime
) -> bool:
    """Store what the provider rented to us; also used when a pod is adopted by name.

    A pod that was told to stop while its create was on its way keeps that order. A
    price above the deployment's limit ends the pod at once.
    """
    facts = {
        "provider_id": rented.provider_id,
        "provider_status": rented.status,
        "usd_per_pod_hour": rented.usd_per_pod_hour or None,
        "billed_from": rented.created_at,
        "base_url": provider.pod_url(rented.provider_id, VLLM_PORT),
        "listed_at": now,
        "list_misses": 0,
    }
    if pod.status == PodStatus.TERMINATING:
        return bool(Pod.objects.filter(pk=pod.pk, provider_id="").update(**facts))
    if not pod.move_to(PodStatus.PROVISIONING, now=now, facts=facts):
        return False
    limit = pod.deployment.max_usd_per_gpu_hour * pod.gpu_count
    if pod.price > limit * PRICE_DRIFT_ALLOWED:
        reason = (
            f"the price became {pod.price} USD/h, above the limit of {limit} USD/h "
            f"(quoted {pod.quoted_usd_per_pod_hour} USD/h)"
        )
        termination.request_termination(
            pod, acting_user="rule:price_limit", now=now, reason=reason
        )
        replicas.note_launch_failure(pod.deployment, now=now, reason=reason)
    return True


def settle_refusal(pod: Pod, refusal: ProviderRefused, *, now: datetime) -> None:
    """What a definite no means for the pod and for the next attempt.

    429 alone lets the same intent be sent again; every other answer ends it.
    """
    deployment: Deployment = pod.deployment
    reason = str(refusal)
    if isinstance(refusal, RateLimited):
        wait = int(refusal.retry_after_seconds or replicas.BACK_OFF_SECONDS[0])
        pod.move_to(PodStatus.FAILED, now=now, reason=reason)
        replicas.hold_off(deployment, now=now, seconds=wait)
    elif isinstance(refusal, InvalidRequest):
        pod.move_to(PodStatus.FAILED, now=now, reason=reason)
        replicas.note_launch_failure(deployment, now=now, reason=reason, give_up=True)
    elif isinstance(refusal, Unauthorized | BalanceTooLow):
        refuse(pod, reason, now=now, wait=ACCOUNT_TROUBLE_SECONDS)
    else:
        refuse(pod, reason, now=now, wait=NO_CAPACITY_SECONDS)


def refuse(pod: Pod, reason: str, *, now: datetime, wait: int) -> None:
    """End an intent that rented nothing, and wait before the next one."""
    pod.move_to(PodStatus.FAILED, now=now, reason=reason)
    replicas.hold_off(pod.deployment, now=now, seconds=wait)
