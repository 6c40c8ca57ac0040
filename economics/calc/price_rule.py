"""What a price list charges a request: long prompts, hours of the day, a discount.

A list has base rates and at most two rules beside them: prices of long prompts, or prices
of some hours, never both, because the flat format of a marketplace can not say both. A
discount takes a fraction off whatever applies. Formula: docs/formulas/price-rules.md
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from economics.calc.hours import hour_start
from economics.calc.money import EXACT_DIGITS, round_stored
from economics.calc.token_mix import TokenRates

CLASSES = ("uncached_prompt", "cached_prompt", "completion")
MOST_PROMPT_TOKENS = 10**8
OVER = re.compile(r"(?:over|above|>)\s*([0-9][0-9 ,_]*)(?:tokens)?", re.ASCII)
HOURS = re.compile(
    r"([0-9]{1,2})(?::?([0-9]{2}))?\s*(?:-|–|to)\s*([0-9]{1,2})(?::?([0-9]{2}))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class LongPrompts:
    """Rates of the whole request whose prompt, cached part included, has more tokens than
    `over_tokens`."""

    over_tokens: int
    rates: TokenRates

    @property
    def name(self) -> str:
        return f"over {self.over_tokens}"


@dataclass(frozen=True, slots=True)
class HoursOfDay:
    """Rates of the UTC hours [from_hour, to_hour) of every day; may pass midnight."""

    from_hour: int
    to_hour: int
    rates: TokenRates

    @property
    def name(self) -> str:
        return f"{self.from_hour:02d}-{self.to_hour:02d}"

    @property
    def hours(self) -> frozenset[int]:
        """The hours of the day that it holds, 0 to 23."""
        length = (self.to_hour - self.from_hour) % 24
        return frozenset((self.from_hour + n) % 24 for n in range(length))


Rule = LongPrompts | HoursOfDay


@dataclass(frozen=True, slots=True)
class Discount:
    """A fraction of the list, in (0, 1), taken off in [from_at, until_at); None: for ever.

    ours  we fund it, so it lowers what we are paid; else the marketplace does
    """

    fraction: Decimal
    from_at: datetime
    until_at: datetime | None
    ours: bool

    def holds(self, at: datetime) -> bool:
        return self.from_at <= at and (self.until_at is None or at < self.until_at)


@dataclass(frozen=True, slots=True)
class Charged:
    """What tokens of some requests earn [USD / token], before the take rate.

    rates  what applies; where some prompts may have been long, what applies at least
    rule   the name of the rule that made it; "" for the base rates
    most   what applies at most; None: `rates` are exact
    """

    rates: TokenRates
    rule: str = ""
    most: TokenRates | None = None


@dataclass(frozen=True)
class PriceSheet:
    """A price list [USD / token]: base rates, rules beside them, a discount."""

    base: TokenRates
    rules: tuple[Rule, ...] = ()
    discount: Discount | None = None

    @property
    def tiers(self) -> tuple[LongPrompts, ...]:
        """Prices of long prompts, the shortest first."""
        found = (rule for rule in self.rules if isinstance(rule, LongPrompts))
        return tuple(sorted(found, key=lambda tier: tier.over_tokens))

    @property
    def windows(self) -> tuple[HoursOfDay, ...]:
        """Prices of some hours, in the order of the day."""
        found = (rule for rule in self.rules if isinstance(rule, HoursOfDay))
        return tuple(sorted(found, key=lambda window: window.from_hour))

    def charged(
        self, at: datetime, *, shortest: int = 0, longest: int | None = None
    ) -> Charged:
        """What requests served in the hour of `at` earn us.

        shortest, longest  [tokens] between which each of their prompts lies; None: as
                           long as any. Where not all are under one rule it is bounded.
        """
        low = self._rule(at, shortest)
        rates = self._ours(self._rates(low), at)
        name = "" if low is None else low.name
        possible = [
            self._ours(tier.rates, at)
            for tier in self.tiers
            if tier.over_tokens >= shortest
            and (longest is None or longest > tier.over_tokens)
        ]
        if not possible:
            return Charged(rates, name)
        return Charged(rates, name, dearest([rates, *possible]))

    def list_rates(self, at: datetime, *, prompt_tokens: int = 0) -> TokenRates:
        """What the list says of one request, before any discount."""
        return self._rates(self._rule(at, prompt_tokens))

    def buyer_rates(self, at: datetime, *, prompt_tokens: int = 0) -> TokenRates:
        """What the buyer of one request pays: after the discount, whoever funds it."""
        rates = self.list_rates(at, prompt_tokens=prompt_tokens)
        holds = self.discount is not None and self.discount.holds(at)
        return less(rates, self.discount.fraction) if holds and self.discount else rates

    def own_discount(self, at: datetime) -> Decimal:
        """The fraction of the list that we take off ourselves at an instant; 0: none."""
        cut = self.discount
        return cut.fraction if cut and cut.ours and cut.holds(at) else Decimal(0)

    def _rule(self, at: datetime, prompt_tokens: int) -> Rule | None:
        for window in self.windows:
            if hour_start(at).hour in window.hours:
                return window
        over = [tier for tier in self.tiers if prompt_tokens > tier.over_tokens]
        return over[-1] if over else None

    def _rates(self, rule: Rule | None) -> TokenRates:
        return self.base if rule is None else rule.rates

    def _ours(self, rates: TokenRates, at: datetime) -> TokenRates:
        cut = self.discount
        return less(rates, cut.fraction) if cut and cut.ours and cut.holds(at) else rates


def less(rates: TokenRates, fraction: Decimal) -> TokenRates:
    """Rates with a fraction taken off, to the last digit."""
    with localcontext(prec=EXACT_DIGITS):
        return TokenRates(*(getattr(rates, name) * (1 - fraction) for name in CLASSES))


def taken_off(*, tokens: int, usd_per_token: Decimal, fraction: Decimal) -> Decimal:
    """What a discount took off tokens that we are paid `usd_per_token` for [USD], with the
    6 decimals of a line: list x fraction, where what is paid is list x (1 - fraction).

    >>> taken_off(tokens=1000, usd_per_token=Decimal("0.0000030"), fraction=Decimal("0.25"))
    Decimal('0.001000')
    """
    with localcontext(prec=EXACT_DIGITS):
        return round_stored(usd_per_token * tokens * fraction / (1 - fraction))


def dearest(every: Iterable[TokenRates]) -> TokenRates:
    """The highest rate of each class: no mixture of the requests earns more."""
    found = list(every)
    return TokenRates(*(max(getattr(each, name) for each in found) for name in CLASSES))


def condition_of(text: str) -> int | tuple[int, int]:
    """A rule's condition as people write it: "over 200000", or "13:00-21:00" (UTC).

    Gives the tokens that a prompt must have more of, or (from, to) in hours of the day.
    Raises ValueError with a sentence.
    """
    told = text.strip().lower()
    over = OVER.fullmatch(told)
    if over:
        return _tokens(text, int(re.sub(r"[^0-9]", "", over[1])))
    hours = HOURS.fullmatch(told)
    if not hours:
        raise ValueError(
            f'"{text.strip()[:40]}" is no condition; write "over 200000" for prompts of '
            'more tokens, or "13:00-21:00" for hours of the day in UTC.'
        )
    start, start_minute, end, end_minute = (int(part or 0) for part in hours.groups())
    if start_minute or end_minute:
        raise ValueError(
            f'"{text.strip()}" begins or ends inside of an hour; usage is counted by the '
            "hour, so write full hours, UTC, such as 13:00-21:00."
        )
    if start > 23 or end > 24:
        raise ValueError(f'"{text.strip()}" has an hour after 24:00; write 13:00-21:00.')
    if start == end % 24:
        raise ValueError(
            f'"{text.strip()}" is the whole day or none of it; set the base price for that.'
        )
    return start, end % 24


def _tokens(text: str, tokens: int) -> int:
    if not 0 < tokens <= MOST_PROMPT_TOKENS:
        raise ValueError(
            f'"{text.strip()[:40]}" is no length of a prompt; write 1 to '
            f"{MOST_PROMPT_TOKENS:,} tokens."
        )
    return tokens


def as_json(rule: Rule) -> dict[str, Any]:
    """A rule as a price row keeps it: prices as text with every digit."""
    if isinstance(rule, LongPrompts):
        when: dict[str, Any] = {"over_prompt_tokens": rule.over_tokens}
    else:
        when = {"from_hour": rule.from_hour, "to_hour": rule.to_hour}
    return when | {name: f"{getattr(rule.rates, name):f}" for name in CLASSES}


def from_json(kept: Mapping[str, Any]) -> Rule:
    """The inverse of `as_json`."""
    rates = TokenRates(*(Decimal(kept[name]) for name in CLASSES))
    if "over_prompt_tokens" in kept:
        return LongPrompts(kept["over_prompt_tokens"], rates)
    return HoursOfDay(kept["from_hour"], kept["to_hour"], rates)
