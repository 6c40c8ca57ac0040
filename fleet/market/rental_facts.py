"""What providers say of how they bill and whether they sell spot, with day and source.

A provider that is not listed is *not stated*: the console shows a dash, not a guess.
RunPod's own list is `fleet.providers.runpod.CAPABILITIES`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class BillingFact:
    """The unit of time that a provider rounds to."""

    unit: str
    note: str
    as_of: date
    source: str


BILLING = {
    "runpod": BillingFact(
        "second", "billed per second", date(2026, 8, 20), "RunPod documentation"
    ),
    "aws": BillingFact(
        "second",
        "billed per second, 60 s at least (Linux)",
        date(2017, 10, 2),
        "AWS announcement of EC2 per-second billing",
    ),
}


def billing_unit(provider: str) -> str:
    """second, minute or hour; "" where the provider is not stated here."""
    fact = BILLING.get(provider)
    return fact.unit if fact else ""
