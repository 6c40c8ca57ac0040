"""Whether an answer holds when a weight or an input is ten per cent off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from economics.calc.decide.candidate import Candidate, Input, turned
from economics.calc.decide.goal import CRITERION_WORDS, Criterion, Goal, GoalKind
from economics.calc.decide.judged import TURN, Verdicts, judge, may_pay_when_turned
from economics.calc.decide.matrix import Answer, answer_judged
from economics.calc.gates import Policy

TURNS = (("more", 1 + TURN), ("less", 1 - TURN))


@dataclass(frozen=True, slots=True)
class Flip:
    """One turn that changes the answer."""

    what: str
    becomes: Answer

    @property
    def sentence(self) -> str:
        if self.becomes.is_nothing:
            return f"With {self.what} the answer is to do nothing."
        names = " and ".join(each.candidate.title for each in self.becomes.steps)
        return f"With {self.what} the answer is {names}."


@dataclass(frozen=True, slots=True)
class Turns:
    """Candidates as they are, and with each input turned either way; without those that
    no turn makes pay. The same for every goal.

    inputs  (what was turned, the candidates then)
    """

    as_is: Verdicts
    inputs: tuple[tuple[str, Verdicts], ...]


def turns_of(candidates: Sequence[Candidate], policy: Policy) -> Turns:
    """Every input 10 % up and down."""
    alive = [each for each in candidates if may_pay_when_turned(each, policy)]
    return Turns(
        judge(alive, policy),
        tuple(
            (
                f"10 % {word} {name}",
                judge([turned(each, name, factor) for each in alive], policy),
            )
            for word, factor in TURNS
            for name in Input
        ),
    )


def flips(
    answer: Answer, candidates: Sequence[Candidate], policy: Policy
) -> tuple[Flip, ...]:
    """Every weight and every input, 10 % up and down, that changes the answer."""
    return flips_among(answer, turns_of(candidates, policy), policy)


def flips_among(answer: Answer, turns: Turns, policy: Policy) -> tuple[Flip, ...]:
    """The same, of candidates that were turned already."""
    found = []
    for what, goal, verdicts in _turns(answer.goal, turns):
        other = answer_judged(goal, verdicts, policy)
        if other.key != answer.key:
            found.append(Flip(what, other))
    return tuple(found)


def _turns(goal: Goal, turns: Turns) -> Iterator[tuple[str, Goal, Verdicts]]:
    for what, verdicts in turns.inputs:
        yield what, goal, verdicts
    if goal.kind is GoalKind.REACH:
        return  # it has one criterion, which is its target
    for word, factor in TURNS:
        for criterion in Criterion:
            if goal.weight(criterion):
                weights = {**goal.weights, criterion: goal.weight(criterion) * factor}
                what = f"10 % {word} weight on {CRITERION_WORDS[criterion]}"
                yield what, replace(goal, weights=weights), turns.as_is
