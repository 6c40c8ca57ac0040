"""Confirming: the plan is made again, compared with what was shown, done, and kept."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from fleet.models import Action
from fleet.services import audit
from fleet.services.actions.kinds import apply_plan, plan_action
from fleet.services.actions.plan import Confirmation, CostedPlan, check_unmoved, unseal
from fleet.services.launch_guard import LaunchGuard
from fleet.services.refused import Refused

TYPED = "typed"
KEY_LENGTH = 40
CONFIRM_LOCK = 0x636F6E6669726D  # "confirm": one plan is compared and done at a time


class KeyUsed(Refused):
    """The key of a confirmation was used for another one: of several, or of one.

    action  what has the key, or was confirmed with others under it
    """

    def __init__(self, action: Action) -> None:
        said = f"This key was used for {action}, action {action.pk}; use a new one."
        super().__init__({"": [said]})
        self.action = action


def confirm(
    sealed: str, confirmed: Confirmation, *, guard: LaunchGuard, now: datetime
) -> Action:
    """Do what was shown, once; the same key a second time gives the first action back.

    The plan is made again by the same code. Raises PlanMoved, with the new plan, when
    the shown one is over five minutes old or its money off by more than 2 %; KeyUsed
    when the key confirmed several; Refused when it may not be done. Then nothing was
    changed.
    """
    check_key(confirmed)
    known = Action.objects.filter(key=confirmed.key).first()
    if known is not None:
        return known
    shown = unseal(sealed)
    try:
        with transaction.atomic():
            lock_confirmations()
            known = Action.objects.filter(key=confirmed.key).first()
            if known is not None:
                return known  # the other half of a double click won
            check_unused(Action.objects.filter(together=confirmed.key))
            plan = plan_action(shown.kind, shown.parameters, guard=guard, now=now)
            check_unmoved(shown, plan, now=now)
            check_allowed(plan, confirmed)
            return do(plan, confirmed, now=now)
    except IntegrityError:
        # Another page took the name meanwhile; making the plan again says so.
        plan_action(shown.kind, shown.parameters, guard=guard, now=now)
        raise


def check_key(confirmed: Confirmation) -> None:
    """Raises Refused for a key that no form has."""
    if not 8 <= len(confirmed.key) <= KEY_LENGTH:
        raise Refused.because("The confirmation is incomplete; make the plan again.")


def confirmed_under(key: str) -> list[Action]:
    """What a key confirmed: one action, or several in their order; none for a new one."""
    return list(Action.objects.filter(Q(key=key) | Q(together=key)).order_by("pk"))


def check_unused(others: QuerySet[Action]) -> None:
    """Raises KeyUsed where the key already confirmed one of these. Under the lock only."""
    first = others.order_by("pk").first()
    if first is not None:
        raise KeyUsed(first)


def lock_confirmations() -> None:
    """Wait for other confirmations; given back when the transaction ends.

    Two operators who both scale one deployment would else each confirm a figure that
    the other one's click has changed.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CONFIRM_LOCK])


def check_allowed(plan: CostedPlan, confirmed: Confirmation) -> None:
    """Raises Refused when the plan is blocked, or what must be typed was not."""
    if plan.blocked:
        raise Refused.because(f"Not done, because of the {plan.blocked}")
    if plan.typed and confirmed.answers.get(TYPED, "").strip() != plan.typed:
        raise Refused.because(
            f"To do this, type {plan.typed} exactly as it is written.", field=TYPED
        )


def do(
    plan: CostedPlan, confirmed: Confirmation, *, now: datetime, together: str = ""
) -> Action:
    """Leave the wishes, the action's row and its audit row, all or none.

    together  the key under which several were confirmed at once
    """
    before = plan.deployment.replicas if plan.deployment else 0
    deployment = apply_plan(plan, confirmed, now=now)
    action = Action.objects.create(
        kind=plan.kind,
        key=confirmed.key,
        together=together,
        parameters=dict(plan.parameters),
        plan=plan.record(),
        target=plan.target,
        deployment=deployment,
        replicas=plan.replicas,
        replicas_before=before,
        new_pods=plan.new_pods,
        confirmed_by=confirmed.acting_user,
        confirmed_at=now,
        request_id=confirmed.request_id,
    )
    action.pods.set(plan.pods)
    audit.record(
        f"confirm {action.get_kind_display()}",
        plan.target,
        acting_user=confirmed.acting_user,
        now=now,
        request_id=confirmed.request_id,
        action=action.pk,
        **({"token": confirmed.token} if confirmed.token else {}),
        **plan.record(),
    )
    return action
