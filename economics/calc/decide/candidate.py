"""A machine that could serve a model, with what it would earn in a day. Formulas:
docs/formulas/decision.md

Nothing here is a forecast: each figure is a range, and what is not known makes the money
unknown, and the candidate one that is not recommended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from economics.calc.decide.serving import HOURS, Serving
from economics.calc.gates import (
    DeployFacts,
    Evidence,
    Gate,
    Policy,
    State,
    deployable,
    share_needed,
)
from economics.calc.money import MILLION
from economics.calc.unknown import Unknown

NOTHING = Decimal(0)
FULL = Decimal(1)


class Input(StrEnum):
    """What a candidate's money hangs on, with the unit of its figure."""

    PRICE = "net price"  # USD per 1M tokens of the mix
    DEMAND = "demand"  # tokens a day that may come to us
    RENT = "rent"  # USD per replica-hour
    SPEED = "speed"  # tokens a day of a replica that is full


@dataclass(frozen=True, slots=True)
class Figure:
    """An input with its range, `low` <= `mid` <= `high`, and where it came from.

    Of a rent, `low` is the cheap end. Unknown in `mid` makes all of it unknown.
    """

    low: Decimal
    mid: Decimal | Unknown
    high: Decimal
    source: str
    as_of: datetime | None = None
    link: str = ""

    @classmethod
    def unknown(cls, reason: str, source: str = "", link: str = "") -> Figure:
        return cls(NOTHING, Unknown(reason), NOTHING, source, None, link)

    def times(self, factor: Decimal) -> Figure:
        mid = self.mid if isinstance(self.mid, Unknown) else self.mid * factor
        return Figure(
            self.low * factor, mid, self.high * factor, self.source, self.as_of, self.link
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """One replica of a model on a machine, rented in one way.

    cannot_run        sentences, when it does not start there
    cannot_rent       why it can not be rented now; "" where it can
    price_at_policy   [USD / 1M tokens, net] at the policy's quantile
    market_tokens     [tokens / day] of the model's whole market
    rivals            how many offer the model
    balance           [USD] of the account, which pays `burn_usd_per_hour` already
    soft              what makes the answer less sure, in sentences
    plan_link         the plan sheet that would do it
    serving           the way it is rented, and what that makes of its day
    schedule_link     the planner that says what should run hour by hour
    kind_words        what its kind of rent is reckoned with; "" for on demand
    """

    key: str
    title: str
    model: str
    cannot_run: tuple[str, ...]
    figures: Mapping[Input, Figure]
    price_at_policy: Evidence
    market_tokens: Evidence
    parameters_billion: Decimal
    rivals: Evidence
    age_days: Evidence
    has_successor: bool | None
    successor_share: Evidence
    balance: Evidence
    burn_usd_per_hour: Decimal = NOTHING
    soft: tuple[str, ...] = ()
    plan_link: str = ""
    cannot_rent: str = ""
    serving: Serving = Serving()
    schedule_link: str = ""
    kind_words: str = ""

    @property
    def told(self) -> str:
        """Its title with its kind of rent, as a source or a reason names it."""
        return f"{self.title} ({self.kind_words})" if self.kind_words else self.title

    def is_allowed(self, policy: Policy) -> bool:
        """Whether the policy lets its kind be rented: spot that is taken away too often
        is not."""
        rate = self.serving.interruptions
        return rate is None or policy.allows_spot(rate)


@dataclass(frozen=True, slots=True)
class DayMoney:
    """Profit of a day [USD]: all inputs at their bad ends, in the middle, at their good."""

    low: Decimal
    mid: Decimal
    high: Decimal

    def times_hours(self, hours: Decimal) -> DayMoney:
        share = hours / HOURS
        return DayMoney(self.low * share, self.mid * share, self.high * share)


def day_money(
    candidate: Candidate, policy: Policy, *, replicas: int = 1
) -> DayMoney | Unknown:
    """Profit of a day of so many replicas [USD], unrounded.

    tokens = min(demand × share, replicas × full tokens × planned utilization)
    profit = tokens × net price − hours paid × rent
    """
    serving = candidate.serving
    found = {}
    for name, figure in candidate.figures.items():
        if isinstance(figure.mid, Unknown):
            return figure.mid
        found[name] = (figure.low, figure.mid, figure.high)

    def profit(end: int) -> Decimal:
        dear = 2 - end  # the bad end of a rent is its high one
        speed = found[Input.SPEED][end]
        sold = min(
            found[Input.DEMAND][end] * serving.share,
            serving.tokens(speed) * policy.most_utilization * replicas,
        )
        earned = sold * found[Input.PRICE][end] / MILLION
        paid = serving.paid_hours(sold, speed, replicas=replicas)
        return earned - found[Input.RENT][dear] * paid

    return DayMoney(profit(0), profit(1), profit(2))


def full_tokens(candidate: Candidate) -> Decimal | Unknown:
    """Tokens of a day of a full replica, in the hours in which it serves."""
    speed = candidate.figures[Input.SPEED].mid
    return speed if isinstance(speed, Unknown) else candidate.serving.tokens(speed)


def rent_of_day(
    candidate: Candidate, policy: Policy, *, replicas: int = 1
) -> Decimal | Unknown:
    """Rent of a day at the tokens that may come to us [USD]."""
    mids = [candidate.figures[name].mid for name in (Input.DEMAND, Input.SPEED, Input.RENT)]
    for each in mids:
        if isinstance(each, Unknown):
            return each
    demand, speed, rent = (each for each in mids if isinstance(each, Decimal))
    serving = candidate.serving
    most = serving.tokens(speed) * policy.most_utilization * replicas
    sold = min(demand * serving.share, most)
    return rent * serving.paid_hours(sold, speed, replicas=replicas)


def break_even_utilization_at(
    candidate: Candidate, policy: Policy, *, filled_to: Decimal = FULL
) -> Decimal | Unknown:
    """Utilization that pays a replica at the policy's price and rent [1]; above 1: never.

    u* = fixed hours × rent / (full tokens × price at the quantile − filled hours × rent),
    rent times the rent factor

    filled_to  [1], in (0, 1], that serverless workers are filled to while they are paid:
               filled hours count 1 / filled_to
    """
    rent, full = candidate.figures[Input.RENT].mid, full_tokens(candidate)
    price = candidate.price_at_policy.value
    for each in (rent, full, price):
        if isinstance(each, Unknown):
            return each
    assert not isinstance(rent, Unknown)
    assert not isinstance(full, Unknown) and not isinstance(price, Unknown)
    if not full or not price:
        return Unknown("at a price or a speed of 0 nothing is earned")
    rent, serving = rent * policy.gpu_price_factor, candidate.serving
    left = full * price / MILLION - rent * serving.filled_hours / filled_to
    if left <= 0:
        return Unknown("each hour of work costs more than it earns, at any utilization")
    return rent * serving.fixed_hours / left


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
    """Why a candidate is not recommended. `kind`: "run", "pays" or "policy"."""

    kind: str
    sentence: str


def refusal_of(
    candidate: Candidate,
    policy: Policy,
    *,
    must_earn: bool = True,
    money: DayMoney | Unknown | None = None,
) -> Refusal | None:
    """The first reason against a candidate; None where it may be recommended.

    In this order: it cannot run, or cannot be rented now; its money is not known; it
    cannot break even; it loses at what may be sold; a condition of the policy is not met
    or not known.

    must_earn  False for a test, which is paid for: then it must be able to break even
    money      its day, where that is reckoned already
    """
    if candidate.cannot_run:
        return Refusal("run", f"It cannot run: {' '.join(candidate.cannot_run)}")
    if candidate.cannot_rent:
        return Refusal("run", f"It cannot be rented now: {candidate.cannot_rent}.")
    money = day_money(candidate, policy) if money is None else money
    if isinstance(money, Unknown):
        return Refusal("pays", f"What it would earn is unknown: {money.reason}.")
    day = full_day(candidate)
    assert not isinstance(day, Unknown)  # its money is known
    earned, rent = day
    full = earned - rent
    if full < 0:
        return Refusal(
            "pays",
            f"It cannot break even: filled {_when(candidate)} it would lose {usd(-full)} a "
            f"day at today's price and rent.",
        )
    if must_earn and money.mid <= 0:
        return Refusal(
            "pays",
            f"It would lose {usd(-money.mid)} a day at the tokens that may come to us.",
        )
    gate = gate_of(candidate, policy)
    if gate.state is State.MET:
        return None
    missing = gate.missing[0]
    return Refusal("policy", f"{missing.title}: {missing.sentence}.")


def full_day(candidate: Candidate) -> tuple[Decimal, Decimal] | Unknown:
    """(net revenue, rent) of a day in which it is full [USD]."""
    found = {}
    for name in (Input.SPEED, Input.PRICE, Input.RENT):
        mid = candidate.figures[name].mid
        if isinstance(mid, Unknown):
            return mid
        found[name] = mid
    serving = candidate.serving
    earned = serving.tokens(found[Input.SPEED]) * found[Input.PRICE] / MILLION
    return earned, found[Input.RENT] * (serving.fixed_hours + serving.filled_hours)


def _when(candidate: Candidate) -> str:
    """The time in which it can be filled, in words."""
    return candidate.serving.words or "all day"


def turned(candidate: Candidate, name: Input, factor: Decimal) -> Candidate:
    """The same candidate with one input times a factor."""
    return turned_by(candidate, {name: factor})


def turned_by(candidate: Candidate, factors: Mapping[Input, Decimal]) -> Candidate:
    """The same candidate with each of these inputs times its factor."""
    figures = dict(candidate.figures)
    for name, factor in factors.items():
        figures[name] = figures[name].times(factor)
    at_policy = candidate.price_at_policy
    if Input.PRICE in factors and isinstance(at_policy.value, Decimal):
        at_policy = replace(at_policy, value=at_policy.value * factors[Input.PRICE])
    return replace(candidate, figures=figures, price_at_policy=at_policy)


def usd(amount: Decimal) -> str:
    """Money in a sentence of a reason."""
    return f"${amount:,.2f}" if amount >= 0 else f"−${-amount:,.2f}"
