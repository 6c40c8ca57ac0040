"""Parts of the decision pages: answers, figures with their source, gates."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from economics.calc.decide import (
    Answer,
    Candidate,
    Change,
    DeploymentFacts,
    Figure,
    Verb,
    VerbCell,
    Way,
    confidence,
    what_would_change,
)
from economics.calc.decide.changes import figure_words
from economics.calc.decide.goal import CRITERION_WORDS, Goal
from economics.calc.gates import Evidence, Policy, State
from economics.calc.hours import DAY
from economics.calc.unknown import Unknown
from economics.selectors.decisions.answer import Decision, DeploymentAdvice
from economics.selectors.decisions.day_facts import day_facts_of
from fleet.models import Deployment
from fleet.templatetags import console, numbers

register = template.Library()

LOOK = {State.MET: "healthy", State.NOT_MET: "stopped", State.UNKNOWN: "unknown"}
LEAVE_LOOK = {State.MET: "down", State.NOT_MET: "healthy", State.UNKNOWN: "unknown"}
SHEET_WORDS = {
    Verb.STOP: "Plan the stop",
    Verb.MOVE: "Plan the move",
    Verb.RE_PRICE: "Fill in the price",
}
CONFIDENCE_LOOK = {"high": "healthy", "medium": "degraded", "low": "unknown"}


@register.simple_tag
def gate_state(state: State, leaves: bool = False) -> SafeString:
    """A gate's answer with colour, shape and word; of an exit "met" is the bad one."""
    return console.status((LEAVE_LOOK if leaves else LOOK)[state], state.value)


@register.simple_tag
def sure(candidate: Candidate) -> SafeString:
    """How sure the money of a candidate is, with its reasons as text beside it."""
    word, why = confidence(candidate)
    return format_html(
        '{} <span class="small muted">{}</span>',
        console.status(CONFIDENCE_LOOK[word], word),
        why,
    )


@register.simple_tag
def sure_word(candidate: Candidate) -> SafeString:
    """How sure the money of a candidate is, in one word."""
    word, _ = confidence(candidate)
    return console.status(CONFIDENCE_LOOK[word], word)


@register.simple_tag
def changes(answer: Answer, policy: Policy) -> list[Change]:
    """What would change the answer, nearest first."""
    return what_would_change(answer, policy)


@register.filter
def inputs(candidate: Candidate) -> list[tuple[str, str, Figure]]:
    """(name, value in words, figure) of each input."""
    return [
        (name.value, figure_words(name, figure), figure)
        for name, figure in candidate.figures.items()
    ]


@register.filter
def ways(found: Decision) -> str:
    """How many candidates there are of each way to rent: "96 on demand, 12 spot"."""
    counted = Counter(each.serving.way for each in found.candidates)
    return ", ".join(f"{counted[way]} {way.value}" for way in Way if counted[way]) or "none"


@register.filter
def weights(goal: Goal) -> str:
    """The weights of a goal in words."""
    return ", ".join(
        f"{CRITERION_WORDS[name]} {weight.normalize():f}"
        for name, weight in goal.weights.items()
        if weight
    )


@register.filter
def weight_of(goal: Goal, name: str) -> str:
    """One weight as its field shows it."""
    for criterion, weight in goal.weights.items():
        if criterion.value == name:
            return f"{weight.normalize():f}"
    return "0"


@register.filter
def plain_number(value: Decimal | None) -> str:
    """A number without zeros at its end; "" for none."""
    return "" if value is None else f"{value.normalize():f}"


@register.filter
def sheet_words(cell: VerbCell) -> str:
    """What the button of a verb says: the sheet that it opens."""
    if cell.verb in (Verb.SCALE_UP, Verb.SCALE_DOWN) and cell.replicas is not None:
        return f"Plan {cell.replicas} replicas" if cell.replicas > 1 else "Plan 1 replica"
    return SHEET_WORDS.get(cell.verb, "Open it")


@register.simple_tag
def cell_money(cell: VerbCell) -> SafeString | str:
    """Profit a day of a verb; a dash with the reason where it is not known."""
    value = cell.usd_per_day
    if isinstance(value, Unknown):
        return numbers.missing(cell.reason)
    return numbers.usd_signed(value)


@register.filter
def numbers_of(one: DeploymentAdvice) -> list[tuple[str, str, Evidence]]:
    """(name, value in words, evidence) of what a deployment was judged by."""
    facts: DeploymentFacts = one.advice.facts
    return [
        ("Contribution a day", _usd(facts.contribution, 2), facts.contribution),
        ("Tokens a day", _tokens(facts.tokens), facts.tokens),
        ("Utilization", _percent(facts.utilization), facts.utilization),
        ("Rent of a replica", _usd(facts.usd_per_hour, 4, "/h"), facts.usd_per_hour),
        ("Paid hours a day", _plain(facts.hours), facts.hours),
        ("Full speed a day", _tokens(facts.speed), facts.speed),
        ("Our net price", _usd(facts.net_price, 4, "/1M"), facts.net_price),
        ("Advised net price", _usd(facts.advised_price, 4, "/1M"), facts.advised_price),
    ]


@register.filter
def decided_days(deployment: Deployment) -> list[tuple[str, str, str]]:
    """(name, value in words, how it is reckoned) of a deployment's last closed days."""
    facts, policy = day_facts_of(deployment)
    as_of = facts.tokens.as_of
    end = "" if as_of is None else f", to the end of {as_of - DAY:%Y-%m-%d} UTC"
    week = f"mean of the last 7 closed days that have a value{end}"
    trailing = f"mean of the last {policy.exit_days:.0f} closed days{end}"
    paid = f"cost by the rent of a replica, {week}"
    return [
        ("Contribution a day", _usd(facts.contribution, 2), trailing),
        ("Tokens a day", _tokens(facts.tokens), week),
        ("Utilization", _percent(facts.utilization), week),
        ("Paid hours a day", _plain(facts.hours), paid),
        ("Contribution of an exit's days", _usd(facts.trailing, 2), f"their sum{end}"),
        ("Loss since it was begun", _usd(facts.loss, 2), f"of all closed days{end}"),
    ]


def _said(seen: Evidence, words: Any) -> str:
    value = seen.value
    return f"unknown: {value.reason}" if isinstance(value, Unknown) else str(words(value))


def _usd(seen: Evidence, digits: int, unit: str = "") -> str:
    def words(value: Decimal) -> str:
        sign = numbers.MINUS if value < 0 else ""
        return f"{sign}${abs(value):,.{digits}f}{unit}"

    return _said(seen, words)


def _tokens(seen: Evidence) -> str:
    return _said(seen, numbers.million_tokens)


def _percent(seen: Evidence) -> str:
    return _said(seen, lambda value: f"{value * 100:.1f} %")


def _plain(seen: Evidence) -> str:
    return _said(seen, lambda value: f"{value:.1f} h")
