"""Volumes and endpoints that nobody ordered: end one, or give a volume to a deployment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Q

from fleet.models import (
    ActionKind,
    Deployment,
    NetworkVolume,
    ResourceStatus,
    StrayResource,
)
from fleet.selectors.resources import stray_usd_per_hour, volume_usd_per_month
from fleet.services import audit
from fleet.services.actions import figures, targets
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.actions.resources import MOUNT_PATH, refuse_volume, weights_warning
from fleet.services.launch_guard import LaunchGuard
from fleet.services.refused import Refused

SEEN_WITHIN = timedelta(minutes=5)
LONGEST_NAME = 60  # of a row of ours
VOLUME = StrayResource.Kind.VOLUME


def plan_end_stray(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """End a stray now. A volume, and what may be somebody's work, is typed."""
    stray = targets.stray_named(parameters)
    if stray.end_wanted_by:
        raise Refused.because(
            f"{shown_name(stray)} was told to end already; it is asked again.",
            field="stray",
        )
    saved = stray_usd_per_hour(stray)
    what = stray.get_kind_display()
    notes = [f"It was first listed at {stray.first_seen_at:%Y-%m-%d %H:%M} UTC."]
    if saved is None:
        notes.append("What its workers cost is unknown, and so is what its end saves.")
    return CostedPlan(
        kind=ActionKind.END_STRAY,
        parameters={"stray": f"{stray.kind}:{stray.provider_id}"},
        target=shown_name(stray),
        title=f"End the {what} {shown_name(stray)}?",
        button="Delete it" if stray.kind == VOLUME else "End it",
        changes=(Change(what, "listed by the provider", "ended"),),
        account=figures.account_change(saved=saved or Decimal(0), now=now),
        saved_usd_per_hour=saved or Decimal(0),
        losses=losses_of(stray),
        notes=(*notes, "The delete is sent until the provider lists it no more."),
        typed=shown_name(stray) if stray.kind == VOLUME or not stray.ours else "",
        quoted_at=now,
    )


def losses_of(stray: StrayResource) -> tuple[str, ...]:
    """What its end takes away."""
    if stray.kind == VOLUME:
        lost = f"The {stray.size_gb} GB on it are erased, and this can not be taken back."
    else:
        lost = "Its workers end at once, and jobs that wait or run are cancelled."
    foreign = "Its name is not ours: somebody may be using it."
    return (lost,) if stray.ours else (lost, foreign)


def shown_name(stray: StrayResource) -> str:
    """Its name, and of one without a name the provider's id."""
    return stray.name.strip() or stray.provider_id


def apply_end_stray(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Mark it as told to end; the next lists send the delete until it is gone."""
    stray = targets.stray_named(plan.parameters)
    StrayResource.objects.filter(pk=stray.pk).update(end_wanted_by=confirmed.acting_user)
    audit.record(
        f"want end of stray {stray.kind}",
        stray,
        acting_user=confirmed.acting_user,
        now=now,
        provider_id=stray.provider_id,
        usd_per_hour=stray_usd_per_hour(stray),
    )
    return None


def plan_adopt_volume(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """Let a stray volume keep a deployment's weights: it is billed already.

    An endpoint is not adopted: the provider's list names neither its model nor its GPU,
    and nothing is lost when it is ended and set up anew.
    """
    stray = targets.stray_named(parameters)
    deployment = targets.deployment_named(parameters)
    check_adoptable(stray, deployment, now=now)
    return CostedPlan(
        kind=ActionKind.ADOPT_VOLUME,
        parameters={
            "stray": f"{stray.kind}:{stray.provider_id}",
            "deployment": deployment.slug,
        },
        target=stray.name,
        title=f"Adopt the volume {stray.name} for {deployment.slug}?",
        button=f"Adopt for {deployment.slug}",
        changes=(
            Change(
                "volume", "none", f"{stray.size_gb} GB in {stray.data_center_id}, adopted"
            ),
        ),
        account=figures.account_change(now=now),
        notes=(
            f"It is billed already, {volume_usd_per_month(stray.size_gb):.2f} USD a month, "
            "and counted in what the account spends: nothing new is rented.",
            f"Its cost is booked to {deployment.slug} from "
            f"{stray.first_seen_at:%Y-%m-%d %H:%M} UTC on, when it was first listed.",
            f"Pods that start from then on run in {stray.data_center_id}, mount it at "
            f"{MOUNT_PATH} and keep their weights beside what is on it.",
        ),
        warnings=weights_warning(deployment, stray.size_gb),
        deployment=deployment,
        quoted_at=now,
    )


def check_adoptable(stray: StrayResource, deployment: Deployment, *, now: datetime) -> None:
    """Raises Refused where the stray can not keep the deployment's weights."""
    if stray.kind != VOLUME:
        raise Refused.because(
            f"{shown_name(stray)} is an endpoint: the provider's list names neither its "
            "model nor its GPU. End it, and set up one for the deployment.",
            field="stray",
        )
    if stray.end_wanted_by or stray.end_sent_at is not None:
        raise Refused.because(f"{stray.name} was told to end already.", field="stray")
    if now - stray.last_seen_at > SEEN_WITHIN or not stray.data_center_id:
        raise Refused.because(
            f"{stray.name} was last listed at {stray.last_seen_at:%H:%M:%S} UTC; wait for "
            "the next list.",
            field="stray",
        )
    refuse_volume(deployment)
    taken = NetworkVolume.objects.filter(
        Q(name=stray.name) | Q(provider=stray.provider, provider_id=stray.provider_id)
    )
    if not stray.name.strip() or len(stray.name) > LONGEST_NAME or taken.exists():
        raise Refused.because(
            f"A volume called {stray.name!r} can not be added: it is a row of ours "
            "already, or its name is empty or longer than 60 characters.",
            field="stray",
        )


def apply_adopt_volume(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment:
    """Write its row as of a volume that is rented; the list keeps it from now on."""
    assert plan.deployment is not None
    stray = targets.stray_named(plan.parameters)
    try:
        with transaction.atomic():
            volume = NetworkVolume.objects.create(
                deployment=plan.deployment,
                name=stray.name,
                status=ResourceStatus.LIVE,
                status_since=now,
                status_reason="adopted: it was there, and nobody had ordered it",
                requested_at=now,
                sent_at=stray.first_seen_at,
                provider=stray.provider,
                provider_id=stray.provider_id,
                billed_from=stray.first_seen_at,
                listed_at=stray.last_seen_at,
                size_gb=stray.size_gb,
                data_center_id=stray.data_center_id,
                mount_path=MOUNT_PATH,
            )
    except IntegrityError:
        raise Refused.because(
            f"{plan.deployment} got another volume a moment ago; look at it again.",
            field="deployment",
        ) from None
    StrayResource.objects.filter(pk=stray.pk).update(gone_at=now)
    audit.record(
        "adopt volume",
        volume,
        acting_user=confirmed.acting_user,
        now=now,
        provider_id=stray.provider_id,
        deployment=plan.deployment.slug,
        usd_per_month=volume_usd_per_month(stray.size_gb),
    )
    return plan.deployment
