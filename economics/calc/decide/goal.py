"""Goals: what an operator wants, as weights of criteria that are each a number."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

LARGE_BILLION = Decimal(100)  # parameters from which on a model counts as large
TEST_HOURS = Decimal(6)  # of the plan's "run it for 4 to 8 hours"


class Criterion(StrEnum):
    """What a candidate is scored by; more is better in each."""

    PROFIT = "profit"  # USD a day, the middle
    SAFETY = "safety"  # USD a day, the low end
    CASH = "cash"  # USD of rent until the first payment, as a cost
    SIZE = "size"  # parameters of the model
    DIFFERENCE = "difference"  # 1 / (1 + rivals)


CRITERION_WORDS = {
    Criterion.PROFIT: "expected profit a day",
    Criterion.SAFETY: "profit a day at the low end",
    Criterion.CASH: "little money out until the first payment",
    Criterion.SIZE: "a large model",
    Criterion.DIFFERENCE: "few rivals",
}


class GoalKind(StrEnum):
    """EARN: the best candidate. TEST: some hours of a large model, paid for. REACH: so
    much a day, of as many replicas and models as it takes."""

    EARN = "earn"
    TEST = "test"
    REACH = "reach"


@dataclass(frozen=True, slots=True)
class Goal:
    """weights: of at least one criterion above 0; target_usd_per_day: of REACH only."""

    key: str
    title: str
    weights: Mapping[Criterion, Decimal]
    kind: GoalKind = GoalKind.EARN
    target_usd_per_day: Decimal | None = None

    def weight(self, criterion: Criterion) -> Decimal:
        return self.weights.get(criterion, Decimal(0))


def _weights(**given: str) -> dict[Criterion, Decimal]:
    return {Criterion(name): Decimal(text) for name, text in given.items()}


# The founding plan's matrix, part 9, each with the criteria that its words ask for.
SHIPPED_GOALS = (
    Goal("earn-today", "Start earning today", _weights(profit="0.5", safety="0.5")),
    Goal(
        "test-large",
        "Test a large model",
        _weights(cash="0.5", size="0.3", safety="0.2"),
        GoalKind.TEST,
    ),
    Goal(
        "reach",
        "Reach $200 a day",
        _weights(profit="1"),
        GoalKind.REACH,
        Decimal(200),
    ),
    Goal(
        "differentiate",
        "Differentiate",
        _weights(difference="0.4", size="0.2", profit="0.2", safety="0.2"),
    ),
)
