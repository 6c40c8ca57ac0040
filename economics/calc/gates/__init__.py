"""Gates as arithmetic: policies, conditions with three answers, and what follows."""

from economics.calc.gates.condition import Condition, Evidence, Gate, State, Unit, shown
from economics.calc.gates.policy import FIELDS, Policy, PolicyField, policy_of, texts_of
from economics.calc.gates.rules import (
    DedicatedFacts,
    DemandFacts,
    DeployFacts,
    ExitFacts,
    PremiumFacts,
    dedicated,
    demand_verified,
    deployable,
    exit_tier,
    premium_price,
    tier_one_profitable,
)
from economics.calc.gates.series import (
    change_of_week,
    days_in_a_row,
    share_needed,
    trailing_sum,
)
from economics.calc.gates.together import all_followed, least_taken, together

__all__ = [
    "Condition",
    "DedicatedFacts",
    "DemandFacts",
    "DeployFacts",
    "Evidence",
    "ExitFacts",
    "FIELDS",
    "Gate",
    "Policy",
    "PolicyField",
    "PremiumFacts",
    "State",
    "Unit",
    "all_followed",
    "change_of_week",
    "days_in_a_row",
    "dedicated",
    "demand_verified",
    "deployable",
    "exit_tier",
    "least_taken",
    "policy_of",
    "premium_price",
    "share_needed",
    "shown",
    "texts_of",
    "tier_one_profitable",
    "together",
    "trailing_sum",
]
