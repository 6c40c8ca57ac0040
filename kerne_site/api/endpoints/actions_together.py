"""/api/v1/actions/together: several deployments and pods as one plan, as on the page.

All of it is done or nothing: the same services as the page's, with the same veto over the
sum. The answer of the confirmation lists the actions, each with an address of its own.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from fleet.services.actions import Confirmation
from fleet.services.actions.confirm import KeyUsed
from fleet.services.actions.plan import PLAN_LIFE, Shown
from fleet.services.actions.selection import (
    DEEDS,
    SCALE,
    STOP,
    Selection,
    asked_of,
)
from fleet.services.actions.targets import replicas_asked
from fleet.services.actions.together import (
    MOST_PARTS,
    Account,
    JointPlan,
    JointPlanMoved,
    PartsRefused,
    confirm_together,
    plan_together,
    unseal_together,
)
from fleet.services.launch_guard import configured_guard
from fleet.services.refused import Refused
from fleet.tasks import reconcile
from fleet.views.doorbell import ring
from kerne_site.api import Asked, Endpoint, Fault, Problem, api_view
from kerne_site.api import schemas as s
from kerne_site.api.asked import shown
from kerne_site.api.door import token_words
from kerne_site.api.encode import plain
from kerne_site.api.endpoints.action_answer import (
    ACCOUNT,
    ACTION,
    MAY_BE,
    SEALED,
    SHEET,
    account_json,
    action_json,
    sheet_json,
)
from kerne_site.api.endpoints.actions import (
    KEY_SENT,
    UNCHANGED,
    check_same,
    key_of,
    key_used,
    problem_of,
)
from kerne_site.api.sent import (
    as_text,
    names_of,
    refuse_where,
    sent_object,
    text_of,
    word_of,
)
from kerne_site.logs import current_request_id

MOST_SAID = 5  # sentences of parts that the detail repeats; `errors` has all


@api_view(("POST",))
def together_plan(request: HttpRequest) -> dict[str, Any]:
    """What a deed would do to all that is named; it changes nothing."""
    Asked(request.GET).check()
    body = sent_object(request, members=("deed", "deployments", "pods", "replicas"))
    deed = deed_of(body)
    slugs, pods = names_of(body, "deployments"), names_of(body, "pods")
    replicas = replicas_of(body, deed)
    selection = Selection.of(slugs, pods)
    check_number(selection)
    try:
        asked = asked_of(deed, selection, replicas=replicas)
        plan = plan_together(asked, guard=configured_guard(), now=timezone.now())
    except PartsRefused as refusal:
        raise parts_problem(refusal) from None
    except Refused as refusal:
        raise problem_of(refusal, inside="") from None
    return joint_json(plan)


def deed_of(body: dict[str, Any]) -> str:
    """What is to be done. Raises a Problem (400)."""
    deed = text_of(body, "deed", example=STOP)
    if deed not in DEEDS:
        said = f"deed is {shown(deed)}; write one of: {', '.join(DEEDS)}."
        refuse_where([Fault("deed", said)])
    return deed


def replicas_of(body: dict[str, Any], deed: str) -> str:
    """How many replicas each is to have; "" where nobody says so. Raises a Problem."""
    if "replicas" not in body and deed != SCALE:
        return ""
    if deed == STOP:
        said = "replicas goes with start and scale; leave it out, a stop leaves none."
        refuse_where([Fault("replicas", said)])
    text = as_text(body.get("replicas", ""))
    if text is None:
        text = f"a JSON {word_of(body['replicas'])}"
    try:
        return str(replicas_asked({"replicas": text}))
    except Refused as refusal:
        raise problem_of(refusal, inside="") from None


def check_number(selection: Selection) -> None:
    """Raises a Problem (400) for nothing, and for more than a sheet can be read."""
    if not selection.count:
        said = 'Nothing is named; send a list such as {"deployments": ["llama-a"]}.'
        refuse_where([Fault("deployments", said)])
    if selection.count > MOST_PARTS:
        said = f"{selection.words} are named; at most {MOST_PARTS} are planned together."
        refuse_where([Fault("deployments", said)])


def parts_problem(refusal: PartsRefused) -> Problem:
    """400 where a part is asked for wrongly, else 409; every part with its sentence."""
    faults = [Fault(name, sentence) for name, sentence in refusal.faults]
    said = [f"{name}: {sentence}" for name, sentence in refusal.faults[:MOST_SAID]]
    if len(faults) > MOST_SAID:
        said.append(f"And {len(faults) - MOST_SAID} more.")
    status = 400 if refusal.is_of_a_field else 409
    return Problem(status, f"{' '.join(said)} {UNCHANGED}", errors=faults)


@api_view(("POST",))
def together_confirm(request: HttpRequest) -> dict[str, Any]:
    """Do all that a plan said, once, or nothing."""
    Asked(request.GET).check()
    body = sent_object(request, members=("plan",))
    sealed = text_of(body, "plan", example="that of the plan's answer")
    wanted = shown_in(sealed)
    now = timezone.now()
    confirmed = Confirmation(
        acting_user=request.user.get_username(),
        key=key_of(request),
        answers={},
        request_id=current_request_id(),
        token=token_words(request),
    )
    try:
        actions = confirm_together(sealed, confirmed, guard=configured_guard(), now=now)
    except JointPlanMoved as moved:
        more = {"plan": plain(joint_json(moved.plan))}
        raise Problem(409, f"{moved} {UNCHANGED}", more=more) from None
    except PartsRefused as refusal:
        raise parts_problem(refusal) from None
    except KeyUsed as used:
        raise key_used([used.action]) from None
    except Refused as refusal:
        raise problem_of(refusal, inside="") from None
    check_same(actions, wanted)
    ring(reconcile)
    return {"as_of": now, "actions": [action_json(each, now=now) for each in actions]}


def shown_in(sealed: str) -> list[Shown]:
    """What a plan of several said. Raises a Problem (400) for one not made here."""
    try:
        return unseal_together(sealed)
    except Refused as refusal:
        refuse_where([Fault("plan", str(refusal))])
        raise


def joint_json(plan: JointPlan) -> dict[str, Any]:
    """The sheet of several: each part, their sums, what becomes of each account."""
    return {
        "plan": plan.seal(),
        "quoted_at": plan.quoted_at,
        "good_until": plan.quoted_at + PLAN_LIFE,
        "added_usd_per_hour": plan.added_usd_per_hour,
        "saved_usd_per_hour": plan.saved_usd_per_hour,
        "change_usd_per_hour": plan.delta_usd_per_hour,
        "change_usd_per_day": plan.delta_usd_per_day,
        "spent_usd": plan.spent_usd,
        "accounts": [payer_json(each) for each in plan.accounts],
        "refused_because": plan.blocked,
        "parts": [sheet_json(part) for part in plan.parts],
    }


def payer_json(account: Account) -> dict[str, Any]:
    return {"provider": account.provider, **account_json(account.change)}


JOINT_PLAN = s.record(
    plan=SEALED,
    quoted_at=s.INSTANT,
    good_until=s.INSTANT,
    added_usd_per_hour=s.DECIMAL,
    saved_usd_per_hour=s.DECIMAL,
    change_usd_per_hour=s.DECIMAL,
    change_usd_per_day=s.DECIMAL,
    spent_usd=s.DECIMAL,
    accounts=s.many(s.record(provider=s.TEXT, **ACCOUNT)),
    refused_because=MAY_BE,
    parts=s.many(s.record(**SHEET)),
)
ACTIONS = s.record(as_of=s.INSTANT, actions=s.many(ACTION))
NAMES = s.many(s.TEXT)
TOGETHER_PLAN = Endpoint(
    path="actions/together/plan",
    view=together_plan,
    method="POST",
    line="What stopping, starting or scaling several would do and cost. Changes nothing.",
    body={
        "type": "object",
        "properties": {
            "deed": s.words(*DEEDS),
            "deployments": NAMES,
            "pods": NAMES,
            "replicas": s.WHOLE,
        },
        "required": ["deed"],
        "additionalProperties": False,
    },
    answer=JOINT_PLAN,
)
TOGETHER_CONFIRM = Endpoint(
    path="actions/together/confirm",
    view=together_confirm,
    method="POST",
    line="Do all that such a plan said, once, or nothing; 409 with the new plan as alone.",
    parameters=(KEY_SENT,),
    body=s.record(plan=s.TEXT),
    answer=ACTIONS,
)
