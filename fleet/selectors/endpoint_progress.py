"""How far an action is that sets up, ends or changes a serverless endpoint."""

from __future__ import annotations

from fleet.models import (
    RESOURCE_OVER,
    Action,
    ActionKind,
    ActionResult,
    ResourceStatus,
    ServerlessEndpoint,
)
from fleet.selectors.action_steps import End, Stage

SET_UP, ENDED, CHANGED = "set up", "ended", "changed"


def endpoint_of(action: Action) -> ServerlessEndpoint | None:
    """The endpoint that an action is about; None while it is not wished for yet."""
    rows = ServerlessEndpoint.objects.filter(deployment=action.deployment_id)
    if action.kind == ActionKind.SET_WORKERS:
        return rows.filter(name=action.target).first()
    rows = rows.filter(is_rental=True).order_by("-pk")
    if action.plan.get("endpoint") == SET_UP:
        rows = rows.filter(requested_at__gte=action.confirmed_at)
    return rows.first()


def endpoint_stages(action: Action) -> tuple[Stage, ...]:
    """The steps of its endpoint; nothing for an action about pods alone."""
    what, row = action.plan.get("endpoint"), endpoint_of(action)
    if what == SET_UP:
        steps = (
            ("endpoint wished for", row is not None),
            ("create sent", row is not None and row.sent_at is not None),
            ("endpoint live", row is not None and row.billed_from is not None),
        )
    elif what == ENDED:
        steps = (
            ("endpoint told to end", row is None or row.end_requested_at is not None),
            ("delete sent", row is None or row.is_over or row.end_sent_at is not None),
            ("endpoint gone", row is None or row.is_over),
        )
    elif what == CHANGED:
        waits = row is not None and row.wanted_max is not None
        steps = (
            ("workers asked for", True),
            ("sent", not waits or (row is not None and row.change_sent_at is not None)),
            ("in the provider's list", not waits),
        )
    else:
        return ()
    stages, open_seen = [], False
    for name, is_done in steps:
        state = "done" if is_done else "ahead" if open_seen else "now"
        detail = row.status_reason if row is not None and state == "now" else ""
        stages.append(Stage(name, state, detail))
        open_seen = open_seen or not is_done
    return tuple(stages)


def endpoint_end(action: Action) -> End | None:
    """How the endpoint's part ended; None while it goes on."""
    what, row = action.plan.get("endpoint"), endpoint_of(action)
    if what == SET_UP:
        return set_up_end(action, row)
    if what == CHANGED:
        return change_end(row)
    if row is None or row.status in RESOURCE_OVER:
        name = row.name if row else "The endpoint"
        return End(ActionResult.DONE, f"{name} is gone, confirmed by the provider.")
    deployment = action.deployment
    if deployment is not None and deployment.wants_endpoint:
        return End(ActionResult.SUPERSEDED, f"{deployment} wants an endpoint by now.")
    return None


def set_up_end(action: Action, row: ServerlessEndpoint | None) -> End | None:
    """The end of an action that sets one up."""
    deployment = action.deployment
    assert deployment is not None
    if row is not None and row.status == ResourceStatus.LIVE:
        return End(ActionResult.DONE, f"{row} is live.")
    if not deployment.wants_endpoint:
        return End(
            ActionResult.SUPERSEDED, f"{deployment} wants no endpoint any more by now."
        )
    if deployment.is_given_up:
        why = row.status_reason if row is not None else ""
        return End(
            ActionResult.FAILED,
            f"The endpoint could not be set up, and it is not tried again: {why}",
        )
    return None


def change_end(row: ServerlessEndpoint | None) -> End | None:
    """The end of a change of workers."""
    if row is None:
        return End(ActionResult.DONE, "Its next endpoint is set up with them.")
    if row.wanted_max is not None and not row.is_over:
        return None
    if row.status_reason.startswith("workers not changed"):
        return End(ActionResult.FAILED, f"{row}: {row.status_reason}")
    return End(
        ActionResult.DONE,
        f"{row} has {row.workers_min} to {row.workers_max} workers, idle "
        f"{row.idle_timeout_seconds} s, by the provider's list.",
    )
