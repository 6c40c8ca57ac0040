"""What an operator may do to a deployment or a pod; page, command and task call these."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from fleet.models import (
    MAYBE_BILLED,
    RESOURCE_RUNS,
    WANTED,
    Deployment,
    Pod,
    PodStatus,
    RentalKind,
    Tier,
)
from fleet.schedule import wanted_at
from fleet.selectors.burn import pod_usd_per_hour
from fleet.services import audit, resource_rent, termination
from fleet.services.order_rules import MOST_REPLICAS
from fleet.services.replicas import rented_for


def request_termination(
    pod: Pod, *, acting_user: str, now: datetime, reason: str = "", at_once: bool = False
) -> bool:
    """End one pod. Its deployment wants one replica less, so that none follows it.

    A surplus pod goes without that. True if this call said it; ending a pod twice
    changes nothing the second time.

    reason   why, for the pod and the audit; else by whom
    at_once  without a drain; a drain that runs is cut short
    """
    with transaction.atomic():
        deployment = Deployment.objects.select_for_update().get(pk=pod.deployment_id)
        live = deployment.pods.wanted().count()
        ended = end_now(
            pod,
            acting_user=acting_user,
            now=now,
            reason=reason or f"terminated by {acting_user}",
            at_once=at_once,
        )
        if at_once:
            cut_drains(Pod.objects.filter(pk=pod.pk))
        if ended and 0 < live <= rented_for(deployment, now=now):
            want_one_less(deployment, now=now)
    return ended


def want_one_less(deployment: Deployment, *, now: datetime) -> None:
    """Lower the number that holds at `now`: outside scheduled hours, their baseline.

    Of a burst, what it grew to; the policy then looks anew before it grows again.
    """
    schedule = deployment.schedule
    column = "replicas"
    if deployment.is_serverless:
        column = "handover_replicas"
    elif schedule is not None and wanted_at(schedule, now) < schedule.inside:
        column = "baseline_replicas"
    elif deployment.replicas_wanted(now=now) > deployment.replicas:
        column, deployment.scaled_at = "burst_replicas", now
    setattr(deployment, column, getattr(deployment, column) - 1)
    deployment.save(update_fields=[column, "scaled_at"])


def stop_deployment(
    deployment: Deployment,
    *,
    acting_user: str,
    now: datetime,
    reason: str = "",
    at_once: bool = False,
) -> int:
    """Want no replicas any more and end those that run; the number of pods told to stop.

    reason   why, for the pods and the audit; else by whom
    at_once  without a drain; drains that run are cut short
    """
    figures = {"reason": reason} if reason else {}
    with transaction.atomic():
        row = Deployment.objects.select_for_update().get(pk=deployment.pk)
        was, row.replicas = row.replicas, 0
        if was:
            row.save(update_fields=["replicas"])
            audit.record("stop", row, acting_user=acting_user, now=now, was=was, **figures)
        told = [
            end_now(
                pod,
                acting_user=acting_user,
                now=now,
                reason=reason or f"stopped by {acting_user}",
                at_once=at_once,
            )
            # In the order of their keys, as everybody locks pods: no deadlock.
            for pod in row.pods.wanted().order_by("pk")
        ]
        if at_once:
            cut_drains(row.pods.all())
        resource_rent.end_endpoints(
            [row],
            acting_user=acting_user,
            now=now,
            reason=reason or f"stopped by {acting_user}",
            rental_only=True,
            at_once=at_once,
        )
    deployment.replicas = 0
    return sum(told)


def cut_drains(pods: QuerySet[Pod]) -> int:
    """End at once what is being drained; how many."""
    draining = pods.filter(status=PodStatus.TERMINATING, ends_at_once=False)
    return draining.update(ends_at_once=True)


@dataclass(frozen=True, slots=True)
class Exit:
    """What leaving a tier ended.

    deployments        their names, those that wanted or had a pod
    pods               how many were told to stop
    usd_per_hour_saved  [USD/h] of rent and disks that end with them
    """

    tier: Tier
    deployments: tuple[str, ...]
    pods: int
    usd_per_hour_saved: Decimal


def tier_members(tier: Tier, *, simulated: bool) -> QuerySet[Deployment]:
    """The deployments of a tier that want a replica or have a pod that does not end yet."""
    return (
        Deployment.objects.filter(fleet__tier=tier, fleet__simulated=simulated)
        .filter(
            Q(replicas__gt=0)
            | Q(pods__status__in=WANTED)
            | Q(serverlessendpoints__status__in=RESOURCE_RUNS)
        )
        .distinct()
        .order_by("pk")
    )


def exit_tier(
    *,
    tier: Tier = Tier.TWO,
    simulated: bool,
    acting_user: str,
    now: datetime,
    reason: str = "",
) -> Exit:
    """Scale every deployment of a tier down to nothing and keep the other tier.

    All or none. Doing it twice ends nothing the second time and writes no second row.

    simulated  whether this console spends play money: the other kind is left alone
    """
    why = reason or f"exit from tier {tier.value} by {acting_user}"
    with transaction.atomic():
        members = list(tier_members(tier, simulated=simulated))
        live = Pod.objects.filter(deployment__in=members, status__in=WANTED)
        saved = sum(
            (pod_usd_per_hour(pod) for pod in live if pod.status in MAYBE_BILLED),
            Decimal(0),
        )
        # First: a stop ends those of its rental without telling their names.
        endpoints = resource_rent.end_endpoints(
            members, acting_user=acting_user, now=now, reason=why
        )
        pods = sum(
            stop_deployment(each, acting_user=acting_user, now=now, reason=why)
            for each in members
        )
        done = Exit(tier, tuple(each.slug for each in members), pods, saved)
        if members:
            audit.record(
                "exit tier",
                f"tier {tier.value}",
                acting_user=acting_user,
                now=now,
                reason=why,
                deployments=list(done.deployments),
                pods=pods,
                endpoints=endpoints,
                usd_per_hour_saved=saved,
            )
    return done


def end_now(
    pod: Pod, *, acting_user: str, now: datetime, reason: str, at_once: bool = False
) -> bool:
    """Tell a pod to stop, whatever state it is in by now.

    The page that the operator looked at may be a second old: a pod that a worker has
    claimed since, or that became ready, is meant all the same.
    """
    for _ in WANTED:  # it can move on at most once per state
        pod.refresh_from_db()
        if termination.request_termination(
            pod, acting_user=acting_user, now=now, reason=reason, at_once=at_once
        ):
            return True
        if pod.status not in WANTED:
            return False
    return False


def start_deployment(
    deployment: Deployment, *, replicas: int, acting_user: str, now: datetime
) -> None:
    """Want `replicas` again; also clears the give-up of a replica that never got ready.

    Raises ValueError for a number that can not be ordered either.
    """
    if not 1 <= replicas <= MOST_REPLICAS:
        raise ValueError(f"Replicas is {replicas}; it must be 1 to {MOST_REPLICAS}.")
    with transaction.atomic():
        Deployment.objects.filter(pk=deployment.pk).update(
            replicas=replicas,
            launch_failures=0,
            not_before=None,
            launches_stopped_at=None,
            launches_stopped_reason="",
        )
        audit.record(
            "start", deployment, acting_user=acting_user, now=now, replicas=replicas
        )
    deployment.refresh_from_db()


def change_rental(
    deployment: Deployment, columns: Mapping[str, Any], *, acting_user: str, now: datetime
) -> None:
    """Rent another way from now on; replicas and endpoints follow at the next tick.

    Pods that serve when it becomes serverless go on until its endpoint is live.
    """
    with transaction.atomic():
        row = Deployment.objects.select_for_update().get(pk=deployment.pk)
        before = row.hours_in_words or row.get_rental_kind_display()
        columns = dict(columns)
        if columns.get("rental_kind") == RentalKind.SERVERLESS:
            serving = row.pods.wanted().count()
            columns["handover_replicas"] = (
                row.handover_replicas if row.is_serverless else serving
            )
        for column, value in columns.items():
            setattr(row, column, value)
        row.save(update_fields=list(columns))
        audit.record(
            "change rental",
            row,
            acting_user=acting_user,
            now=now,
            before=before,
            after=row.hours_in_words or row.get_rental_kind_display(),
        )
    deployment.refresh_from_db()
