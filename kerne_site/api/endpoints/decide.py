"""GET /api/v1/decide: goals, deployments and gates, answered as on the page."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.decide import Criterion, GoalKind, Input, Verb, Way
from economics.calc.gates import State, Unit
from economics.selectors.decisions.answer import decide as decided
from economics.selectors.decisions.as_json import decision_json
from economics.selectors.policies import policies
from fleet.services.speeds import MOST_WANTED, want
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring
from kerne_site.api import Asked, Endpoint, Parameter, api_view, one_of
from kerne_site.api import schemas as s


@api_view()
def decide(request: HttpRequest) -> dict[str, Any]:
    """The decision as of now; speeds that nobody knows yet are asked for."""
    asked, now, known = Asked(request.GET), timezone.now(), policies()
    policy = asked.take("policy", one_of(sorted(known)), default="")
    asked.check()
    found = decided(now=now, policy=policy, known=known)
    if found.missing:
        want(list(found.missing)[:MOST_WANTED], now=now)
        ring(estimate_speeds)
    return {"as_of": now, **decision_json(found)}


MONEY = s.record(low=s.DECIMAL, mid=s.DECIMAL, high=s.DECIMAL)
LINK = s.described(s.TEXT, "The console's page that opens it; empty without one.")
SEEN = s.record(
    value=s.or_unknown(s.DECIMAL), source=s.TEXT, as_of=s.or_null(s.INSTANT), link=LINK
)
FIGURE = s.record(
    mid=s.or_unknown(s.DECIMAL),
    low=s.DECIMAL,
    high=s.DECIMAL,
    unit=s.TEXT,
    source=s.TEXT,
    as_of=s.or_null(s.INSTANT),
    link=LINK,
)
CANDIDATE = s.record(
    key=s.described(s.TEXT, "Stable name of the model on that machine."),
    title=s.TEXT,
    model=s.TEXT,
    confidence=s.words("high", "medium", "low"),
    confidence_because=s.TEXT,
    way=s.words(*(each.value for each in Way)),
    hours=s.described(s.or_null(s.TEXT), "Of scheduled hours: from when to when, UTC."),
    plan_link=LINK,
    schedule_link=s.described(s.TEXT, "The planner of this model, hour by hour."),
    inputs=s.record(**{each.name.lower(): FIGURE for each in Input}),
)
GOAL = s.record(
    goal=s.TEXT,
    title=s.TEXT,
    kind=s.words(*(each.value for each in GoalKind)),
    weights=s.described(
        s.table(s.DECIMAL), f"Of {', '.join(each.value for each in Criterion)}."
    ),
    target_usd_per_day=s.or_null(s.DECIMAL),
    recommended=s.described(s.TEXT, "nothing, or replicas and candidates."),
    reason=s.TEXT,
    expected_usd=s.described(MONEY, "Of a day; of a test its whole cost."),
    steps=s.many(s.record(replicas=s.WHOLE, candidate=CANDIDATE, expected_usd=MONEY)),
    changes_within_10_percent=s.many(s.TEXT),
    what_would_change_it=s.many(s.TEXT),
    ranked=s.many(s.record(candidate=s.TEXT, score=s.DECIMAL, expected_usd=MONEY)),
    refused_count=s.WHOLE,
    refused=s.described(
        s.many(s.record(candidate=s.TEXT, title=s.TEXT, reason=s.TEXT)),
        "At most ten, the nearest to a recommendation first.",
    ),
)
DEPLOYMENT = s.record(
    deployment=s.TEXT,
    fleet=s.TEXT,
    policy=s.TEXT,
    recommended=s.words(*(each.value for each in Verb)),
    reason=s.TEXT,
    verbs=s.many(
        s.record(
            verb=s.words(*(each.value for each in Verb)),
            usd_per_day=s.or_unknown(
                s.described(s.DECIMAL, "Profit a day that it would lead to.")
            ),
            is_open=s.FLAG,
            reason=s.TEXT,
            link=LINK,
        )
    ),
    numbers=s.table(SEEN),
)
CONDITION = s.record(
    condition=s.TEXT,
    title=s.TEXT,
    state=s.words(*(each.value for each in State)),
    relation=s.TEXT,
    needed=s.or_null(s.DECIMAL),
    unit=s.words(*(each.value for each in Unit)),
    sentence=s.TEXT,
    seen=SEEN,
)
GATES = s.record(
    fleet=s.or_null(s.TEXT),
    title=s.TEXT,
    model=s.TEXT,
    policy=s.TEXT,
    policy_version=s.WHOLE,
    models=s.described(
        s.many(
            s.record(
                model=s.TEXT,
                contribution_usd=SEEN,
                leave=s.or_null(s.words(*(each.value for each in State))),
            )
        ),
        "Each model's own trailing contribution, and whether it is to be left.",
    ),
    gates=s.many(
        s.record(
            gate=s.TEXT,
            title=s.TEXT,
            state=s.words(*(each.value for each in State)),
            takes_all=s.described(s.FLAG, "false: one condition is enough."),
            follows=s.TEXT,
            conditions=s.many(CONDITION),
        )
    ),
)
DECIDE = Endpoint(
    path="decide",
    view=decide,
    line="What to do for each goal and with each deployment, and what the gates answer.",
    parameters=(
        Parameter(
            "policy",
            "The policy that new rent is judged by; without it the safer one.",
            s.TEXT,
            example="founding-plan",
        ),
    ),
    answer=s.record(
        as_of=s.INSTANT,
        policy=s.TEXT,
        policy_version=s.WHOLE,
        speeds_being_worked_out=s.WHOLE,
        goals=s.many(GOAL),
        ways_not_used=s.described(
            s.many(s.record(way=s.words(*(each.value for each in Way)), reason=s.TEXT)),
            "Ways to rent of which there is no candidate, each with why.",
        ),
        deployments=s.many(DEPLOYMENT),
        gates=s.many(GATES),
    ),
)
