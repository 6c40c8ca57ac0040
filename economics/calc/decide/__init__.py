"""The decision matrix as arithmetic: candidates, goals, what wins, and what would not."""

from economics.calc.decide.candidate import (
    Candidate,
    DayMoney,
    Figure,
    Input,
    Refusal,
    break_even_utilization_at,
    day_money,
    full_tokens,
    refusal_of,
    turned,
)
from economics.calc.decide.changes import (
    Change,
    changes_of,
    changes_to_allow,
    nearest_change,
    what_would_change,
)
from economics.calc.decide.deployment import (
    Advice,
    DeploymentFacts,
    Other,
    Verb,
    VerbCell,
    advise,
)
from economics.calc.decide.goal import SHIPPED_GOALS, Criterion, Goal, GoalKind
from economics.calc.decide.matrix import Answer, Scored, Step, answer_goal, confidence
from economics.calc.decide.stability import Flip, flips

__all__ = [
    "SHIPPED_GOALS",
    "Advice",
    "Answer",
    "Candidate",
    "Change",
    "Criterion",
    "DayMoney",
    "DeploymentFacts",
    "Figure",
    "Flip",
    "Goal",
    "GoalKind",
    "Input",
    "Other",
    "Refusal",
    "Scored",
    "Step",
    "Verb",
    "VerbCell",
    "advise",
    "answer_goal",
    "break_even_utilization_at",
    "changes_of",
    "changes_to_allow",
    "confidence",
    "day_money",
    "flips",
    "full_tokens",
    "nearest_change",
    "refusal_of",
    "turned",
    "what_would_change",
]
