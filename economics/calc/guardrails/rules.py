"""The rules: what each watches, in which unit, and which way is bad."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from economics.calc.money import shown_usd


class Rule(StrEnum):
    """What a guardrail watches."""

    DAILY_LOSS = "daily_loss"
    COMMITTED = "committed"
    DAY_SPEND = "day_spend"
    COLD_START_POD = "cold_start_pod"
    COLD_START_DEPLOYMENT = "cold_start_deployment"
    RUNWAY = "runway"
    EXPOSURE = "exposure"
    EXPOSURE_DEPLOYMENT = "exposure_deployment"


@dataclass(frozen=True)
class RuleFacts:
    """A rule in words.

    unit        "USD", "USD/h" or "h"
    falls       whether less is worse: the runway
    per_fleet   whether a fleet may have a limit of its own
    since       whether it adds up from a day on that can be named
    """

    name: str
    unit: str
    what: str
    falls: bool = False
    per_fleet: bool = True
    since: bool = False


RULES: dict[Rule, RuleFacts] = {
    Rule.DAILY_LOSS: RuleFacts(
        "daily loss",
        "USD",
        "What the UTC day has cost so far, with the next 15 minutes of all that runs, "
        "minus net revenue.",
    ),
    Rule.COMMITTED: RuleFacts(
        "committed spend", "USD/h", "What everything that may be billed costs per hour."
    ),
    Rule.DAY_SPEND: RuleFacts(
        "spend per day",
        "USD",
        "What the UTC day has cost so far, with the next 15 minutes of all that runs.",
    ),
    Rule.COLD_START_POD: RuleFacts(
        "cold start of a pod",
        "USD",
        "What one pod has cost before it could serve its first token.",
    ),
    Rule.COLD_START_DEPLOYMENT: RuleFacts(
        "cold starts of a deployment",
        "USD",
        "What the pods of one deployment cost in the last 24 hours before they could "
        "serve their first token, with the next 15 minutes of those that load.",
    ),
    Rule.RUNWAY: RuleFacts(
        "runway",
        "h",
        "How long the balance lasts at the committed spend.",
        falls=True,
        per_fleet=False,
    ),
    Rule.EXPOSURE: RuleFacts(
        "exposure of the experiment",
        "USD",
        "All that was spent since the start, with the next 15 minutes, minus net revenue.",
        since=True,
    ),
    Rule.EXPOSURE_DEPLOYMENT: RuleFacts(
        "exposure of a deployment",
        "USD",
        "The same for one deployment, since it was ordered.",
        since=True,
    ),
}


def shown(rule: Rule, value: Decimal) -> str:
    """A value of a rule as text with its unit.

    >>> shown(Rule.COMMITTED, Decimal("36.72"))
    '$36.72/h'
    >>> shown(Rule.RUNWAY, Decimal("3.268"))
    '3.27 h'
    """
    unit = RULES[rule].unit
    if unit == "h":
        return f"{value:.2f} h"
    return shown_usd(value) + ("/h" if unit == "USD/h" else "")
