"""A decision as plain JSON: the same for the command and the API, and what gates keep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from economics.calc.decide import (
    Candidate,
    DayMoney,
    Figure,
    Input,
    confidence,
    what_would_change,
)
from economics.calc.gates import Condition, Evidence, Gate, Policy
from economics.selectors.decisions.answer import Decision, DeploymentAdvice, GoalAnswer
from economics.selectors.decisions.gate_facts import FleetGates
from economics.selectors.plan_json import instant, known, text

MOST_REFUSED = 10  # of a goal: the nearest to being recommended
MOST_RANKED = 10


def decision_json(found: Decision) -> dict[str, Any]:
    """Everything of a decision; of what is refused the nearest ten of each goal."""
    return {
        "policy": found.policy.row.name,
        "policy_version": found.policy.row.version,
        "speeds_being_worked_out": len(found.missing),
        "goals": [goal_json(each, found.policy.policy) for each in found.goals],
        "ways_not_used": [
            {"way": each.way.value, "reason": each.reason} for each in found.unused
        ],
        "deployments": [deployment_json(each) for each in found.deployments],
        "gates": [fleet_json(each) for each in found.gates],
    }


def goal_json(one: GoalAnswer, policy: Policy) -> dict[str, Any]:
    """A goal with its answer."""
    answer = one.answer
    goal = answer.goal
    return {
        "goal": goal.key,
        "title": goal.title,
        "kind": goal.kind.value,
        "weights": {name.value: text(weight) for name, weight in goal.weights.items()},
        "target_usd_per_day": text(goal.target_usd_per_day),
        "recommended": answer.key,
        "reason": answer.reason,
        "expected_usd": money_json(answer.money),
        "steps": [
            {
                "replicas": step.replicas,
                "candidate": candidate_json(step.candidate, policy),
                "expected_usd": money_json(step.money),
            }
            for step in answer.steps
        ],
        "changes_within_10_percent": [each.sentence for each in one.flips],
        "what_would_change_it": [
            each.sentence for each in what_would_change(answer, policy)
        ],
        "ranked": [
            {
                "candidate": each.candidate.key if each.candidate else "nothing",
                "score": text(each.score),
                "expected_usd": money_json(each.money),
            }
            for each in answer.ranked[:MOST_RANKED]
        ],
        "refused_count": len(answer.refused),
        "refused": [
            {
                "candidate": candidate.key,
                "title": candidate.title,
                "reason": refusal.sentence,
            }
            for candidate, refusal in answer.refused[:MOST_REFUSED]
        ],
    }


def money_json(money: DayMoney) -> dict[str, Any]:
    return {"low": text(money.low), "mid": text(money.mid), "high": text(money.high)}


def candidate_json(one: Candidate, policy: Policy) -> dict[str, Any]:
    """A candidate with each number and where it opens."""
    word, why = confidence(one)
    return {
        "key": one.key,
        "title": one.title,
        "model": one.model,
        "confidence": word,
        "confidence_because": why,
        "way": one.serving.way.value,
        "is_at_best": one.is_at_best,
        "hours": one.serving.words or None,
        "plan_link": one.plan_link,
        "schedule_link": one.schedule_link,
        "inputs": {
            name.name.lower(): figure_json(figure, name)
            for name, figure in one.figures.items()
        },
    }


UNITS = {
    Input.PRICE: "USD per 1M tokens, net",
    Input.DEMAND: "tokens per day",
    Input.RENT: "USD per replica-hour",
    Input.SPEED: "tokens per day of a full replica",
}


def figure_json(figure: Figure, name: Input) -> dict[str, Any]:
    return {
        **known("mid", figure.mid),
        "low": text(figure.low),
        "high": text(figure.high),
        "unit": UNITS[name],
        "source": figure.source,
        "as_of": moment(figure.as_of),
        "link": figure.link,
    }


def moment(at: datetime | None) -> str | None:
    return None if at is None else instant(at)


def evidence_json(seen: Evidence) -> dict[str, Any]:
    return {
        **known("value", seen.value),
        "source": seen.source,
        "as_of": moment(seen.as_of),
        "link": seen.link,
    }


def deployment_json(one: DeploymentAdvice) -> dict[str, Any]:
    """A deployment with every verb."""
    facts = one.advice.facts
    numbers: Mapping[str, Evidence] = {
        "contribution_usd_per_day": facts.contribution,
        "tokens_per_day": facts.tokens,
        "utilization": facts.utilization,
        "usd_per_replica_hour": facts.usd_per_hour,
        "net_price_usd_per_million": facts.net_price,
    }
    return {
        "deployment": one.deployment.slug,
        "fleet": one.deployment.fleet.slug,
        "policy": one.policy.row.name,
        "recommended": one.advice.verb.value,
        "reason": one.advice.chosen.reason,
        "verbs": [
            {
                "verb": cell.verb.value,
                **known("usd_per_day", cell.usd_per_day),
                "is_open": cell.is_open,
                "reason": cell.reason,
                "link": cell.link,
            }
            for cell in one.advice.cells
        ],
        "numbers": {name: evidence_json(seen) for name, seen in numbers.items()},
    }


def fleet_json(one: FleetGates) -> dict[str, Any]:
    """The gates of a fleet."""
    return {
        "fleet": one.fleet.slug if one.fleet else None,
        "title": one.title,
        "model": one.model,
        "policy": one.policy.row.name,
        "policy_version": one.policy.row.version,
        "models": [
            {
                "model": each.model.slug,
                "contribution_usd": evidence_json(each.contribution),
                "leave": None if each.exit is None else each.exit.state.value,
            }
            for each in one.models
        ],
        "gates": [gate_json(each) for each in one.gates],
    }


def gate_json(gate: Gate) -> dict[str, Any]:
    """A gate with every number it saw."""
    return {
        "gate": gate.key,
        "title": gate.title,
        "state": gate.state.value,
        "takes_all": gate.takes_all,
        "follows": gate.follows,
        "conditions": [condition_json(each) for each in gate.conditions],
    }


def condition_json(one: Condition) -> dict[str, Any]:
    return {
        "condition": one.key,
        "title": one.title,
        "state": one.state.value,
        "relation": one.relation,
        "needed": text(one.needed),
        "unit": one.unit.value,
        "sentence": one.sentence,
        "seen": evidence_json(one.seen),
    }
