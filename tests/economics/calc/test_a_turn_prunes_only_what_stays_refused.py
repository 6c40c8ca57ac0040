"""Leaving out what no turn makes pay changes no flip: against every candidate turned."""

import random
from decimal import Decimal

from economics.calc.decide import SHIPPED_GOALS, answer_goal, flips
from economics.calc.decide.candidate import Input, turned
from economics.calc.decide.goal import GoalKind
from economics.calc.decide.stability import TURNS
from tests.economics.candidates import FOUNDING, SAFER, candidate


def some(draw: random.Random, n: int):
    """A candidate near its break-even, so that turns matter."""
    return candidate(
        f"machine-{n}",
        rent=f"{draw.uniform(0.2, 0.8):.3f}",
        price=f"{draw.uniform(0.02, 0.12):.4f}",
        demand=str(draw.randrange(50, 400) * 10**6),
        speed=str(draw.randrange(100, 600) * 10**6),
        balance=str(draw.choice([100, 1_000, 10_000])),
        parameters_billion=Decimal(draw.choice([8, 744])),
    )


def test_the_flips_are_those_of_every_candidate_turned():
    draw = random.Random(20260808)
    for _ in range(12):
        rows = [some(draw, n) for n in range(5)]
        for policy in (SAFER, FOUNDING):
            for goal in SHIPPED_GOALS:
                answer = answer_goal(goal, rows, policy)
                found = [each for each in flips(answer, rows, policy)]
                expected = []
                for word, factor in TURNS:
                    for name in Input:
                        others = [turned(each, name, factor) for each in rows]
                        other = answer_goal(goal, others, policy)
                        if other.key != answer.key:
                            expected.append((f"10 % {word} {name}", other.key))
                inputs = [
                    (each.what, each.becomes.key)
                    for each in found
                    if "weight" not in each.what
                ]
                assert inputs == expected
                assert goal.kind is not GoalKind.REACH or len(inputs) == len(found)
