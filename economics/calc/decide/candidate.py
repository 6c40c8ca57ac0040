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
    Evidence,
    Policy,
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

    def opening(self, link: str) -> Figure:
        """The same figure with the page that shows it."""
        return Figure(self.low, self.mid, self.high, self.source, self.as_of, link)

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
    page              that shows its figures, each with the sum that it is
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
    page: str = ""
    cannot_rent: str = ""
    serving: Serving = Serving()
    schedule_link: str = ""
    kind_words: str = ""

    @property
    def told(self) -> str:
        """Its title with its kind of rent, as a source or a reason names it."""
        return f"{self.title} ({self.kind_words})" if self.kind_words else self.title

    @property
    def is_at_best(self) -> bool:
        """Whether its day is reckoned at its best case: with serverless workers that are
        full while they work."""
        return self.serving.busy_only

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
    mid = expected_profit(candidate, policy, replicas=replicas)
    if isinstance(mid, Unknown):
        return mid
    price, demand, rent, speed = (candidate.figures[name] for name in Input)

    def profit(demand: Decimal, price: Decimal, rent: Decimal, speed: Decimal) -> Decimal:
        return _profit(
            candidate.serving, policy, demand, price, rent, speed, replicas=replicas
        )

    low = profit(demand.low, price.low, rent.high, speed.low)  # a high rent is the bad end
    return DayMoney(low, mid, profit(demand.high, price.high, rent.low, speed.high))


def expected_profit(
    candidate: Candidate, policy: Policy, *, replicas: int = 1
) -> Decimal | Unknown:
    """The middle of `day_money` alone [USD], for the many that are only put in order."""
    figures = candidate.figures
    price, demand = figures[Input.PRICE].mid, figures[Input.DEMAND].mid
    rent, speed = figures[Input.RENT].mid, figures[Input.SPEED].mid
    if isinstance(price, Unknown):
        return price
    if isinstance(demand, Unknown):
        return demand
    if isinstance(rent, Unknown):
        return rent
    if isinstance(speed, Unknown):
        return speed
    return _profit(candidate.serving, policy, demand, price, rent, speed, replicas=replicas)


def _profit(
    serving: Serving,
    policy: Policy,
    demand: Decimal,
    price: Decimal,
    rent: Decimal,
    speed: Decimal,
    *,
    replicas: int,
) -> Decimal:
    """Of a day at these inputs [USD]."""
    sold = _sold(serving, policy, demand, speed, replicas=replicas)
    paid = serving.paid_hours(sold, speed, replicas=replicas)
    return sold * price / MILLION - rent * paid


def _sold(
    serving: Serving, policy: Policy, demand: Decimal, speed: Decimal, *, replicas: int
) -> Decimal:
    """Tokens of a day that come and can be served."""
    return min(
        demand * serving.share, serving.tokens(speed) * policy.most_utilization * replicas
    )


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
    sold = _sold(serving, policy, demand, speed, replicas=replicas)
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
    rent, speed = candidate.figures[Input.RENT].mid, candidate.figures[Input.SPEED].mid
    price = candidate.price_at_policy.value
    if isinstance(rent, Unknown):
        return rent
    if isinstance(speed, Unknown):
        return speed
    if isinstance(price, Unknown):
        return price
    return break_even_of(candidate.serving, policy, rent, speed, price, filled_to)


def break_even_of(
    serving: Serving,
    policy: Policy,
    rent: Decimal,
    speed: Decimal,
    price: Decimal,
    filled_to: Decimal = FULL,
) -> Decimal | Unknown:
    """The same of these inputs."""
    full = serving.tokens(speed)
    if not full or not price:
        return Unknown("at a price or a speed of 0 nothing is earned")
    rent *= policy.gpu_price_factor
    left = full * price / MILLION - rent * serving.filled_hours / filled_to
    if left <= 0:
        return Unknown("each hour of work costs more than it earns, at any utilization")
    return rent * serving.fixed_hours / left


def full_day(candidate: Candidate) -> tuple[Decimal, Decimal] | Unknown:
    """(net revenue, rent) of a day in which it is full [USD]."""
    figures, serving = candidate.figures, candidate.serving
    speed, price = figures[Input.SPEED].mid, figures[Input.PRICE].mid
    rent = figures[Input.RENT].mid
    if isinstance(speed, Unknown):
        return speed
    if isinstance(price, Unknown):
        return price
    if isinstance(rent, Unknown):
        return rent
    earned = serving.tokens(speed) * price / MILLION
    return earned, rent * (serving.fixed_hours + serving.filled_hours)


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
