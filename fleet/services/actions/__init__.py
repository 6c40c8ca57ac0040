"""Costed actions: plan, confirm, follow, cancel. One pattern for all that is billed."""

from fleet.services.actions.confirm import TYPED, confirm
from fleet.services.actions.kinds import KINDS, plan_action
from fleet.services.actions.plan import Confirmation, CostedPlan, PlanMoved

__all__ = [
    "KINDS",
    "TYPED",
    "Confirmation",
    "CostedPlan",
    "PlanMoved",
    "confirm",
    "plan_action",
]
