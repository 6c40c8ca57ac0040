"""Why a candidate is not recommended: it cannot run, it does not pay, or the policy says
no. Formulas: docs/formulas/decision.md"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from economics.calc.decide.candidate import (
    FULL,
    Candidate,
    Input,
    break_even_of,
    break_even_utilization_at,
    expected_profit,
    full_day,
    full_tokens,
    usd,
)
from economics.calc.decide.serving import HOURS
from economics.calc.gates import (
    DeployFacts,
    Evidence,
    Gate,
    Policy,
    State,
    deployable,
    share_needed,
)
from economics.calc.unknown import Unknown


def runway_days_after(candidate: Candidate, policy: Policy) -> Decimal | Unknown:
    """Days that the balance pays this rent, and what is rented already, beyond the wait
    for the money. Serverless counts as if it were busy all day."""
    rent, balance = candidate.figures[Input.RENT].mid, candidate.balance.value
    if isinstance(balance, Unknown):
        return balance
    if isinstance(rent, Unknown):
        return rent
    paid = rent * candidate.serving.hours + candidate.burn_usd_per_hour * HOURS
    if not paid:
        return Unknown("nothing is paid, so the balance lasts")
    return balance / paid - policy.receivable_days


def interruptions_of(candidate: Candidate) -> Evidence | None:
    """How often it is taken away [1 / pod-hour]; None for what is not spot."""
    rate = candidate.serving.interruptions
    if rate is None:
        return None
    return Evidence(rate, candidate.kind_words, None, candidate.plan_link)


def gate_of(candidate: Candidate, policy: Policy) -> Gate:
    """Whether the policy lets it be rented, with every number."""
    needed, full = break_even_utilization_at(candidate, policy), full_tokens(candidate)
    tokens: Decimal | Unknown = needed
    if isinstance(needed, Decimal):
        tokens = full if isinstance(full, Unknown) else needed * full
    market, rent = candidate.market_tokens, candidate.figures[Input.RENT]
    speed = candidate.figures[Input.SPEED]
    return deployable(
        policy,
        DeployFacts(
            break_even_utilization=Evidence(
                needed,
                f"{rent.source}; {speed.source}; {candidate.price_at_policy.source}",
                speed.as_of,
                candidate.plan_link,
            ),
            share_needed=Evidence(
                share_needed(needed_tokens=tokens, market_tokens=market.value),
                market.source,
                market.as_of,
                market.link,
            ),
            age_days=candidate.age_days,
            has_successor=candidate.has_successor,
            successor_share=candidate.successor_share,
            runway_days=replace(
                candidate.balance, value=runway_days_after(candidate, policy)
            ),
            interruptions=interruptions_of(candidate),
        ),
    )


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a candidate is not recommended. `kind`: "run", "pays" or "policy".

    say  its sentence: of hundreds that are refused only the nearest are told why
    """

    kind: str
    say: Callable[[], str]

    @property
    def sentence(self) -> str:
        return self.say()


def refusal_of(
    candidate: Candidate,
    policy: Policy,
    *,
    must_earn: bool = True,
    expected: Decimal | Unknown | None = None,
) -> Refusal | None:
    """The first reason against a candidate; None where it may be recommended.

    In this order: it cannot run, or cannot be rented now; its money is not known; it
    cannot break even; it loses at what may be sold; a condition of the policy is not met
    or not known.

    must_earn  False for a test, which is paid for: then it must be able to break even
    expected   profit of its day [USD], where that is reckoned already
    """
    if candidate.cannot_run:
        return Refusal("run", lambda: f"It cannot run: {' '.join(candidate.cannot_run)}")
    if candidate.cannot_rent:
        return Refusal("run", lambda: f"It cannot be rented now: {candidate.cannot_rent}.")
    profit = expected_profit(candidate, policy) if expected is None else expected
    if isinstance(profit, Unknown):
        why = f"What it would earn is unknown: {profit.reason}."
        return Refusal("pays", lambda: why)
    day = full_day(candidate)
    assert not isinstance(day, Unknown)  # its money is known
    earned, rent = day
    full, loss = earned - rent, -profit
    if full < 0:
        return Refusal(
            "pays",
            lambda: (
                f"It cannot break even: filled {_when(candidate)} it would lose "
                f"{usd(-full)} a day at today's price and rent."
            ),
        )
    if must_earn and profit <= 0:
        return Refusal(
            "pays",
            lambda: f"It would lose {usd(loss)} a day at the tokens that may come to us.",
        )
    if may_be_allowed(candidate, policy) and gate_of(candidate, policy).state is State.MET:
        return None
    return Refusal("policy", lambda: _first_missing(candidate, policy))


def may_be_allowed(
    candidate: Candidate, policy: Policy, *, factors: Mapping[Input, Decimal] | None = None
) -> bool:
    """Whether the two conditions of the gate that most candidates fail are met: they are
    told from a few numbers, and the whole gate is built for the others alone.

    factors  [1] on inputs, as `turned_by` takes them
    """
    rent, speed = candidate.figures[Input.RENT].mid, candidate.figures[Input.SPEED].mid
    price = candidate.price_at_policy.value
    if (
        isinstance(rent, Unknown)
        or isinstance(speed, Unknown)
        or isinstance(price, Unknown)
    ):
        return False
    if factors is not None:
        rent *= factors.get(Input.RENT, FULL)
        speed *= factors.get(Input.SPEED, FULL)
        price *= factors.get(Input.PRICE, FULL)
    needed = break_even_of(candidate.serving, policy, rent, speed, price)
    if isinstance(needed, Unknown) or needed > policy.most_break_even_utilization:
        return False
    share = share_needed(
        needed_tokens=needed * candidate.serving.tokens(speed),
        market_tokens=candidate.market_tokens.value,
    )
    return not isinstance(share, Unknown) and share <= policy.most_market_share


def _first_missing(candidate: Candidate, policy: Policy) -> str:
    missing = gate_of(candidate, policy).missing[0]
    return f"{missing.title}: {missing.sentence}."


def _when(candidate: Candidate) -> str:
    """The time in which it can be filled, in words."""
    return candidate.serving.words or "all day"
