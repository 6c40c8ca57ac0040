"""The decision matrix as arithmetic: candidates, goals, what wins, and what would not."""

from economics.calc.decide.candidate import (
    Candidate,
    DayMoney,
    Figure,
    Input,
    break_even_utilization_at,
    day_money,
    full_tokens,
    rent_of_day,
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
from economics.calc.decide.judged import Judged, Verdicts, judge
from economics.calc.decide.matrix import (
    Answer,
    Scored,
    Step,
    answer_goal,
    answer_judged,
    confidence,
)
from economics.calc.decide.refusal import Refusal, refusal_of
from economics.calc.decide.serving import Serving, Way
from economics.calc.decide.stability import Flip, Turns, flips, flips_among, turns_of

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
    "Judged",
    "Other",
    "Refusal",
    "Scored",
    "Serving",
    "Step",
    "Turns",
    "Verb",
    "VerbCell",
    "Verdicts",
    "Way",
    "advise",
    "answer_goal",
    "answer_judged",
    "break_even_utilization_at",
    "changes_of",
    "changes_to_allow",
    "confidence",
    "day_money",
    "flips",
    "flips_among",
    "full_tokens",
    "judge",
    "nearest_change",
    "refusal_of",
    "rent_of_day",
    "turned",
    "turns_of",
    "what_would_change",
]
