"""Whether an answer holds when a weight or an input is ten per cent off."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from economics.calc.decide.candidate import Candidate, Input, turned
from economics.calc.decide.goal import CRITERION_WORDS, Criterion, Goal, GoalKind
from economics.calc.decide.matrix import Answer, answer_goal
from economics.calc.gates import Policy

TURN = Decimal("0.10")


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


def flips(
    answer: Answer, candidates: Sequence[Candidate], policy: Policy
) -> tuple[Flip, ...]:
    """Every weight and every input, 10 % up and down, that changes the answer."""
    found = []
    for what, goal, turned_ones in _turns(answer.goal, candidates):
        other = answer_goal(goal, turned_ones, policy)
        if other.key != answer.key:
            found.append(Flip(what, other))
    return tuple(found)


def _turns(
    goal: Goal, candidates: Sequence[Candidate]
) -> Iterator[tuple[str, Goal, Sequence[Candidate]]]:
    for word, factor in (("more", 1 + TURN), ("less", 1 - TURN)):
        for name in Input:
            turned_ones = [turned(each, name, factor) for each in candidates]
            yield f"10 % {word} {name}", goal, turned_ones
        if goal.kind is GoalKind.REACH:
            continue  # it has one criterion, which is its target
        for criterion in Criterion:
            if goal.weight(criterion):
                weights = {**goal.weights, criterion: goal.weight(criterion) * factor}
                what = f"10 % {word} weight on {CRITERION_WORDS[criterion]}"
                yield what, replace(goal, weights=weights), candidates
