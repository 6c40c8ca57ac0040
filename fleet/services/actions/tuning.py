"""Settings: another context, image, machine or limit, replica by replica, without a gap."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from django.conf import settings

from fleet.models import ActionKind, Deployment
from fleet.providers.pod_request import image_fault
from fleet.services import order_rules, rolling
from fleet.services.actions import figures, targets
from fleet.services.actions.launching import BILLING, losses_of, price_warnings
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.actions.renting import spec_of
from fleet.services.actions.vetoes import vetoed_more
from fleet.services.launch_guard import LaunchGuard
from fleet.services.order_burst import baseline_fault
from fleet.services.refused import Refused
from fleet.vllm.extra_args import beyond_the_estimate, normal

SETTINGS = {  # column -> what people call it
    "max_model_len": "context",
    "gpu_memory_utilization": "GPU memory share",
    "image": "image",
    "extra_args": "extra arguments",
    "gpu_type_id": "GPU",
    "gpu_count": "GPUs per replica",
    "cloud": "cloud",
    "container_disk_gb": "container disk",
    "max_usd_per_gpu_hour": "price limit",
}
FIELDS = ("deployment", *SETTINGS)
NO_ARGS = "none"


def plan_settings(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """The plan of other settings. Raises Refused."""
    deployment = targets.deployment_named(parameters)
    if deployment.is_serverless:
        raise Refused.because(
            f"{deployment} is serverless: its endpoint keeps the settings it was set up "
            "with. Change its rental to pods and then its settings, or order it anew."
        )
    asked = {name: parameters[name] for name in SETTINGS if parameters.get(name)}
    wanted = asked | with_normal_args(asked)
    planned = planned_change(deployment, wanted, now=now)
    after = figures.with_columns(deployment, planned.changes)
    price = figures.price_of_replica(after)
    old = list(deployment.pods.wanted().order_by("pk"))[: planned.replicas]
    old_price = figures.price_of_replica(deployment)
    daily = figures.daily_usd(after, price.usd_per_hour, now=now) - figures.daily_usd(
        deployment, old_price.usd_per_hour, now=now
    )
    added = price.usd_per_hour * planned.replicas
    saved = figures.billed_usd_per_hour(old)
    return CostedPlan(
        kind=ActionKind.SETTINGS,
        parameters={"deployment": deployment.slug, **asked},
        target=deployment.slug,
        title=f"Change the settings of {deployment.slug}?",
        button=(
            f"Replace {planned.replicas}, one by one" if planned.replicas else "Change them"
        ),
        changes=tuple(
            Change(SETTINGS[name], words(getattr(deployment, name)), words(value))
            for name, value in planned.changes.items()
        ),
        account=figures.account_change(
            added=added,
            saved=saved,
            provider=figures.renting_provider(deployment),
            now=now,
        ),
        added_usd_per_hour=added,
        saved_usd_per_hour=saved,
        hours_per_day=figures.hours_per_day(deployment, now=now),
        usd_per_day=daily,
        spent_usd=figures.spent_usd(old, now=now),
        price_read_at=price.read_at,
        losses=losses_of(old),
        notes=(
            planned.sentence,
            *((BILLING, TAKEN_BACK) if planned.replicas else ()),
            *peak_notes(deployment, planned.changes),
        ),
        warnings=(*price_warnings(after, price), *memory_warnings(planned.changes)),
        # The replica more of the meantime is new rent; the guard is asked about that one.
        blocked=vetoed_more(
            deployment,
            price.usd_per_hour if planned.replicas else Decimal(0),
            guard=guard,
            now=now,
        ),
        deployment=deployment,
        replicas=deployment.replicas,
        new_pods=planned.replicas,
        columns=planned.changes,
        quoted_at=now,
    )


def with_normal_args(asked: Mapping[str, str]) -> dict[str, str]:
    """The extra arguments that are asked for as they are stored; NO_ARGS takes them away.

    Raises Refused.
    """
    if "extra_args" not in asked:
        return {}
    if asked["extra_args"] == NO_ARGS:
        return {"extra_args": ""}
    try:
        return {"extra_args": normal(asked["extra_args"])}
    except ValueError as wrong:
        raise Refused.because(str(wrong), field="extra_args") from None


def peak_notes(deployment: Deployment, changes: Mapping[str, object]) -> tuple[str, ...]:
    """That a peak of the old machine goes, where somebody has set one."""
    if not deployment.peak_set_by or not rolling.moves_machine(changes):
        return ()
    said = f"The peak throughput that {deployment.peak_set_by} set is of the old machine"
    return (f"{said} and goes with it; Kerne works out the new one.",)


def memory_warnings(changes: Mapping[str, object]) -> tuple[str, ...]:
    said = beyond_the_estimate(str(changes.get("extra_args", "")))
    return (said,) if said else ()


def words(value: object) -> str:
    """A setting in a sentence; an empty one is "none"."""
    return str(value) or NO_ARGS


TAKEN_BACK = (
    "The old replicas serve until new ones are ready. When a new one is never ready, the "
    "old settings come back and the old replicas stay."
)


def planned_change(
    deployment: Deployment, asked: Mapping[str, str], *, now: datetime
) -> rolling.RollingPlan:
    """What the change would do. Raises Refused with a sentence per wrong field."""
    try:
        check_machine(deployment, rolling.changed_copy(deployment, asked))
        return rolling.plan(deployment, asked, now=now)
    except ValueError as wrong:
        field = next((name for name in SETTINGS if name in str(wrong)), "")
        raise Refused.because(str(wrong), field=field) from None


def check_machine(deployment: Deployment, after: Deployment) -> None:
    """The rules of an order, for the deployment as it would be. Raises Refused."""
    errors = order_rules.machine_faults(
        spec_of(after),
        after.variant,
        provider=settings.PROVIDER_NAME,
        is_new_machine=any(
            getattr(after, name) != getattr(deployment, name)
            for name in (*rolling.MACHINE, "cloud")
        ),
    )
    if wrong := image_fault(after.image):
        errors["image"] = [f"I{wrong[1:]}"]
    if fault := baseline_fault(after, after.replicas):
        errors[""] = [fault]
    if errors:
        raise Refused(errors)


def apply_settings(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment:
    """Save the settings; reconcile replaces one replica after the other."""
    assert plan.deployment is not None
    rolling.change(
        plan.deployment, plan.columns, acting_user=confirmed.acting_user, now=now
    )
    return plan.deployment
