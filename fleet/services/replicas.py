"""Replicas: from what a deployment wants to intent rows, one row per pod to rent."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from hashlib import sha256

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Q

from fleet.models import (
    MAX_NEVER_READY,
    Deployment,
    GpuOffer,
    MarketOffer,
    Pod,
    PodStatus,
)
from fleet.schedule import ScheduleInvalid
from fleet.selectors.providers import spot_provider
from fleet.selectors.spot import spot_offer
from fleet.services import audit, spot, termination

BACK_OFF_SECONDS = (15, 30, 60, 120, 300, 600)
NAME_LENGTH = 60  # what the provider takes
DIGEST_LENGTH = 8
STOPPED_LAST = (  # the most useful replica is the last to go
    PodStatus.SERVING,
    PodStatus.PROVISIONING,
    PodStatus.CREATING,
    PodStatus.REQUESTED,
)


def pod_name(slug: str, attempt: int) -> str:
    """`kerne-<env>-<deployment>-<attempt>`: unique, and how a lost pod is found again.

    The attempt is never cut: two attempts of one name would be taken for one pod.
    """
    return our_name(slug, f"-{attempt}")


def our_name(slug: str, tail: str) -> str:
    """`kerne-<env>-<deployment><tail>`: the prefix tells a stray one as ours.

    Where that is too long the deployment's part is cut and closed with a digest. The
    tail is never cut.
    """
    head = f"kerne-{settings.KERNE_ENV}-"
    room = NAME_LENGTH - len(head) - len(tail)
    if len(slug) > room:
        digest = sha256(slug.encode()).hexdigest()[:DIGEST_LENGTH]
        slug = slug[: max(room - DIGEST_LENGTH, 0)] + digest
    return f"{head}{slug}{tail}"


def unsettled(*, simulated: bool, now: datetime) -> list[int]:
    """Deployments whose replicas are not as many as wanted, in two queries.

    Play money and real money have their own: a deployment of a simulated fleet is
    none of the real cloud's business, nor the other way round.
    """
    counts = Pod.objects.wanted().order_by().values_list("deployment")
    live = dict(counts.annotate(Count("pk")))
    return [
        each.pk
        for each in Deployment.objects.filter(fleet__simulated=simulated).order_by("pk")
        if may_be_unsettled(each, live.get(each.pk, 0), now=now)
    ]


def may_be_unsettled(deployment: Deployment, live: int, *, now: datetime) -> bool:
    """`is_unsettled`; also true for hours that can not be read, whose fault is told there.

    One row with a time zone that is no more must not keep the others from being settled.
    """
    try:
        return is_unsettled(deployment, live, now=now)
    except ScheduleInvalid:
        return True


def is_unsettled(deployment: Deployment, live: int, *, now: datetime) -> bool:
    """Whether there is something to do: too many replicas, or too few and one may start."""
    wanted = rented_for(deployment, now=now)
    if deployment.is_spot:  # as many as wanted may still have to move
        return bool(live or wanted)
    return live > wanted or (live < wanted and may_launch(deployment, now=now))


def settle_deployment(
    deployment_id: int,
    *,
    provider: str,
    simulated: bool,
    now: datetime,
    new_key: Callable[[], str],
) -> int:
    """Make the pods of a deployment as many as wanted; the number of rows changed.

    Missing replicas become REQUESTED rows, surplus ones are told to stop. The row
    lock makes two controllers take turns; a second run finds nothing to do.

    simulated  whether `provider` plays: a deployment of the other kind is left alone
    """
    with transaction.atomic():
        deployment = (
            Deployment.objects.select_for_update(skip_locked=True, of=("self",))
            .select_related("fleet")
            .filter(pk=deployment_id, fleet__simulated=simulated)
            .first()
        )
        if deployment is None:
            return 0  # another controller is at it, or it is another cloud's
        wanted = rented_for(deployment, now=now)
        live = sorted(deployment.pods.wanted(), key=worth)
        if deployment.is_spot:
            return spot.settle(
                deployment,
                live,
                wanted=wanted,
                main=provider,
                may_launch=may_launch(deployment, now=now),
                request=lambda where: request_pod(
                    deployment, provider=where, now=now, api_key=new_key()
                ),
                now=now,
            )
        if len(live) < wanted and may_launch(deployment, now=now):
            count = wanted - len(live)
            for _ in range(count):
                request_pod(deployment, provider=provider, now=now, api_key=new_key())
            return count
        return end_surplus(deployment, live[wanted:], wanted=wanted, now=now)


def rented_for(deployment: Deployment, *, now: datetime) -> int:
    """Replicas to rent: those wanted, and one more while its settings are rolled out."""
    wanted = deployment.replicas_wanted(now=now)
    return wanted + deployment.surge if wanted else 0


def worth(pod: Pod) -> tuple[int, datetime, int]:
    """Sorts replicas by how much would be lost with them, the oldest first among equals."""
    return STOPPED_LAST.index(PodStatus(pod.status)), pod.requested_at, pod.pk


def end_surplus(
    deployment: Deployment, surplus: list[Pod], *, wanted: int, now: datetime
) -> int:
    """Tell surplus replicas to stop; how many were told."""
    schedule = deployment.schedule
    reason = "fewer replicas are wanted"
    if not deployment.replicas:
        reason = "not wanted any more"
    elif deployment.is_serverless:
        reason = "its serverless endpoint is live"
    elif schedule is not None and len(surplus) + wanted <= schedule.inside:
        reason = "outside the scheduled hours"
    return sum(
        termination.request_termination(
            pod, acting_user="rule:replicas", reason=reason, now=now
        )
        # In the order of their keys, as everybody locks pods: no deadlock.
        for pod in sorted(surplus, key=lambda each: each.pk)
    )


def may_launch(deployment: Deployment, *, now: datetime) -> bool:
    """Whether a replica may be rented: no back-off running, not given up.

    Never for serverless: its pods only go on until the endpoint is live.
    """
    return not deployment.is_serverless and may_try(deployment, now=now)


def may_try(deployment: Deployment, *, now: datetime) -> bool:
    """Whether something may be rented for it: no back-off running, not given up."""
    if deployment.is_given_up:
        return False
    return deployment.not_before is None or deployment.not_before <= now


def request_pod(
    deployment: Deployment, *, provider: str, now: datetime, api_key: str
) -> Pod:
    """Write the intent to rent one pod; nothing is rented here."""
    attempt = (deployment.pods.aggregate(last=Max("attempt"))["last"] or 0) + 1
    offer = todays_offer(deployment, provider=provider)
    limit = limit_usd_per_gpu_hour(deployment, provider=provider)
    return Pod.objects.create(
        deployment=deployment,
        name=pod_name(deployment.slug, attempt),
        attempt=attempt,
        revision=deployment.revision,
        status_since=now,
        requested_at=now,
        ready_by=ready_by(now),
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        cloud=offer.cloud if offer else deployment.cloud,
        container_disk_gb=deployment.container_disk_gb,
        api_key=api_key,
        provider=provider,
        quoted_usd_per_pod_hour=(offer.usd_per_gpu_hour if offer else limit)
        * deployment.gpu_count,
    )


def ready_by(sent_at: datetime) -> datetime:
    """The deadline of a pod whose create is sent at `sent_at`."""
    return sent_at + timedelta(seconds=settings.PROVISIONING_DEADLINE_SECONDS)


def limit_usd_per_gpu_hour(deployment: Deployment, *, provider: str) -> Decimal:
    """The most that a replica at `provider` may cost [USD / GPU-hour]: spot has its own."""
    limit = deployment.max_spot_usd_per_gpu_hour
    if limit is not None and provider == spot_provider():
        return limit
    return deployment.max_usd_per_gpu_hour


def todays_offer(deployment: Deployment, *, provider: str) -> MarketOffer | None:
    """The catalog's offer of its machine; None where it is not listed."""
    if provider == spot_provider():
        return spot_offer(deployment.gpu_type_id)
    return GpuOffer.objects.filter(
        provider=provider, gpu_type_id=deployment.gpu_type_id, cloud=deployment.cloud
    ).first()


def todays_price(deployment: Deployment, *, provider: str) -> Decimal | None:
    """The catalog's price [USD / GPU-hour]; None where the offer is not listed."""
    offer = todays_offer(deployment, provider=provider)
    return offer.usd_per_gpu_hour if offer else None


def note_launch_failure(
    deployment: Deployment, *, now: datetime, reason: str, give_up: bool = False
) -> None:
    """Count a replica that never became ready, and set the back-off before the next.

    `give_up` stops relaunching at once: the request itself is wrong, so that every
    further attempt would fail the same way.
    """
    with transaction.atomic():
        row = Deployment.objects.select_for_update().get(pk=deployment.pk)
        row.launch_failures = (
            MAX_NEVER_READY if give_up else min(row.launch_failures + 1, MAX_NEVER_READY)
        )
        row.not_before = now + back_off(row.launch_failures)
        row.save(update_fields=["launch_failures", "not_before"])
        if row.launch_failures >= MAX_NEVER_READY:
            audit.record(
                "stop relaunching",
                row,
                acting_user="rule:never_ready",
                now=now,
                failures=row.launch_failures,
                last_reason=reason,
            )


def hold_off(pod: Pod, *, now: datetime, seconds: int) -> None:
    """Wait before the deployment of `pod` launches again, without counting a failure.

    A longer wait that runs already stays.
    """
    extend_wait({pod.deployment_id}, until=now + timedelta(seconds=seconds))


def hold_off_account(pod: Pod, *, now: datetime, seconds: int, reason: str) -> None:
    """The same for every deployment that waits at the provider of `pod`.

    The account was refused, not the pod: each further create would be refused too.
    """
    waiting = Pod.objects.requested().filter(provider=pod.provider)
    ids = set(waiting.values_list("deployment_id", flat=True))
    waiting.update(status_reason=reason[:500])
    extend_wait(ids | {pod.deployment_id}, until=now + timedelta(seconds=seconds))


def extend_wait(deployment_ids: set[int], *, until: datetime) -> None:
    """Let deployments wait until `until`, those that wait longer unchanged."""
    sooner = Q(not_before__isnull=True) | Q(not_before__lt=until)
    with transaction.atomic():
        rows = Deployment.objects.filter(pk__in=deployment_ids).order_by("pk")
        locked = list(rows.select_for_update().values_list("pk", flat=True))
        Deployment.objects.filter(sooner, pk__in=locked).update(not_before=until)


def back_off(failures: int) -> timedelta:
    """15 s, 30 s, 1, 2, 5, 10 min, and 10 min from then on."""
    index = min(max(failures, 1), len(BACK_OFF_SECONDS)) - 1
    return timedelta(seconds=BACK_OFF_SECONDS[index])
