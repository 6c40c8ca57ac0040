"""How long the balance lasts. Formula: docs/formulas/runway.md"""

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.unknown import Unknown


@dataclass(frozen=True)
class Runway:
    """Hours until the balance is used up at the present spend; 0 when it is."""

    hours: Decimal


@dataclass(frozen=True)
class NoSpend:
    """Nothing is being spent, so the balance lasts: said in words, not as infinity."""

    reason: str = "no spend"


def runway(
    *, balance_usd: Decimal | None, usd_per_hour: Decimal | None
) -> Runway | NoSpend | Unknown:
    """Hours left = balance [USD] / spend [USD / h], unrounded.

    None for either means that it was not read, and the answer is then unknown.
    Raises ValueError for a negative spend.

    >>> runway(balance_usd=Decimal(50), usd_per_hour=Decimal("0.8"))
    Runway(hours=Decimal('62.5'))
    """
    if balance_usd is None:
        return Unknown("the provider's balance was not read")
    if usd_per_hour is None:
        return Unknown("the spend per hour is not known")
    if usd_per_hour < 0:
        raise ValueError(f"spend per hour must be 0 or more, got {usd_per_hour}")
    if balance_usd <= 0:
        return Runway(Decimal(0))
    if usd_per_hour == 0:
        return NoSpend()
    return Runway(balance_usd / usd_per_hour)
