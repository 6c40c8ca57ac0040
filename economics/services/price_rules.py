"""What a new price says beside its three base prices, judged: rules and a discount.

Each fault is a sentence under the name of its field: `rules` or `discount`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, localcontext
from typing import Any

from economics.calc.hours import hour_start
from economics.calc.money import EXACT_DIGITS, per_token
from economics.calc.price_rule import (
    CLASSES,
    HoursOfDay,
    LongPrompts,
    Rule,
    condition_of,
    less,
)
from economics.calc.token_mix import TokenRates
from economics.models import Funding

MOST_RULES = 2  # of a price: what the flat list of a marketplace can say
MOST_DECIMALS_PER_TOKEN = 24  # of USD per token: what the columns keep
FRACTION_DECIMALS = 4


@dataclass(frozen=True)
class NewRule:
    """Other prices [USD / 1M tokens], and when they hold: see calc/price_rule.py."""

    when: str
    uncached_prompt: Decimal
    cached_prompt: Decimal
    completion: Decimal


@dataclass(frozen=True)
class NewDiscount:
    """A fraction of the list in (0, 1) taken off in [from_at, until_at).

    from_at   None: from the start of the price
    until_at  None: as long as the price
    """

    fraction: Decimal
    funding: str = Funding.OURS
    from_at: datetime | None = None
    until_at: datetime | None = None

    def columns(self, valid_from: datetime) -> dict[str, Any]:
        """As a price row keeps it."""
        return {
            "discount_fraction": self.fraction,
            "discount_from": self.from_at or valid_from,
            "discount_until": self.until_at,
            "discount_funding": self.funding,
        }


def rules_of(asked: Sequence[NewRule], base: TokenRates) -> tuple[list[Rule], list[str]]:
    """The rules of a price and what is wrong with them, as sentences."""
    rules: list[Rule] = []
    wrong: list[str] = []
    for each in asked:
        try:
            condition = condition_of(each.when)
        except ValueError as error:
            wrong.append(str(error))
            continue
        rates = TokenRates(*(per_token(getattr(each, name)) for name in CLASSES))
        if isinstance(condition, int):
            rules.append(LongPrompts(condition, rates))
        else:
            rules.append(HoursOfDay(*condition, rates))
    return rules, wrong or list(_together(rules, base))


def _together(rules: Sequence[Rule], base: TokenRates) -> list[str]:
    """What is wrong with rules beside each other and beside the base prices."""
    if len(rules) > MOST_RULES:
        return [
            f"There are {len(rules)} rules; a marketplace takes {MOST_RULES}, so leave out "
            f"{len(rules) - MOST_RULES}."
        ]
    tiers = sorted(
        (rule for rule in rules if isinstance(rule, LongPrompts)),
        key=lambda tier: tier.over_tokens,
    )
    windows = [rule for rule in rules if isinstance(rule, HoursOfDay)]
    if tiers and windows:
        return [
            "There are prices of long prompts and of hours; a marketplace takes one kind "
            "of the two, so leave the other out."
        ]
    wrong = []
    before, words = base, "the base price"
    for tier in tiers:
        wrong += [
            f"The {name.replace('_', ' ')} price of prompts {tier.name} tokens is below "
            f"{words}; a longer prompt costs the same or more."
            for name in CLASSES
            if getattr(tier.rates, name) < getattr(before, name)
        ]
        before, words = tier.rates, f"that of prompts {tier.name} tokens"
    if len({tier.over_tokens for tier in tiers}) < len(tiers):
        wrong.append(f"Two rules are for prompts {tiers[0].name} tokens; write one.")
    if len(windows) == MOST_RULES and windows[0].hours & windows[1].hours:
        hour = min(windows[0].hours & windows[1].hours)
        wrong.append(
            f"The hours {windows[0].name} and {windows[1].name} both hold "
            f"{hour:02d}:00 UTC; let each hour have one price."
        )
    return wrong


def discount_faults(
    asked: NewDiscount, *, sheet: Sequence[TokenRates], valid_from: datetime
) -> list[str]:
    """What is wrong with a discount, as sentences.

    sheet  every rate of the price that it is taken off
    """
    fraction = asked.fraction
    if not fraction.is_finite() or not 0 < fraction < 1:
        return [
            f"The discount is {fraction}; write a fraction of the list between 0 and 1, "
            "such as 0.25 for a quarter off."
        ]
    if _decimals(fraction) > FRACTION_DECIMALS:
        return [
            f"The discount is {fraction:f}; it can have {FRACTION_DECIMALS} decimals, "
            "which is hundredths of a per cent."
        ]
    if asked.funding not in Funding.values:
        return [
            f'"{asked.funding}" does not say who funds the discount; choose '
            f"{' or '.join(Funding.values)}."
        ]
    wrong = [
        f"The discount {verb} at {at:%Y-%m-%d %H:%M:%S}; it can only do so on a full "
        "hour, UTC, because an hour of usage has one price."
        for verb, at in (("begins", asked.from_at), ("ends", asked.until_at))
        if at is not None and (at.tzinfo is None or at != hour_start(at))
    ]
    if wrong:
        return wrong
    begin = asked.from_at or valid_from
    if begin < valid_from:
        return [
            f"The discount begins at {begin:%Y-%m-%d %H:%M}, before the price at "
            f"{valid_from:%Y-%m-%d %H:%M}; let it begin then or later."
        ]
    if asked.until_at is not None and asked.until_at <= begin:
        return [
            f"The discount ends at {asked.until_at:%Y-%m-%d %H:%M} and begins at "
            f"{begin:%Y-%m-%d %H:%M}; let it end later."
        ]
    return [] if asked.funding != Funding.OURS else _too_fine(sheet, fraction)


def _too_fine(sheet: Sequence[TokenRates], fraction: Decimal) -> list[str]:
    """A discounted price that the books could not keep to its last digit."""
    for rates in sheet:
        for name in CLASSES:
            paid: Decimal = getattr(less(rates, fraction), name)
            if _decimals(paid) > MOST_DECIMALS_PER_TOKEN:
                return [
                    f"The {name.replace('_', ' ')} price less {fraction:f} has "
                    f"{_decimals(paid)} decimals per token, and the books keep "
                    f"{MOST_DECIMALS_PER_TOKEN}; write a discount or a price with fewer."
                ]
    return []


def _decimals(value: Decimal) -> int:
    with localcontext(prec=EXACT_DIGITS):
        exponent = value.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
