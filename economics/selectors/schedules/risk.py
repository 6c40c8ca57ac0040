"""What a schedule earns when its inputs come otherwise, as plain data.

The worlds are drawn from a seed: the same question with the same seed has the same answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from economics.calc.money import round_stored
from economics.calc.unknown import Unknown
from economics.planner.schedule.problem import Problem
from economics.planner.schedule.program import MOST, MOST_OF_MODEL
from economics.planner.schedule.risk.choice import Choice, Rated, choose
from economics.planner.schedule.risk.draws import DRAWS, draws_of
from economics.planner.schedule.risk.inputs import (
    A_DAY,
    Input,
    Kind,
    Spread,
    error_band,
    usual_inputs,
    usual_spreads,
)
from economics.planner.schedule.risk.options import SECONDS as OPTIONS_SECONDS
from economics.planner.schedule.risk.options import options_of
from economics.planner.schedule.risk.tornado import Bar, End, Tornado, tornado
from economics.planner.schedule.shadow import SECONDS as LIMITS_SECONDS
from economics.planner.schedule.shadow import Lift, ShadowPrice, lifts_of, shadow_prices
from economics.planner.schedule.solve import Solved
from economics.planner.schedule.strategies import Strategy
from economics.selectors.plan_question import QuestionField, number_of
from economics.selectors.policies import DEFAULT, policies
from economics.selectors.schedules.candidates import words_of
from economics.selectors.schedules.own_error import own_day_spread
from economics.selectors.schedules.problem import Asked, in_words
from economics.selectors.schedules.question import HISTORY

CENT = Decimal("0.01")
SEED = QuestionField("seed", "Seed", "1", "Of the worlds that are drawn; 1.", is_whole=True)
REPLICAS = (MOST, f"{MOST_OF_MODEL}:")
CERTAIN = (
    "Taken as certain: the share of the demand that comes to us, the take rate, stock."
)


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What the risk of a question rests on beside its problem.

    cap_usd  [USD over all hours] the loss whose chance is told
    demand   own days by what was expected of them; None: too few
    """

    seed: int
    cap_usd: Decimal
    cap_source: str
    demand: Spread | None


def seed_of(text: str) -> int:
    """A written seed; 1 where none is. Raises ValueError with a sentence."""
    if not text.strip():
        return 1
    seed = int(number_of(text.strip(), SEED))
    if seed < 0:
        raise ValueError(f"Seed is {seed}; write a whole number from 0 on.")
    return seed


def risk_facts(asked: Asked, *, seed: int, now: datetime, simulated: bool) -> RiskFacts:
    """The loss cap of the question and its own forecast error. At most two queries."""
    question = asked.question
    cap, source = question.cap_usd, "as asked"
    if cap is None:
        safer = policies()[DEFAULT]
        cap = safer.policy.loss_cap_usd
        source = f"loss cap of the policy {safer.row.title}, version {safer.row.version}"
    own = question.source == HISTORY and question.hours <= A_DAY
    return RiskFacts(
        seed=seed,
        cap_usd=cap,
        cap_source=source,
        demand=own_day_spread(question.model, now=now, simulated=simulated)
        if own
        else None,
    )


def risk_answer(
    asked: Asked,
    problem: Problem,
    found: Solved,
    rules: Sequence[Strategy],
    facts: RiskFacts,
    *,
    limits_seconds: float = LIMITS_SECONDS,
    options_seconds: float = OPTIONS_SECONDS,
) -> dict[str, Any]:
    """Worlds, tornado, choice and what each limit is worth; USD as text, six decimals.

    limits_seconds, options_seconds  [s] for the solver; the worlds take less than one
    """
    inputs = risk_inputs(asked, problem, facts)
    options = options_of(problem, found, inputs, rules, seconds=options_seconds)
    draws = draws_of(problem, inputs, seed=facts.seed)
    labels = labels_of(asked, inputs)
    choice = choose(draws, options, cap_usd=facts.cap_usd)
    lifts = limit_lifts(problem)
    return {
        "seed": facts.seed,
        "draws": DRAWS,
        "cap_usd": _usd(facts.cap_usd),
        "cap_source": facts.cap_source,
        "sentences": [in_words(asked, each) for each in choice.sentences],
        "inputs": [_input(each, labels) for each in inputs],
        "certain": CERTAIN,
        "schedules": [_rated(asked, each, choice) for each in choice.rated],
        "tornado": _tornado(tornado(problem, found.schedule, inputs), labels),
        "limits": [
            _limit(each) for each in shadow_prices(found, lifts, seconds=limits_seconds)
        ],
    }


def risk_inputs(asked: Asked, problem: Problem, facts: RiskFacts) -> tuple[Input, ...]:
    """What is uncertain: the usual, but own forecast error and each speed's own band."""
    spreads = usual_spreads(problem.hours)
    if facts.demand is not None:
        spreads = replace(spreads, demand=facts.demand)
    usual = [each for each in usual_inputs(problem, spreads) if each.kind != Kind.SPEED]
    return (*usual, *_speeds(asked))


def _speeds(asked: Asked) -> list[Input]:
    """Speeds with the same evidence on the same hardware err together."""
    groups: dict[tuple[str, Spread], list[str]] = {}
    for option in asked.options:
        machine, speed = option.machine, option.machine.speed
        assert not isinstance(speed, Unknown)
        if speed.low < speed.high:
            spread = error_band(speed.low, speed.high, f"{speed.kind}: {speed.source}")
            hardware = f"{machine.gpu_count}× {machine.gpu_name} {machine.precision}"
            groups.setdefault((hardware, spread), []).append(machine.key)
    return [Input(Kind.SPEED, tuple(keys), spread) for (_, spread), keys in groups.items()]


def limit_lifts(problem: Problem) -> tuple[Lift, ...]:
    """The limits of a question of this console, which has one number of replicas.

    It is the most of all, of the model, and what is taken for the stock of an offer that
    tells none: one more is one more of each.
    """
    most = problem.limits.most_replicas
    lifts = [each for each in lifts_of(problem) if not each.name.startswith(REPLICAS)]
    if most is None:
        return tuple(lifts)
    eased = replace(
        problem,
        limits=replace(problem.limits, most_replicas=most + 1),
        demands=tuple(replace(each, most_replicas=most + 1) for each in problem.demands),
        candidates=tuple(
            replace(each, stock=most + 1) if each.stock == most else each
            for each in problem.candidates
        ),
    )
    return (*lifts, Lift(MOST, "One more replica", f"{most} to {most + 1}", eased))


def labels_of(asked: Asked, inputs: Sequence[Input]) -> dict[str, str]:
    """Each input's name in words, told apart where two would read alike."""
    words = {each.machine.key: words_of(each) for each in asked.options}
    labels: dict[str, str] = {}
    for one in inputs:
        label = f"{one.kind} of {_of_words(one, words)}"
        again = sum(other.startswith(label) for other in labels.values())
        labels[one.name] = f"{label} ({again + 1})" if again else label
    return labels


def _of_words(one: Input, words: Mapping[str, str]) -> str:
    if one.kind.is_of_models:
        return ", ".join(one.of)
    first = words[one.of[0]]
    return first if len(one.of) == 1 else f"{first} and {len(one.of) - 1} more offers"


def _input(one: Input, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "name": labels[one.name],
        "low": _factor(one.spread.low),
        "high": _factor(one.spread.high),
        "source": one.spread.source,
    }


def _factor(value: Decimal) -> str:
    """To a thousandth: "0.667"."""
    return f"{round(value, 3).normalize():f}"


def _rated(asked: Asked, one: Rated, choice: Choice) -> dict[str, Any]:
    outcome, beyond = one.outcome, one.outcome.chance_beyond_cap
    picks = (
        ("best expected", choice.expected),
        ("best P10", choice.cautious),
        ("least regret", choice.least_regret),
    )
    least, most = beyond.within
    return {
        "name": one.option.name,
        "also": list(one.option.also),
        "setting": one.option.setting,
        "as_asked_usd": _usd(outcome.base_usd),
        "p10_usd": _usd(outcome.p10_usd),
        "p50_usd": _usd(outcome.p50_usd),
        "p90_usd": _usd(outcome.p90_usd),
        "mean_usd": _usd(outcome.mean_usd),
        "mean_error_usd": _usd(outcome.standard_error_usd),
        "chance_of_loss": f"{outcome.chance_of_loss.share:f}",
        "chance_beyond_cap": f"{beyond.share:f}",
        "chance_beyond_cap_least": f"{least:.4f}",
        "chance_beyond_cap_most": f"{most:.4f}",
        "regret_usd": _usd(one.regret_usd),
        "breaks": [in_words(asked, each) for each in one.option.breaks],
        "picked_as": [name for name, picked in picks if picked is one],
    }


def _tornado(told: Tornado, labels: Mapping[str, str]) -> dict[str, Any]:
    """The bars that move a cent; of the others their number."""
    bars = [each for each in told.bars if each.swing_usd >= CENT]
    return {
        "base_usd": _usd(told.base_usd),
        "bars": [_bar(each, labels) for each in bars],
        "without_effect": len(told.bars) - len(bars),
        "left_out": list(told.left_out),
    }


def _bar(one: Bar, labels: Mapping[str, str]) -> dict[str, Any]:
    return {
        "input": labels[one.input.name],
        "kind": one.input.kind.value,
        "source": one.input.spread.source,
        "low": _end(one.low),
        "high": _end(one.high),
        "swing_usd": _usd(one.swing_usd),
    }


def _end(one: End) -> dict[str, Any]:
    return {
        "factor": f"{one.factor.normalize():f}",
        "value": one.value,
        "profit_usd": _usd(one.profit_usd),
        "change_usd": _usd(one.change_usd),
    }


def _limit(one: ShadowPrice) -> dict[str, Any]:
    return {
        "limit": one.lift.words,
        "given": one.lift.given,
        "worth_usd": _usd(one.found_usd),
        "least_usd": _usd(one.least_usd),
        "most_usd": None if one.most_usd is None else _usd(one.most_usd),
        "sentence": one.sentence,
    }


def _usd(amount: Decimal) -> str:
    """Six decimals, as stored money has; never an exponent."""
    return f"{round_stored(amount):f}"
