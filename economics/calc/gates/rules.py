"""The gates: which numbers stand against which thresholds. Formulas: docs/formulas/gates.md

Sources of the thresholds: the founding plan (parts 4, 7 and 8), and the safer ones that
its check led to.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from economics.calc.gates.condition import (
    Condition,
    Evidence,
    Gate,
    State,
    Unit,
    above,
    at_least,
    at_most,
    below,
)
from economics.calc.gates.policy import Policy
from economics.calc.unknown import Unknown

NOTHING = Decimal(0)
HALF = Decimal("0.5")


def tier_one_profitable(policy: Policy, days: Evidence) -> Gate:
    """Whether tier 1 earns. `days`: closed days in a row above the least profit."""
    least = policy.least_profit_usd_per_day
    return Gate(
        "tier-1-profitable",
        "Tier 1 is profitable",
        (
            at_least(
                "profitable-days",
                f"Closed days in a row with a profit above ${least:,.2f}",
                days,
                policy.profit_days,
                Unit.DAYS,
            ),
        ),
        "tier 2 may be paid for by tier 1",
    )


@dataclass(frozen=True, slots=True)
class DemandFacts:
    """Of a model's market.

    market_tokens    [tokens / day] of all its providers
    share_needed     [1] break-even tokens over them
    trend            [1] week on week
    age_days         since its launch
    has_successor    None: not known
    successor_share  [1] of the tokens of both
    """

    market_tokens: Evidence
    share_needed: Evidence
    trend: Evidence
    age_days: Evidence
    has_successor: bool | None
    successor_share: Evidence


def demand_verified(policy: Policy, facts: DemandFacts) -> Gate:
    """Whether the market carries what would have to be sold."""
    conditions = [
        above(
            "market-tokens",
            "Tokens of the model on the market",
            facts.market_tokens,
            NOTHING,
            Unit.TOKENS_PER_DAY,
        ),
        at_most(
            "share-needed",
            "Share of that market needed to break even",
            facts.share_needed,
            policy.most_market_share,
            Unit.SHARE,
        ),
    ]
    if policy.least_demand_trend is not None:
        conditions.append(
            at_least(
                "demand-trend",
                "Its tokens, week on week",
                facts.trend,
                policy.least_demand_trend,
                Unit.SHARE,
            )
        )
    conditions += successor_conditions(policy, facts)
    return Gate(
        "demand-verified",
        "Demand is verified",
        tuple(conditions),
        "the model may be tried at scheduled hours",
    )


def successor_conditions(policy: Policy, facts: DemandFacts) -> list[Condition]:
    """No successor, or a young model; and never one that has taken over."""
    if facts.has_successor is False:
        return []
    found = [
        at_most(
            "successor-share",
            "Tokens that went to a successor",
            facts.successor_share,
            policy.most_successor_share,
            Unit.SHARE,
        )
    ]
    if policy.most_model_age_days is not None:
        found.append(
            below(
                "model-age",
                "Age of a model that has a successor",
                _age(policy.most_model_age_days, facts),
                policy.most_model_age_days,
                Unit.DAYS,
            )
        )
    return found


def _age(most_days: Decimal, facts: DemandFacts) -> Evidence:
    """The age as it counts: of an old model it says nothing where nobody looked for a
    successor."""
    seen = facts.age_days
    old = not isinstance(seen.value, Unknown) and seen.value >= most_days
    if facts.has_successor is None and old:
        return replace(seen, value=Unknown("whether it has a successor is not known"))
    return seen


@dataclass(frozen=True, slots=True)
class PremiumFacts:
    """Prices of a model [USD / 1M tokens of its mix].

    middle, quantile      of the rivals: the median, and the policy's quantile
    floor                 the cheapest rival
    break_even            what pays our machine at the planned utilization
    """

    middle: Evidence
    quantile: Evidence
    floor: Evidence
    break_even: Evidence


def premium_price(policy: Policy, facts: PremiumFacts) -> Gate:
    """Whether the market pays what our machine costs."""
    floor = policy.price_quantile == 0
    conditions = [
        _pays("median-pays", "Median of the market", facts.middle, facts.break_even)
    ]
    if policy.price_quantile != HALF:
        title = (
            "Floor of the market"
            if floor
            else (f"Price of the market at the quantile of {policy.price_quantile}")
        )
        seen = facts.floor if floor else facts.quantile
        conditions.append(_pays("quantile-pays", title, seen, facts.break_even))
    if policy.least_premium_usd_per_million is not None:
        conditions.append(
            at_least(
                "premium",
                "Median of the market as a premium price",
                facts.middle,
                policy.least_premium_usd_per_million,
                Unit.USD_PER_MILLION,
            )
        )
    return Gate(
        "premium-price",
        "A premium price can be had",
        tuple(conditions),
        "the model may be listed at that price",
    )


def _pays(key: str, title: str, price: Evidence, needed: Evidence) -> Condition:
    """A market price against our break-even price; both may be unknown."""
    if isinstance(needed.value, Decimal):
        known = at_least(
            key,
            f"{title}, against our break-even",
            price,
            needed.value,
            Unit.USD_PER_MILLION,
        )
        return replace(known, source=needed)
    return Condition(
        key,
        f"{title}, against our break-even",
        State.UNKNOWN,
        needed,
        "at least",
        None,
        Unit.USD_PER_MILLION,
    )


@dataclass(frozen=True, slots=True)
class DedicatedFacts:
    """days: closed days in a row above the utilization."""

    days: Evidence


def dedicated(policy: Policy, facts: DedicatedFacts) -> Gate:
    """Whether a dedicated instance would be used."""
    share = policy.dedicated_utilization * 100
    return Gate(
        "dedicated",
        "A dedicated instance is used enough",
        (
            at_least(
                "used-days",
                f"Closed days in a row with a utilization above {share:.0f} %",
                facts.days,
                policy.dedicated_days,
                Unit.DAYS,
            ),
        ),
        "run it around the clock instead of at scheduled hours",
    )


@dataclass(frozen=True, slots=True)
class ExitFacts:
    """Of a fleet or a deployment.

    contribution     [USD] of the trailing days, net revenue minus avoidable cost
    loss             [USD] since the experiment was begun; 0 where it earned
    successor_share  [1]
    """

    contribution: Evidence
    loss: Evidence
    has_successor: bool | None
    successor_share: Evidence


def exit_tier(policy: Policy, facts: ExitFacts) -> Gate:
    """Whether to leave: one reason is enough."""
    conditions = [
        below(
            "trailing-contribution",
            f"Contribution of the last {policy.exit_days:.0f} closed days",
            facts.contribution,
            NOTHING,
            Unit.USD,
        ),
        at_least(
            "loss-cap", "Loss since it was begun", facts.loss, policy.loss_cap_usd, Unit.USD
        ),
    ]
    if facts.has_successor is not False:
        conditions.append(
            above(
                "successor-took-over",
                "Tokens that went to a successor",
                facts.successor_share,
                policy.most_successor_share,
                Unit.SHARE,
            )
        )
    return Gate(
        "exit",
        "Leave",
        tuple(conditions),
        "stop it; what is left of the tokens goes to others",
        takes_all=False,
    )


@dataclass(frozen=True, slots=True)
class DeployFacts:
    """Of a machine that could serve a model.

    break_even_utilization  [1] at the policy's price and rent; above 1: never
    runway_days             days of the balance beyond the wait for the money
    interruptions           of spot [1 / pod-hour]; None: it is not taken away
    """

    break_even_utilization: Evidence
    share_needed: Evidence
    age_days: Evidence
    has_successor: bool | None
    successor_share: Evidence
    runway_days: Evidence
    interruptions: Evidence | None = None


def _interruptions(policy: Policy, facts: DeployFacts) -> list[Condition]:
    """How often spot is taken away, where it is spot and the policy asks."""
    most = policy.most_interruptions_per_hour
    if facts.interruptions is None or most is None:
        return []
    title = "Interruptions of spot"
    return [below("interruptions", title, facts.interruptions, most, Unit.PER_POD_HOUR)]


def deployable(policy: Policy, facts: DeployFacts) -> Gate:
    """Whether to rent it: spot's interruptions, break-even, share, successor, runway."""
    unknown = Evidence(facts.share_needed.value, facts.share_needed.source)
    demand = DemandFacts(
        market_tokens=unknown,
        share_needed=facts.share_needed,
        trend=unknown,
        age_days=facts.age_days,
        has_successor=facts.has_successor,
        successor_share=facts.successor_share,
    )
    conditions = [
        *_interruptions(policy, facts),
        at_most(
            "break-even",
            "Utilization that pays it, at the policy's price and rent",
            facts.break_even_utilization,
            policy.most_break_even_utilization,
            Unit.SHARE,
        ),
        at_most(
            "share-needed",
            "Share of the market needed to break even",
            facts.share_needed,
            policy.most_market_share,
            Unit.SHARE,
        ),
        *successor_conditions(policy, demand),
    ]
    if policy.least_runway_days is not None:
        conditions.append(
            at_least(
                "runway",
                f"Runway after {policy.receivable_days:.0f} days without a payment",
                facts.runway_days,
                policy.least_runway_days,
                Unit.DAYS,
            )
        )
    return Gate("deployable", "It may be rented", tuple(conditions), "rent it")
