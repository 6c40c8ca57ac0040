"""Prices: what we charge for a model from an hour on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.db.models.functions import Coalesce

from economics.calc.hours import HOUR, hour_start
from economics.calc.money import per_token
from economics.calc.price_rule import as_json
from economics.calc.token_mix import TokenRates
from economics.models import RevenueLine, TokenPrice
from economics.services.price_rules import NewDiscount, NewRule, discount_faults, rules_of
from fleet.models import ServedModel
from fleet.services import audit

MAX_USD_PER_MILLION = Decimal(100_000)
MOST_DECIMALS = 18  # of USD per million tokens: what the column keeps

WORDS = {
    "uncached_prompt": "uncached prompt price",
    "cached_prompt": "cached prompt price",
    "completion": "completion price",
}


class PriceRefused(Exception):
    """A price that can not be set: `errors` maps a field, or "", to sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(" ".join(line for lines in errors.values() for line in lines))


def set_token_price(
    served_model: ServedModel,
    *,
    uncached_prompt: Decimal | None,
    cached_prompt: Decimal | None,
    completion: Decimal | None,
    valid_from: datetime,
    acting_user: str,
    now: datetime,
    rules: Sequence[NewRule] = (),
    discount: NewDiscount | None = None,
) -> TokenPrice:
    """Charge these prices [USD / 1M tokens] from `valid_from` until the next price.

    rules     other prices of long prompts, or of hours of the day
    discount  what is taken off all of them for a time

    `valid_from` is a full UTC hour. An hour whose tokens are booked keeps its price,
    so it may lie in the past only where nothing was booked yet. Raises PriceRefused
    with a sentence per wrong field; then nothing is saved.
    """
    prices = {
        "uncached_prompt": uncached_prompt,
        "cached_prompt": cached_prompt,
        "completion": completion,
    }
    errors = {name: complaint(name, price) for name, price in prices.items()}
    errors["valid_from"] = start_complaint(served_model, valid_from)
    wrong = {name: [sentence] for name, sentence in errors.items() if sentence}
    if wrong:
        raise PriceRefused(wrong)
    per_one = {
        f"{name}_usd_per_token": per_token(price)
        for name, price in prices.items()
        if price is not None
    }
    beside = beside_of(TokenRates(*per_one.values()), rules, discount, valid_from)
    try:
        with transaction.atomic():
            row = TokenPrice.objects.create(
                served_model=served_model,
                valid_from=valid_from,
                set_by=acting_user,
                set_at=now,
                **per_one,
                **beside,
            )
            audit.record(
                "set price",
                served_model,
                acting_user=acting_user,
                now=now,
                valid_from=valid_from,
                usd_per_million={name: str(price) for name, price in prices.items()},
                **figures_of(rules, discount),
            )
    except IntegrityError:
        raise PriceRefused({"valid_from": [taken(served_model, valid_from)]}) from None
    return row


def beside_of(
    base: TokenRates,
    rules: Sequence[NewRule],
    discount: NewDiscount | None,
    valid_from: datetime,
) -> dict[str, Any]:
    """The columns of the rules and the discount of a price. Raises PriceRefused."""
    wrong = {"rules": [line for rule in rules for line in rule_complaints(rule)]}
    if wrong["rules"]:
        raise PriceRefused(wrong)
    found, wrong["rules"] = rules_of(rules, base)
    columns: dict[str, Any] = {"rules": [as_json(rule) for rule in found]}
    if discount is not None:
        sheet = [base, *(rule.rates for rule in found)]
        wrong["discount"] = discount_faults(discount, sheet=sheet, valid_from=valid_from)
        columns |= discount.columns(valid_from)
    if any(wrong.values()):
        raise PriceRefused({field: lines for field, lines in wrong.items() if lines})
    return columns


def rule_complaints(rule: NewRule) -> list[str]:
    """What is wrong with the prices of a rule, each named with its condition."""
    told = {name: complaint(name, getattr(rule, name)) for name in WORDS}
    return [f'"{rule.when.strip()[:40]}": {line}' for line in told.values() if line]


def figures_of(rules: Sequence[NewRule], discount: NewDiscount | None) -> dict[str, Any]:
    """What the audit keeps of rules and a discount."""
    told: dict[str, Any] = {}
    if rules:
        told["rules"] = [
            {"when": rule.when} | {name: str(getattr(rule, name)) for name in WORDS}
            for rule in rules
        ]
    if discount is not None:
        told["discount"] = {
            "fraction": str(discount.fraction),
            "funding": str(discount.funding),
            "from": discount.from_at and discount.from_at.isoformat(),
            "until": discount.until_at and discount.until_at.isoformat(),
        }
    return told


def next_start(served_model: ServedModel | None, *, now: datetime) -> datetime:
    """The hour from which a price set now counts, if nobody names another.

    The first price of a model counts from the hour that runs: no token of it was sold
    at another one. Every later price waits for the next full hour.
    """
    start = hour_start(now)
    if served_model is None:
        return start + HOUR
    priced = TokenPrice.objects.filter(served_model=served_model).exists()
    return start + HOUR if priced else start


def complaint(name: str, price: Decimal | None) -> str:
    """What is wrong with one price, as a sentence; "" when it is fine."""
    word = WORDS[name]
    if price is None:
        return f"The {word} is missing; write USD per million tokens, 0 for free."
    if not price.is_finite():
        return f"The {word} is {price}; write a number of USD per million tokens."
    if price < 0:
        return f"The {word} is {price:f}; a price is 0 or more USD per million tokens."
    if price > MAX_USD_PER_MILLION:
        return (
            f"The {word} is {price:f} USD per million tokens, above "
            f"{MAX_USD_PER_MILLION:,}; was a price per token or per thousand meant?"
        )
    exponent = price.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > MOST_DECIMALS:
        return (
            f"The {word} is {price:f}; it can have {MOST_DECIMALS} decimals "
            "(USD per million tokens)."
        )
    return ""


def start_complaint(served_model: ServedModel, valid_from: datetime) -> str:
    """What is wrong with the start of a price, as a sentence; "" when it is fine."""
    if valid_from.tzinfo is None or valid_from != hour_start(valid_from):
        return (
            f"The price starts at {valid_from:%Y-%m-%d %H:%M:%S}; it can only start on a "
            "full hour, UTC, because an hour of usage has one price."
        )
    if TokenPrice.objects.filter(served_model=served_model, valid_from=valid_from).exists():
        return taken(served_model, valid_from)
    hour = Coalesce(
        "usage_hour__hour_start", "estimate__hour_start", "log_hour__hour_start"
    )
    booked = (
        RevenueLine.objects.filter(price__served_model=served_model)
        .annotate(hour=hour)
        .filter(hour__gte=valid_from)
        .aggregate(last=Max("hour"))["last"]
    )
    if booked is not None:
        return (
            f"Tokens of {served_model} are booked up to {booked + HOUR:%Y-%m-%d %H:%M} UTC "
            f"at an earlier price; let the new price start then or later, not at "
            f"{valid_from:%Y-%m-%d %H:%M}."
        )
    return ""


def taken(served_model: ServedModel, valid_from: datetime) -> str:
    """The sentence for a start that another price has."""
    start = valid_from.astimezone(UTC)
    return (
        f"{served_model} already has a price from {start:%Y-%m-%d %H:%M} UTC; "
        "choose another hour."
    )
