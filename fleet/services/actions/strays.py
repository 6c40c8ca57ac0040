"""Orphans: give one to a deployment, or end one that the rules leave alone."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from django.db.models import F, Max

from fleet.models import ActionKind, Deployment, Orphan, Pod, PodStatus
from fleet.services import audit, replicas
from fleet.services.actions import figures, targets
from fleet.services.actions.plan import Ask, Change, Confirmation, CostedPlan
from fleet.services.launch_guard import LaunchGuard
from fleet.services.order_burst import baseline_fault
from fleet.services.order_rules import MOST_REPLICAS
from fleet.services.refused import Refused

KEY = "api_key"
VLLM_KEY = re.compile(r"[A-Za-z0-9._~+/=-]{8,80}", re.ASCII)
NAME_LENGTH = 60  # of a pod's own name
SEEN_WITHIN = timedelta(minutes=5)


def plan_adopt(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """Make an orphan a replica of a deployment: it is billed already. Raises Refused.

    The confirmation asks for the bearer key that its vLLM was started with: its
    requests need it, and the provider does not tell it.
    """
    orphan = targets.orphan_named(parameters)
    deployment = targets.deployment_named(parameters)
    check_adoptable(orphan, deployment, now=now)
    return CostedPlan(
        kind=ActionKind.ADOPT,
        parameters={"orphan": orphan.provider_id, "deployment": deployment.slug},
        target=orphan.name,
        title=f"Adopt {orphan.name} for {deployment.slug}?",
        button=f"Adopt for {deployment.slug}",
        changes=(
            Change(
                f"replicas of {deployment.slug}",
                str(deployment.replicas),
                str(deployment.replicas + 1),
            ),
        ),
        account=figures.account_change(provider=orphan.provider, now=now),
        hours_per_day=figures.hours_per_day(deployment, now=now),
        notes=(
            f"It is billed already, {orphan.usd_per_pod_hour} USD/h, and counted in what "
            "the account spends: nothing new is rented.",
            "From now on it is probed, metered and booked as a pod of the deployment, and "
            "ends with it.",
        ),
        deployment=deployment,
        replicas=deployment.replicas + 1,
        asks=(Ask(KEY, "Key of its vLLM", "What it was started with as --api-key."),),
        orphan=orphan,
        quoted_at=now,
    )


def check_adoptable(orphan: Orphan, deployment: Deployment, *, now: datetime) -> None:
    """Raises Refused where the orphan can not be a replica of the deployment."""
    if orphan.terminate_sent_at is not None:
        raise Refused.because(f"{orphan.name} was told to end already.")
    if now - orphan.last_seen_at > SEEN_WITHIN or orphan.created_at is None:
        raise Refused.because(
            f"{orphan.name} was last listed at {orphan.last_seen_at:%H:%M:%S} UTC; wait "
            "for the next cloud list."
        )
    if deployment.is_serverless:
        raise Refused.because(
            f"{deployment} is serverless and has no replicas; choose one that rents pods.",
            field="deployment",
        )
    changed = figures.with_columns(deployment, {"replicas": deployment.replicas + 1})
    live = deployment.pods.wanted().count()
    if changed.replicas_wanted(now=now) <= live:
        raise Refused.because(
            f"{deployment} wants {changed.replicas_wanted(now=now)} now and has {live}: "
            "one more would be ended as surplus. Adopt it while its hours are open, or by "
            "another deployment.",
            field="deployment",
        )
    if deployment.replicas >= MOST_REPLICAS or baseline_fault(
        deployment, deployment.replicas + 1
    ):
        raise Refused.because(
            f"{deployment} may not have more than its {deployment.replicas} replicas.",
            field="deployment",
        )
    has, needs = (
        f"{orphan.gpu_count}× {orphan.gpu_type_id}",
        f"{deployment.gpu_count}× {deployment.gpu_type_id}",
    )
    if has != needs:
        raise Refused.because(
            f"{orphan.name} has {has}, and {deployment} runs on {needs}.",
            field="deployment",
        )
    if len(orphan.name) > NAME_LENGTH or Pod.objects.filter(name=orphan.name).exists():
        raise Refused.because(
            f"A pod called {orphan.name!r} can not be added: the name is taken by a pod "
            "of ours, or longer than 60 characters. End it instead."
        )


def apply_adopt(plan: CostedPlan, confirmed: Confirmation, *, now: datetime) -> Deployment:
    """Write the pod's row as if its create had just been sent.

    The next cloud list finds it by name and gives it its id, price and begin, as with
    every create whose answer was lost. Raises Refused for a key that vLLM can not have.
    """
    orphan, deployment = plan.orphan, plan.deployment
    assert orphan is not None and deployment is not None
    api_key = confirmed.answers.get(KEY, "").strip()
    if not VLLM_KEY.fullmatch(api_key):
        raise Refused.because(
            "Key must be 8 to 80 letters, digits or ._~+/=-; write the --api-key that "
            "the pod's vLLM was started with.",
            field=KEY,
        )
    attempt = deployment.pods.aggregate(last=Max("attempt"))["last"] or 0
    pod = Pod.objects.create(
        deployment=deployment,
        name=orphan.name,
        attempt=attempt + 1,
        status=PodStatus.CREATING,
        status_since=now,
        requested_at=now,
        sent_at=orphan.created_at,
        ready_by=replicas.ready_by(now),
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
        cloud=deployment.cloud,
        container_disk_gb=deployment.container_disk_gb,
        api_key=api_key,
        provider=orphan.provider,
        quoted_usd_per_pod_hour=orphan.usd_per_pod_hour,
    )
    Orphan.objects.filter(pk=orphan.pk).update(gone_at=now)
    Deployment.objects.filter(pk=deployment.pk).update(replicas=F("replicas") + 1)
    audit.record(
        "adopt",
        pod,
        acting_user=confirmed.acting_user,
        now=now,
        provider_id=orphan.provider_id,
        deployment=deployment.slug,
        usd_per_pod_hour=orphan.usd_per_pod_hour,
    )
    return deployment


def plan_end_orphan(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """End an orphan now. One with a foreign name may be somebody's work: it is typed."""
    orphan = targets.orphan_named(parameters)
    if orphan.terminate_sent_at is not None and orphan.ours:
        raise Refused.because(f"{orphan.name} was told to end already; it is asked again.")
    since = orphan.created_at or orphan.first_seen_at
    hours = (now - since).total_seconds() / 3600
    return CostedPlan(
        kind=ActionKind.END_ORPHAN,
        parameters={"orphan": orphan.provider_id},
        target=orphan.name,
        title=f"End {orphan.name}?",
        button="End it",
        account=figures.account_change(
            saved=orphan.usd_per_pod_hour, provider=orphan.provider, now=now
        ),
        saved_usd_per_hour=orphan.usd_per_pod_hour,
        losses=(
            "Everything on its disks is erased, and this can not be taken back.",
            *(() if orphan.ours else ("Its name is not ours: somebody may be using it.",)),
        ),
        notes=(f"It has been there for {hours:.1f} h.",),
        typed="" if orphan.ours else orphan.name,
        orphan=orphan,
        quoted_at=now,
    )


def apply_end_orphan(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Mark the orphan as told to end; the cloud list sends the delete until it is gone."""
    assert plan.orphan is not None
    Orphan.objects.filter(pk=plan.orphan.pk).update(end_wanted_by=confirmed.acting_user)
    audit.record(
        "end orphan",
        plan.orphan,
        acting_user=confirmed.acting_user,
        now=now,
        usd_per_pod_hour=plan.orphan.usd_per_pod_hour,
    )
    return None
