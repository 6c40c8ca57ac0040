"""Our prices as a marketplace reads them: base entries, overrides, windows, a discount.

Prices are strings of USD per token with every digit. What is not billed is left out, as
the schema asks; what is free beside something that costs is said as "0", since without a
word it would cost as much. The prices are those of the list: the discount stands beside.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from economics.calc.price_rule import CLASSES, HoursOfDay, LongPrompts, Rule
from economics.calc.token_mix import TokenRates

INPUT = {"uncached_prompt": "prompt", "cached_prompt": "cached_prompt"}
OUTPUT = {"completion": "completion"}
FLAT = {
    "uncached_prompt": "prompt",
    "completion": "completion",
    "cached_prompt": "input_cache_read",
}


@dataclass(frozen=True, slots=True)
class ListedPrices:
    """What a token costs the buyer [USD / token], by class, before the discount.

    rules     other prices of long prompts, the shortest first, or of hours of the day
    discount  the fraction that is taken off now; None: no discount holds
    """

    uncached_prompt: Decimal
    cached_prompt: Decimal
    completion: Decimal
    rules: tuple[Rule, ...] = ()
    discount: Decimal | None = None

    @property
    def rates(self) -> TokenRates:
        return TokenRates(self.uncached_prompt, self.cached_prompt, self.completion)

    @property
    def is_free(self) -> bool:
        return not any(self._costs(name) for name in CLASSES)

    def _costs(self, name: str) -> bool:
        every = (self.rates, *(rule.rates for rule in self.rules))
        return any(getattr(rates, name) for rates in every)

    def input_entries(self) -> list[dict[str, Any]]:
        """The pricing of the prompt in schema 2.4."""
        billed = [name for name in INPUT if self._costs(name)]
        if billed == ["uncached_prompt"]:
            billed = [*INPUT]
        return [
            entry | ({"implicit": True} if name == "cached_prompt" else {})
            for name in billed
            for entry in self._entries(name, INPUT[name])
        ]

    def output_entries(self) -> list[dict[str, Any]]:
        """The pricing of the completion in schema 2.4."""
        return [
            entry
            for name, kind in OUTPUT.items()
            if self._costs(name)
            for entry in self._entries(name, kind)
        ]

    def _entries(self, name: str, kind: str) -> list[dict[str, Any]]:
        """The base entry, with what overrides it, and an entry of each window."""
        base = _entry(kind, getattr(self.rates, name))
        overrides = [
            {
                "when": {"prompt_tokens": {"gte": rule.over_tokens + 1}},
                "cost_usd": price_text(getattr(rule.rates, name)),
            }
            for rule in self.rules
            if isinstance(rule, LongPrompts)
        ]
        windows = [
            _entry(kind, getattr(rule.rates, name)) | _clock(rule)
            for rule in self.rules
            if isinstance(rule, HoursOfDay)
        ]
        return [base | ({"overrides": overrides} if overrides else {}), *windows]

    def flat(self) -> dict[str, Any]:
        """The pricing of the flat format."""
        said: dict[str, Any] = _flat(self.rates)
        overrides = [_flat_when(rule) | _flat(rule.rates) for rule in self.rules]
        return said | ({"overrides": overrides} if overrides else {})

    def beside(self) -> dict[str, Any]:
        """What both formats say of the discount."""
        return {} if self.discount is None else {"discount_to_user": float(self.discount)}


def price_text(usd_per_token: Decimal) -> str:
    """Every digit, no exponent, no zeros behind.

    >>> price_text(Decimal("2E-9")), price_text(Decimal("0.000000050000"))
    ('0.000000002', '0.00000005')
    """
    if not usd_per_token.is_finite() or usd_per_token < 0:
        raise ValueError(f"a price must be 0 or more, got {usd_per_token}")
    digits = f"{usd_per_token:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def _entry(kind: str, usd_per_token: Decimal) -> dict[str, Any]:
    return {"type": kind, "unit": "token", "cost_usd": price_text(usd_per_token)}


def _clock(rule: HoursOfDay) -> dict[str, int]:
    """The hours of a window as HHMM, UTC; its end is no part of it."""
    return {"utc_start": rule.from_hour * 100, "utc_end": rule.to_hour * 100}


def _flat(rates: TokenRates) -> dict[str, str]:
    return {said: price_text(getattr(rates, name)) for name, said in FLAT.items()}


def _flat_when(rule: Rule) -> dict[str, int]:
    """The flat format's threshold is passed by more tokens, not reached by as many."""
    if isinstance(rule, LongPrompts):
        return {"min_prompt_tokens": rule.over_tokens}
    return _clock(rule)
