"""Decide and the road map as files: the rows of their tables, exact; times in UTC."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.decide import Answer, what_would_change
from economics.calc.gates import Policy
from economics.calc.road_map import Placed
from economics.calc.unknown import Unknown
from economics.selectors.decisions.answer import DeploymentAdvice, GoalAnswer, decide
from economics.selectors.decisions.road_map import road_map
from economics.selectors.policies import policies
from economics.views.decide import policy_asked
from fleet.access import viewer_required
from fleet.views.files import file_of, yes_or_no

GOAL_COLUMNS = (
    *("goal", "kind", "policy", "policy_version", "recommended", "reason", "at_best"),
    *("expected_usd", "low_usd", "high_usd", "changes_within_10_percent"),
    "what_would_change_it",
)
VERB_COLUMNS = (
    *("deployment", "fleet", "simulated", "policy", "policy_version", "recommended"),
    *("verb", "usd_per_day", "is_open", "reason"),
)
STEP_COLUMNS = ("step", "when", "begins_on", "ends_on", "state", "facts", "missing")


@require_GET
@viewer_required
def goals_csv(request: HttpRequest) -> HttpResponse:
    """Every goal with its answer, by the policy of the address. USD a day; of a test of
    the whole test."""
    now, known = timezone.now(), policies()
    found = decide(now=now, policy=policy_asked(request, known), known=known)
    row = found.policy.row
    cells = (
        goal_cells(each, found.policy.policy, [row.name, row.version])
        for each in found.goals
    )
    return file_of("goals", GOAL_COLUMNS, cells)


def goal_cells(one: GoalAnswer, policy: Policy, by: list[object]) -> list[object]:
    """One goal. by: the name and the version of the policy."""
    answer = one.answer
    return [
        *(answer.goal.title, answer.goal.kind.value, *by),
        *(recommended(answer), answer.reason, yes_or_no(answer.is_at_best)),
        *(answer.money.mid, answer.money.low, answer.money.high, len(one.flips)),
        "; ".join(each.sentence for each in what_would_change(answer, policy)),
    ]


def recommended(answer: Answer) -> str:
    """What to do, as the page says it."""
    if answer.is_nothing:
        return "do nothing"
    return "; ".join(f"{each.replicas}× {each.candidate.title}" for each in answer.steps)


@require_GET
@viewer_required
def verbs_csv(request: HttpRequest) -> HttpResponse:
    """Every deployment with every verb, a row each, by its fleet's own policy. Profit a
    day that is not known is empty."""
    now, known = timezone.now(), policies()
    policy = policy_asked(request, known)
    found = decide(now=now, policy=policy, known=known, with_flips=False)
    cells = (cell for each in found.deployments for cell in verb_cells(each))
    return file_of("deployments", VERB_COLUMNS, cells)


def verb_cells(one: DeploymentAdvice) -> Iterator[list[object]]:
    """The rows of one deployment, a verb each."""
    row, fleet = one.policy.row, one.deployment.fleet
    for cell in one.advice.cells:
        yield [
            *(one.deployment.slug, fleet.slug, yes_or_no(fleet.simulated)),
            *(row.name, row.version, one.advice.verb.value, cell.verb.value),
            *(known_usd(cell.usd_per_day), yes_or_no(cell.is_open), cell.reason),
        ]


def known_usd(value: Decimal | Unknown) -> Decimal | None:
    """An amount; None, an empty cell, where it is not known."""
    return None if isinstance(value, Unknown) else value


@require_GET
@viewer_required
def steps_csv(request: HttpRequest) -> HttpResponse:
    """The steps of the road map with what is missing for each; UTC days."""
    now = timezone.now()
    road = road_map(decide(now=now, gates_only=True), now=now)
    return file_of("roadmap", STEP_COLUMNS, map(step_cells, road.steps))


def step_cells(each: Placed) -> list[object]:
    """One step; one without an end has none."""
    return [
        *(each.step.title, each.step.when, each.begins_on, each.ends_on),
        *(each.state.value, "; ".join(each.facts), "; ".join(each.missing)),
    ]
