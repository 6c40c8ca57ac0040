"""A costed plan and an action as JSON, with their schemas."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from economics.calc.unknown import Unknown
from fleet.models import Action
from fleet.selectors.action_progress import progress_of
from fleet.selectors.action_steps import Stage
from fleet.services.actions import CostedPlan
from fleet.services.actions.plan import PLAN_LIFE, AccountChange
from kerne_site.api import schemas as s

NOTHING_NEW = Unknown("nothing new is rented, so no price was read")
UNPRICED = Unknown("the catalog has no price; the most that it may cost is taken")
NO_SPEND = Unknown("nothing is spent, so the balance does not run out")
AHEAD = Unknown("not reached yet")
NOT_BILLED = Unknown("nothing of it was billed")
NOT_TIMED = Unknown("this stage is not timed")
NO_PAST = Unknown("no earlier one to compare with")


def plan_json(plan: CostedPlan) -> dict[str, Any]:
    """The plan sheet: the figures of the page, and `plan`, which the confirmation sends."""
    return {"plan": plan.seal(), **sheet_json(plan)}


def sheet_json(plan: CostedPlan) -> dict[str, Any]:
    """The figures of a plan alone, which is then confirmed by no plan of its own."""
    return {
        "kind": plan.kind.value,
        "target": plan.target,
        "title": plan.title,
        "fields": dict(plan.parameters),
        "quoted_at": plan.quoted_at,
        "good_until": plan.quoted_at + PLAN_LIFE,
        "price_age_seconds": price_age(plan),
        "changes": [
            {"what": each.what, "before": each.before, "after": each.after}
            for each in plan.changes
        ],
        "added_usd_per_hour": plan.added_usd_per_hour,
        "saved_usd_per_hour": plan.saved_usd_per_hour,
        "change_usd_per_hour": plan.delta_usd_per_hour,
        "change_usd_per_day": plan.delta_usd_per_day,
        "spent_usd": plan.spent_usd,
        "account": account_json(plan.account),
        "new_pods": plan.new_pods,
        "ends_pods": [pod.name for pod in plan.pods],
        "lost": list(plan.losses),
        "notes": list(plan.notes),
        "warnings": list(plan.warnings),
        "refused_because": plan.blocked,
        "answers_needed": [
            *(["typed"] if plan.typed else []),
            *(a.name for a in plan.asks),
        ],
        "type_exactly": plan.typed,
        "undo": plan.undo,
    }


def price_age(plan: CostedPlan) -> int | Unknown:
    """How old the price was when the plan was made [s]."""
    if plan.price_age_seconds is not None:
        return plan.price_age_seconds
    return UNPRICED if plan.added_usd_per_hour else NOTHING_NEW


def account_json(account: AccountChange) -> dict[str, Any]:
    """The account before and after; a balance that is not known says why."""
    unknown = Unknown(account.reason or "the balance was not read")
    balance = account.balance

    def runway(hours: Decimal | None) -> Decimal | Unknown:
        if hours is not None:
            return hours
        return NO_SPEND if balance is not None else unknown

    return {
        "usd_per_hour_before": account.usd_per_hour_before,
        "usd_per_hour_after": account.usd_per_hour_after,
        "balance_usd": unknown if balance is None else balance.balance_usd,
        "balance_read_at": unknown if balance is None else balance.read_at,
        "runway_hours_before": runway(account.runway_hours_before),
        "runway_hours_after": runway(account.runway_hours_after),
    }


def action_json(action: Action, *, now: datetime) -> dict[str, Any]:
    """Where an action is: its stages, its money so far, how it ended."""
    progress = progress_of(action, now=now)
    end = progress.end
    typical = progress.typical_seconds
    return {
        "as_of": now,
        "id": action.pk,
        "kind": action.kind,
        "target": action.target,
        "fields": action.parameters,
        "state": "running" if end is None else end.result.value,
        "outcome": "" if end is None else end.outcome,
        "confirmed_by": action.confirmed_by,
        "confirmed_at": action.confirmed_at,
        "ended_at": action.ended_at,
        "elapsed_seconds": progress.elapsed_seconds,
        "typical_seconds": NO_PAST if typical is None else typical,
        "spent_usd": progress.spent_usd,
        "stages": [stage_json(each) for each in progress.stages],
        "pods": [pod.name for pod in progress.pods],
    }


def stage_json(stage: Stage) -> dict[str, Any]:
    """One stage; figures that are not known have their reason."""
    missing = Unknown(stage.unknown) if stage.unknown else None
    absent = AHEAD if stage.state == "ahead" else NOT_TIMED
    seconds: object = stage.seconds
    if stage.seconds is None:
        seconds = missing or absent
    usd: object = stage.usd
    if stage.usd is None:
        usd = missing or (NOT_BILLED if stage.seconds is not None else absent)
    return {
        "name": stage.name,
        "state": stage.state,
        "detail": stage.detail,
        "seconds": seconds,
        "usd": usd,
    }


NUMBER: s.Schema = {"type": "number"}
CHANGE = s.record(what=s.TEXT, before=s.TEXT, after=s.TEXT)
ACCOUNT: dict[str, s.Schema] = {
    "usd_per_hour_before": s.DECIMAL,
    "usd_per_hour_after": s.DECIMAL,
    "balance_usd": s.or_unknown(s.DECIMAL),
    "balance_read_at": s.or_unknown(s.INSTANT),
    "runway_hours_before": s.or_unknown(s.DECIMAL),
    "runway_hours_after": s.or_unknown(s.DECIMAL),
}
SEALED = s.described(s.TEXT, "Sent back to confirm just this plan.")
MAY_BE = s.described(s.TEXT, "Empty where it may be confirmed.")
SHEET: dict[str, s.Schema] = dict(
    kind=s.TEXT,
    target=s.TEXT,
    title=s.TEXT,
    fields=s.table(s.TEXT),
    quoted_at=s.INSTANT,
    good_until=s.INSTANT,
    price_age_seconds=s.or_unknown(s.WHOLE),
    changes=s.many(CHANGE),
    added_usd_per_hour=s.DECIMAL,
    saved_usd_per_hour=s.DECIMAL,
    change_usd_per_hour=s.DECIMAL,
    change_usd_per_day=s.DECIMAL,
    spent_usd=s.DECIMAL,
    account=s.record(**ACCOUNT),
    new_pods=s.WHOLE,
    ends_pods=s.many(s.TEXT),
    lost=s.many(s.TEXT),
    notes=s.many(s.TEXT),
    warnings=s.many(s.TEXT),
    refused_because=MAY_BE,
    answers_needed=s.many(s.TEXT),
    type_exactly=s.TEXT,
    undo=s.TEXT,
)
ACTION_PLAN = s.record(plan=SEALED, **SHEET)
STAGE = s.record(
    name=s.TEXT,
    state=s.words("done", "now", "ahead", "failed"),
    detail=s.TEXT,
    seconds=s.or_unknown(NUMBER),
    usd=s.or_unknown(s.DECIMAL),
)
ACTION = s.record(
    as_of=s.INSTANT,
    id=s.WHOLE,
    kind=s.TEXT,
    target=s.TEXT,
    fields=s.table(s.TEXT),
    state=s.words("running", "done", "failed", "superseded", "cancelled"),
    outcome=s.TEXT,
    confirmed_by=s.TEXT,
    confirmed_at=s.INSTANT,
    ended_at=s.or_null(s.INSTANT),
    elapsed_seconds=NUMBER,
    typical_seconds=s.or_unknown(NUMBER),
    spent_usd=s.DECIMAL,
    stages=s.many(STAGE),
    pods=s.many(s.TEXT),
)
