"""Which ways to rent are offered here, and why others are not."""

from __future__ import annotations

from typing import Any

from fleet.cloud import providers
from fleet.models import RentalKind
from fleet.selectors.providers import spot_provider

FALLBACK_CHOICES = [("yes", "rent on demand meanwhile"), ("no", "wait, and rent nothing")]


def rental_choices() -> dict[str, Any]:
    """The lists of a rental form: spot only where a connected provider sells it."""
    accounts = providers()
    told = [each.capabilities() for each in accounts]
    sold = {each.kind for of_one in told for each in of_one if each.offered}
    return {
        "rental_choices": [
            choice
            for choice in RentalKind.choices
            if choice[0] != RentalKind.SPOT or spot_provider()
        ],
        "fallback_choices": FALLBACK_CHOICES,
        "not_sold": [
            each for each in told[0] if not each.offered and each.kind not in sold
        ],
    }
