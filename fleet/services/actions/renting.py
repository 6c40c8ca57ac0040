"""Another rental of a deployment that exists: new hours, or none any more."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from fleet.models import ActionKind, Deployment, RentalKind
from fleet.schedule import describe_hours, replica_seconds
from fleet.schedule.form_text import ScheduleRefused, ScheduleText, schedule_of
from fleet.schedule.hours import LONGEST_LEAD_SECONDS
from fleet.selectors.start_up import start_up
from fleet.services import lifecycle, replicas
from fleet.services.actions import figures, targets
from fleet.services.actions.launching import BILLING, losses_of, price_warnings, vetoed
from fleet.services.actions.plan import Change, Confirmation, CostedPlan
from fleet.services.launch_guard import LaunchGuard
from fleet.services.order_rules import TYPED_HOURS
from fleet.services.refused import Refused

FIELDS = (
    *("deployment", "rental_kind", *TYPED_HOURS),
    *("baseline_replicas", "is_ready_at_start"),
)
KINDS_OFFERED = (RentalKind.SCHEDULED, RentalKind.ON_DEMAND)
WEEK = timedelta(days=7)


def plan_rental(
    parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """The plan of other hours. Raises Refused with a sentence per wrong field."""
    deployment = targets.deployment_named(parameters)
    after = copy(deployment)
    for column, value in rental_columns(deployment, parameters).items():
        setattr(after, column, value)
    if rental_words(after) == rental_words(deployment):
        raise Refused.because(f"{deployment} is rented like that already.")
    price = figures.price_of_replica(deployment)
    live = sorted(deployment.pods.wanted(), key=replicas.worth)
    wanted = after.replicas_wanted(now=now)
    missing, surplus = max(wanted - len(live), 0), live[wanted:]
    added = price.usd_per_hour * missing
    saved = figures.billed_usd_per_hour(surplus)
    weeks = [week_usd(each, price.usd_per_hour, now=now) for each in (deployment, after)]
    return CostedPlan(
        kind=ActionKind.RENTAL,
        parameters={name: parameters[name] for name in FIELDS if name in parameters},
        target=deployment.slug,
        title=f"Change the hours of {deployment.slug}?",
        button="Change the hours",
        changes=(
            Change("rental", rental_words(deployment), rental_words(after)),
            Change("replicas now", str(len(live)), str(wanted)),
        ),
        account=figures.account_change(added=added, saved=saved, now=now),
        added_usd_per_hour=added,
        saved_usd_per_hour=saved,
        usd_per_day=(weeks[1] - weeks[0]) / 7,
        spent_usd=figures.spent_usd(surplus, now=now),
        price_read_at=price.read_at,
        losses=losses_of(surplus),
        # No change: two readings of a price may differ, and mean the same hours.
        notes=(week_words(*weeks), BILLING),
        warnings=price_warnings(deployment, price),
        blocked=vetoed(deployment.slug, added, guard=guard, now=now) if missing else "",
        undo="The former hours can be set again the same way.",
        deployment=deployment,
        quoted_at=now,
    )


def apply_rental(plan: CostedPlan, confirmed: Confirmation, *, now: datetime) -> Deployment:
    """Write the new hours; replicas follow them at the next tick."""
    assert plan.deployment is not None
    lifecycle.change_rental(
        plan.deployment,
        rental_columns(plan.deployment, plan.parameters),
        acting_user=confirmed.acting_user,
        now=now,
    )
    return plan.deployment


def rental_columns(deployment: Deployment, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The columns that the parameters mean. Raises Refused."""
    kind = parameters.get("rental_kind", "")
    if kind not in KINDS_OFFERED:
        known = " or ".join(each.value for each in KINDS_OFFERED)
        raise Refused.because(
            f"Rental is {kind[:40]!r}; use {known}. A burst is ordered anew.",
            field="rental_kind",
        )
    columns: dict[str, Any] = {
        "rental_kind": RentalKind(kind),
        "schedule_starts": "",
        "schedule_seconds": None,
        "schedule_zone": "",
        "is_ready_at_start": False,
        "lead_seconds": 0,
        "baseline_replicas": 0,
        "burst_replicas": 0,
        "scaled_at": None,
    }
    if kind == RentalKind.ON_DEMAND:
        return columns
    early = parameters.get("is_ready_at_start", "") == "yes"
    try:
        schedule = schedule_of(
            ScheduleText(**{name: parameters.get(name, "") for name in TYPED_HOURS}),
            inside=max(deployment.replicas, 1),
            baseline=baseline_asked(parameters),
            lead_seconds=lead_of(deployment) if early else 0,
        )
    except ScheduleRefused as refused:
        errors = {field: [sentence] for field, sentence in refused.errors.items()}
        raise Refused(errors) from None
    return columns | {
        "schedule_starts": "; ".join(schedule.starts),
        "schedule_seconds": schedule.duration_seconds,
        "schedule_zone": schedule.zone,
        "is_ready_at_start": early,
        "lead_seconds": schedule.lead_seconds,
        "baseline_replicas": schedule.baseline,
    }


def baseline_asked(parameters: Mapping[str, str]) -> int:
    """The number outside the hours, 0 where it is not said. Raises Refused."""
    text = parameters.get("baseline_replicas", "").strip() or "0"
    if not targets.FEW.fullmatch(text):
        raise Refused.because(
            f"Replicas outside the hours is {text[:40]!r}; write a whole number such as 0.",
            field="baseline_replicas",
        )
    return int(text)


def lead_of(deployment: Deployment) -> int:
    """How much earlier it must be rented to be ready in time [s]."""
    known = start_up(
        deployment.variant,
        gpu_type_id=deployment.gpu_type_id,
        gpu_count=deployment.gpu_count,
    )
    return min(known.lead_seconds, LONGEST_LEAD_SECONDS)


def rental_words(deployment: Deployment) -> str:
    """The rental in words, its hours, baseline and lead included."""
    schedule = deployment.schedule
    if schedule is None:
        return RentalKind(deployment.rental_kind).label
    words = f"{describe_hours(schedule)}, {schedule.baseline} outside"
    early = ", ready at the start" if deployment.is_ready_at_start else ""
    return words + early


def week_words(before: Decimal, after: Decimal) -> str:
    return (
        f"The next 7 days cost {before:.2f} USD as it is, and {after:.2f} USD by the new "
        "hours, at today's price."
    )


def week_usd(deployment: Deployment, usd_per_hour: Decimal, *, now: datetime) -> Decimal:
    """What the next 7 days cost [USD] as it is wanted, at this price per replica."""
    schedule = deployment.schedule if deployment.replicas else None
    if schedule is None:
        return usd_per_hour * deployment.replicas_wanted(now=now) * 24 * 7
    return replica_seconds(schedule, now, now + WEEK) / 3600 * usd_per_hour
