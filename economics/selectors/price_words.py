"""A price's rules and discount in words, with one request reckoned by them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from economics.calc.money import per_million
from economics.calc.price_rule import Discount, LongPrompts, PriceSheet, Rule
from economics.calc.token_mix import TokenRates

PROMPT, CACHED, COMPLETION = 10_000, 4_000, 500  # tokens of the request that is shown


@dataclass(frozen=True)
class Example:
    """One request and its money [USD]: what its buyer pays, and what we are paid."""

    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    buyer_usd: Decimal
    our_usd: Decimal


def plain(value: Decimal) -> str:
    """Every digit, no exponent, two decimals at least."""
    text = f"{value.normalize():f}"
    whole, _, part = text.partition(".")
    return f"{whole}.{part.ljust(2, '0')}"


def rates_words(rates: TokenRates) -> str:
    """Uncached / cached / completion in USD per 1M tokens."""
    values = (rates.uncached_prompt, rates.cached_prompt, rates.completion)
    return " / ".join(f"${plain(per_million(each))}" for each in values) + " per 1M"


def rule_words(rule: Rule) -> str:
    """When a rule holds, and its prices."""
    if isinstance(rule, LongPrompts):
        when = f"whole request where the prompt has more than {rule.over_tokens:,} tokens"
    else:
        when = f"{rule.from_hour:02d}:00 to {rule.to_hour:02d}:00 UTC every day"
    return f"{when}: {rates_words(rule.rates)}"


def discount_words(discount: Discount) -> str:
    """How much is taken off, when, and who funds it."""
    until = f"{discount.until_at:%Y-%m-%d %H:%M}" if discount.until_at else "the next price"
    funded = "we fund it" if discount.ours else "the marketplace funds it"
    begin = f"{discount.from_at:%Y-%m-%d %H:%M}"
    return (
        f"{plain(discount.fraction * 100)} % off from {begin} UTC until {until}; {funded}"
    )


def sheet_words(sheet: PriceSheet) -> list[str]:
    """A sentence for each rule, and for the discount; none for a plain price."""
    rules: tuple[Rule, ...] = (*sheet.tiers, *sheet.windows)
    words = [rule_words(rule) for rule in rules]
    return words + ([discount_words(sheet.discount)] if sheet.discount else [])


def example_of(sheet: PriceSheet, *, at: datetime) -> Example:
    """What one request costs and earns at `at`; a long one where long ones cost more."""
    prompt = max((tier.over_tokens + 1 for tier in sheet.tiers), default=PROMPT)
    cached = min(CACHED, prompt)
    ours = sheet.charged(at, shortest=prompt, longest=prompt).rates
    buyer = sheet.buyer_rates(at, prompt_tokens=prompt)
    return Example(
        *(prompt, cached, COMPLETION),
        buyer_usd=money(buyer, prompt, cached),
        our_usd=money(ours, prompt, cached),
    )


def money(rates: TokenRates, prompt: int, cached: int) -> Decimal:
    """The request at these rates [USD], exact."""
    return (
        rates.uncached_prompt * (prompt - cached)
        + rates.cached_prompt * cached
        + rates.completion * COMPLETION
    )
