"""Following actions to their end, and cancelling one that is not there yet."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from django.db import transaction

from fleet.models import Action, ActionKind, ActionResult, Deployment
from fleet.selectors.action_progress import Progress, end_of, pods_of, progress_of
from fleet.selectors.action_steps import End
from fleet.services import audit, lifecycle
from fleet.services.isolation import apart
from fleet.services.refused import Refused

MOST_AT_ONCE = 200


def finish_due(*, now: datetime, troubles: list[str]) -> list[str]:
    """Write the end of every action that got there; their names."""
    ended = []
    running = Action.objects.running().select_related("deployment__fleet")
    for action in running.order_by("confirmed_at", "pk")[:MOST_AT_ONCE]:
        if apart(f"action {action.pk}", partial(finish, action, now=now), troubles):
            ended.append(str(action))
    return ended


def finish(action: Action, *, now: datetime) -> bool:
    """End an action whose pods are where it wanted them; True if this call ended it."""
    if end_of(action, pods_of(action)) is None:
        return False  # most ticks: without the questions that only the end needs
    progress = progress_of(action, now=now)
    if progress.end is None:
        return False
    return write_end(action, progress, progress.end, acting_user="", now=now)


def write_end(
    action: Action,
    progress: Progress,
    end: End,
    *,
    acting_user: str,
    now: datetime,
    token: str = "",
) -> bool:
    """Store an end with its audit row, unless somebody else just did."""
    with transaction.atomic():
        ended = Action.objects.running().filter(pk=action.pk)
        if not ended.update(result=end.result, outcome=end.outcome[:500], ended_at=now):
            return False
        audit.record(
            f"{end.result.label} {action.get_kind_display()}",
            action.target,
            acting_user=acting_user or action.confirmed_by,
            now=now,
            request_id=action.request_id,
            action=action.pk,
            seconds=round(progress.elapsed_seconds),
            usd_spent=progress.spent_usd,
            outcome=end.outcome,
            **({"token": token} if token else {}),
        )
    return True


def check_cancellable(action: Action) -> None:
    """Raises Refused where the number from before would not undo just this action."""
    assert action.deployment is not None
    rows = Deployment.objects.select_for_update()
    deployment = rows.get(pk=action.deployment.pk)
    if action.kind == ActionKind.RENTAL:
        raise Refused.because(
            f"{action} can not be cancelled half-way; change the rental back instead."
        )
    if deployment.replicas != action.replicas:
        raise Refused.because(
            f"{deployment} wants {deployment.replicas} by now, not the {action.replicas} "
            "of this action; scale or stop it instead."
        )
    if action.replicas_before == action.replicas:
        raise Refused.because(
            f"{deployment} wanted {action.replicas} before too, so there is nothing to go "
            "back to; stop it instead."
        )


def cancel(action: Action, *, acting_user: str, now: datetime, token: str = "") -> Progress:
    """Take back the wish of an action that rents, as far as it is not fulfilled.

    The deployment wants as many replicas as before; what is rented by then is billed
    until its end. Gives the progress at that moment. Raises Refused where there is
    nothing to take back. `token` is the API token that it came with, for the audit.
    """
    with transaction.atomic():
        row = (
            Action.objects.select_for_update(of=("self",))
            .select_related("deployment__fleet")
            .get(pk=action.pk)
        )
        progress = progress_of(row, now=now)
        deployment = row.deployment
        if not row.is_running or progress.end is not None:
            raise Refused.because(f"{row} has ended; there is nothing to cancel.")
        if row.kind == ActionKind.SETTINGS:
            raise Refused.because(
                f"{row} can not be cancelled half-way; change the settings back instead."
            )
        if row.plan.get("endpoint"):
            raise Refused.because(
                f"{row} can not be cancelled: what it does to an endpoint is sent at once. "
                "Stop the deployment or change it back instead."
            )
        if not row.new_pods or deployment is None:
            raise Refused.because(
                f"{row} can not be cancelled: a pod that was told to stop is not taken "
                "back. Start anew instead."
            )
        check_cancellable(row)
        before = row.replicas_before or 0
        if before:
            lifecycle.start_deployment(
                deployment, replicas=before, acting_user=acting_user, now=now
            )
        else:
            lifecycle.stop_deployment(deployment, acting_user=acting_user, now=now)
        spent = f"{progress.spent_usd:.4f}"
        end = End(
            ActionResult.CANCELLED,
            f"Cancelled by {acting_user}: {deployment} wants {before} again. Its pods had "
            f"cost {spent} USD by then and are billed until they are gone.",
        )
        write_end(row, progress, end, acting_user=acting_user, now=now, token=token)
    return progress
