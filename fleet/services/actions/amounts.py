"""Numbers as parameters of an action write them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from fleet.services.actions import targets
from fleet.services.refused import Refused

AMOUNT = re.compile(r"[0-9]{1,8}(\.[0-9]{1,4})?", re.ASCII)
AMOUNTS = {"max_spot_usd_per_gpu_hour": "Spot limit"}
YES = ("True", "yes")


def yes_or_no(value: bool) -> str:
    """A choice in words: one that is left out keeps what is, so no has a word too."""
    return "yes" if value else "no"


def count(text: Mapping[str, str], field: str) -> int | None:
    """A small whole number; None where it is empty. Raises Refused."""
    said = text.get(field, "").strip()
    if not said:
        return None
    if not targets.FEW.fullmatch(said):
        raise Refused.because(
            f"{field.replace('_', ' ').capitalize()} is {said[:40]!r}; write a whole "
            "number such as 2.",
            field=field,
        )
    return int(said)


def amount(text: Mapping[str, str], field: str) -> Decimal | None:
    """An amount of money; None where it is empty. Raises Refused."""
    said = text.get(field, "").strip()
    if not said:
        return None
    if not AMOUNT.fullmatch(said):
        raise Refused.because(
            f"{AMOUNTS.get(field, 'Budget')} is {said[:40]!r}; write USD per hour such as "
            "3.00.",
            field=field,
        )
    return Decimal(said)


def shortest(value: Decimal) -> str:
    """A number without zeros at its end, never in powers of ten."""
    return f"{value.quantize(Decimal('0.0001')):f}".rstrip("0").rstrip(".")
