"""/api/v1/actions: plan, confirm, follow and cancel a costed action, as on the pages.

The same services with the same guardrails and the same switch: what the page would not
do is not done here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest
from django.utils import timezone

from fleet.forms import OrderForm
from fleet.models import Action, ActionKind
from fleet.services.actions import (
    KINDS,
    Confirmation,
    CostedPlan,
    PlanMoved,
    confirm,
    plan_action,
)
from fleet.services.actions.confirm import KeyUsed
from fleet.services.actions.following import cancel
from fleet.services.actions.launching import spec_text
from fleet.services.actions.plan import Shown, unseal
from fleet.services.launch_guard import configured_guard
from fleet.services.refused import Refused
from fleet.tasks import reconcile, tend_resources
from fleet.views.actions import RESOURCE_KINDS
from fleet.views.doorbell import ring
from kerne_site.api import Asked, Endpoint, Fault, Parameter, Problem, api_view
from kerne_site.api import schemas as s
from kerne_site.api.asked import shown
from kerne_site.api.door import token_words
from kerne_site.api.encode import plain
from kerne_site.api.endpoints.action_answer import (
    ACTION,
    ACTION_PLAN,
    action_json,
    plan_json,
)
from kerne_site.api.sent import name_of, refuse_where, sent_object, text_of, texts_of
from kerne_site.logs import current_request_id

KEY_HEADER = "Idempotency-Key"
KEY = re.compile(r"[\x21-\x7e]{8,200}", re.ASCII)
LARGEST_ID = 2**31 - 1
UNCHANGED = "Nothing was changed."


@api_view(("POST",))
def action_plan(request: HttpRequest) -> dict[str, Any]:
    """What an action would do and cost; it changes nothing."""
    Asked(request.GET).check()
    body = sent_object(request, members=("kind", "fields"))
    kind = kind_of(body)
    fields = texts_of(body, "fields")
    refuse_where(
        [
            Fault(
                f"fields.{name_of(name)}",
                f"{shown(name)} is no field of {kind.value}; it takes: "
                f"{', '.join(KINDS[kind].fields)}.",
            )
            for name in fields
            if name not in KINDS[kind].fields
        ]
    )
    return plan_json(planned(kind, fields, now=timezone.now()))


def kind_of(body: dict[str, Any]) -> ActionKind:
    """The kind that is asked for. Raises a Problem (400)."""
    name = text_of(body, "kind", example="scale")
    if name not in ActionKind.values:
        known = ", ".join(ActionKind.values)
        refuse_where([Fault("kind", f"kind is {shown(name)}; write one of: {known}.")])
    return ActionKind(name)


def planned(kind: ActionKind, fields: dict[str, str], *, now: datetime) -> CostedPlan:
    """The plan as of now. Raises a Problem with what is wrong."""
    if kind == ActionKind.LAUNCH:
        fields = order_of(fields)
    try:
        return plan_action(kind, fields, guard=configured_guard(), now=now)
    except Refused as refusal:
        raise problem_of(refusal, inside="fields.") from None


def order_of(fields: dict[str, str]) -> dict[str, str]:
    """The fields of a launch as the order form reads them, its defaults included.

    Raises a Problem with the form's sentence for each wrong field.
    """
    defaults = {
        name: str(field.initial)
        for name, field in OrderForm.base_fields.items()
        if field.initial is not None
    }
    flags = {
        name: "True"
        for name in ("is_ready_at_start", "on_demand_fallback")
        if fields.get(name, "").lower() in ("true", "yes")
    }
    form = OrderForm.of_order(defaults | fields | flags)
    if not form.is_valid():
        refuse_where(
            [
                Fault(f"fields.{name}", str(sentence))
                for name, sentences in form.errors.items()
                for sentence in sentences
            ]
        )
    return spec_text(form.spec())


def problem_of(refusal: Refused, *, inside: str) -> Problem:
    """400 where a field is wrong, else 409: it may not be done as things are."""
    faults = [
        Fault(f"{inside}{field}", sentence)
        for field, sentences in refusal.errors.items()
        for sentence in sentences
        if field
    ]
    return Problem(400 if faults else 409, f"{refusal} {UNCHANGED}", errors=faults[:20])


@api_view(("POST",))
def action_confirm(request: HttpRequest) -> dict[str, Any]:
    """Do what a plan said, once."""
    Asked(request.GET).check()
    body = sent_object(request, members=("plan", "answers"))
    sealed = text_of(body, "plan", example="that of the plan's answer")
    wanted = shown_in(sealed)
    key = key_of(request)
    now = timezone.now()
    confirmed = Confirmation(
        acting_user=request.user.get_username(),
        key=key,
        answers=texts_of(body, "answers"),
        request_id=current_request_id(),
        token=token_words(request),
    )
    try:
        action = confirm(sealed, confirmed, guard=configured_guard(), now=now)
    except PlanMoved as moved:
        more = {"plan": plain(plan_json(moved.plan))}
        raise Problem(409, f"{moved} {UNCHANGED}", more=more) from None
    except KeyUsed as used:
        raise key_used([used.action]) from None
    except Refused as refusal:
        raise problem_of(refusal, inside="answers.") from None
    check_same([action], [wanted])
    ring(tend_resources if action.kind in RESOURCE_KINDS else reconcile)
    return action_json(action, now=now)


def check_same(actions: Sequence[Action], wanted: Sequence[Shown]) -> None:
    """Raises a Problem (409) where a key gave other actions than a plan asked for."""
    given = [(each.kind, each.parameters) for each in actions]
    if given != [(each.kind, dict(each.parameters)) for each in wanted]:
        raise key_used(actions)


def key_used(actions: Sequence[Action]) -> Problem:
    """409: a key confirmed these already, and is sent for something else."""
    first, *others = actions
    more = f" and {len(others)} more" if others else ""
    return Problem(
        409,
        f"This {KEY_HEADER} was used for {first}, action {first.pk}{more}; send another "
        f"one. {UNCHANGED}",
    )


def shown_in(sealed: str) -> Shown:
    """What a plan said. Raises a Problem (400) for one that was not made here."""
    try:
        return unseal(sealed)
    except Refused as refusal:
        refuse_where([Fault("plan", str(refusal))])
        raise


def key_of(request: HttpRequest) -> str:
    """The key of an action, of this account alone. Raises a Problem (400)."""
    given = request.headers.get(KEY_HEADER, "")
    if not KEY.fullmatch(given):
        said = f"has {len(given)} characters" if given else "is missing"
        refuse_where(
            [
                Fault(
                    KEY_HEADER,
                    f"The header {KEY_HEADER} {said}; send 8 to 200 visible ASCII "
                    "characters, new for each action and the same when it is sent again.",
                )
            ]
        )
    return hashlib.sha256(f"{request.user.pk}:{given}".encode()).hexdigest()[:40]


@api_view()
def action(request: HttpRequest, id: int) -> dict[str, Any]:
    """Where an action is."""
    Asked(request.GET).check()
    return action_json(found(id), now=timezone.now())


@api_view(("POST",))
def action_cancel(request: HttpRequest, id: int) -> dict[str, Any]:
    """Take back the wish of an action, as far as it is not fulfilled."""
    Asked(request.GET).check()
    row, now = found(id), timezone.now()
    name = request.user.get_username()
    try:
        cancel(row, acting_user=name, now=now, token=token_words(request))
    except Refused as refusal:
        raise Problem(409, f"{refusal} {UNCHANGED}") from None
    ring(reconcile)
    return action_json(found(id), now=now)


def found(id: int) -> Action:
    """The action of that number. Raises Http404."""
    rows = Action.objects.select_related("deployment__fleet")
    row = rows.filter(pk=id).first() if id <= LARGEST_ID else None
    if row is None:
        raise Http404
    return row


ID = Parameter("id", "The action's number.", s.WHOLE, required=True, place="path")
KEY_SENT = Parameter(
    KEY_HEADER,
    "8 to 200 characters; the same again gives back what it confirmed first.",
    s.TEXT,
    required=True,
    place="header",
)
ACTION_PLAN_POST = Endpoint(
    path="actions/plan",
    view=action_plan,
    method="POST",
    line="What an action would do and cost: the plan sheet. Changes nothing.",
    body=s.record(kind=s.words(*ActionKind.values), fields=s.table({})),
    answer=ACTION_PLAN,
)
ACTION_CONFIRM = Endpoint(
    path="actions/confirm",
    view=action_confirm,
    method="POST",
    line="Do what a plan said, once; 409 with the new plan where it aged or moved.",
    parameters=(KEY_SENT,),
    body={
        "type": "object",
        "properties": {"plan": s.TEXT, "answers": s.table({})},
        "required": ["plan"],
        "additionalProperties": False,
    },
    answer=ACTION,
)
ACTION_GET = Endpoint(
    path="actions/{id}",
    view=action,
    line="An action: its stages with seconds and money, what it cost so far, its end.",
    parameters=(ID,),
    answer=ACTION,
)
ACTION_CANCEL = Endpoint(
    path="actions/{id}/cancel",
    view=action_cancel,
    method="POST",
    line="Take back what an action wants and has not got; says what is billed already.",
    parameters=(ID,),
    answer=ACTION,
)
