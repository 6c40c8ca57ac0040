"""Every kind of costed action: how it is planned, and how a confirmed plan is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from fleet.models import ActionKind, Deployment
from fleet.services.actions import (
    ending,
    growing,
    launching,
    leaving,
    renting,
    resources,
    stray_resources,
    strays,
    tuning,
    workers,
)
from fleet.services.actions.plan import Confirmation, CostedPlan
from fleet.services.launch_guard import LaunchGuard


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind.

    fields  the parameters of its plan, for forms, commands and the API
    plan    (parameters, guard=, now=) -> CostedPlan; changes nothing; raises Refused
    apply   (plan, confirmation, now=) -> the deployment, if there is one; runs inside
            the transaction that writes the action; leaves wishes only, calls nobody
    """

    fields: tuple[str, ...]
    plan: Callable[..., CostedPlan]
    apply: Callable[..., Deployment | None]


KINDS: Mapping[ActionKind, Kind] = {
    ActionKind.LAUNCH: Kind(
        launching.LAUNCH_FIELDS, launching.plan_launch, launching.apply_launch
    ),
    ActionKind.SCALE: Kind(
        ("deployment", "replicas", *workers.FIELDS),
        launching.plan_scale,
        launching.apply_scale,
    ),
    ActionKind.START: Kind(
        ("deployment", "replicas"), launching.plan_start, launching.apply_replicas
    ),
    ActionKind.RENTAL: Kind(renting.FIELDS, renting.plan_rental, renting.apply_rental),
    ActionKind.STOP: Kind(("deployment",), ending.plan_stop, ending.apply_stop),
    ActionKind.TERMINATE: Kind(("pod",), ending.plan_terminate, ending.apply_terminate),
    ActionKind.SETTINGS: Kind(tuning.FIELDS, tuning.plan_settings, tuning.apply_settings),
    ActionKind.ADOPT: Kind(("orphan", "deployment"), strays.plan_adopt, strays.apply_adopt),
    ActionKind.END_ORPHAN: Kind(
        ("orphan",), strays.plan_end_orphan, strays.apply_end_orphan
    ),
    ActionKind.EXIT: Kind(("tier",), leaving.plan_exit, leaving.apply_exit),
    ActionKind.ADD_VOLUME: Kind(
        resources.VOLUME_FIELDS, resources.plan_add_volume, resources.apply_add_volume
    ),
    ActionKind.END_VOLUME: Kind(
        ("volume",), resources.plan_end_volume, resources.apply_end_volume
    ),
    ActionKind.ADD_ENDPOINT: Kind(
        resources.ENDPOINT_FIELDS,
        resources.plan_add_endpoint,
        resources.apply_add_endpoint,
    ),
    ActionKind.END_ENDPOINT: Kind(
        ("endpoint",), resources.plan_end_endpoint, resources.apply_end_endpoint
    ),
    ActionKind.END_STRAY: Kind(
        ("stray",), stray_resources.plan_end_stray, stray_resources.apply_end_stray
    ),
    ActionKind.ADOPT_VOLUME: Kind(
        ("stray", "deployment"),
        stray_resources.plan_adopt_volume,
        stray_resources.apply_adopt_volume,
    ),
    ActionKind.GROW_VOLUME: Kind(
        growing.FIELDS, growing.plan_grow_volume, growing.apply_grow_volume
    ),
    ActionKind.SET_WORKERS: Kind(
        ("endpoint", *workers.FIELDS), workers.plan_set_workers, workers.apply_workers
    ),
}


def plan_action(
    kind: ActionKind, parameters: Mapping[str, str], *, guard: LaunchGuard, now: datetime
) -> CostedPlan:
    """What an action would do and cost now. Raises Refused with a sentence per field."""
    return KINDS[kind].plan(parameters, guard=guard, now=now)


def apply_plan(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime
) -> Deployment | None:
    """Leave the wishes of a confirmed plan."""
    return KINDS[plan.kind].apply(plan, confirmed, now=now)
