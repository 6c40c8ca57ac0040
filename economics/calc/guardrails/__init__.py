"""Guardrails as arithmetic: what is watched, and when a level is reached."""

from economics.calc.guardrails.evaluate import Judgement, Limit, Observation, evaluate
from economics.calc.guardrails.levels import LEVELS, Level, Thresholds
from economics.calc.guardrails.quantities import (
    cold_start_spend,
    days_of_rent,
    horizon_hours,
    loss,
    spend_with_horizon,
    surest_spend,
)
from economics.calc.guardrails.rules import RULES, Rule, RuleFacts, shown

__all__ = [
    "LEVELS",
    "RULES",
    "Judgement",
    "Level",
    "Limit",
    "Observation",
    "Rule",
    "RuleFacts",
    "Thresholds",
    "cold_start_spend",
    "days_of_rent",
    "evaluate",
    "horizon_hours",
    "loss",
    "shown",
    "spend_with_horizon",
    "surest_spend",
]
