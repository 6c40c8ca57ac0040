"""An amount in parts that add up to it, to the stored digit.

Formula: docs/formulas/largest-remainder.md
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from economics.calc.money import STORED_STEP

STEPS_PER_USD = int(1 / STORED_STEP)


def split_exactly(amount_usd: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """`amount_usd`, a stored amount, in proportion to whole weights, by the largest
    remainder: each part is rounded down to 6 decimals, and the steps that are left go
    to the parts that lost most, the first of equals. A negative amount mirrors it.

    Raises ValueError for weights that are negative or all 0, and for an amount with
    more than 6 decimals.

    >>> split_exactly(Decimal("0.000010"), [1, 1, 1])
    [Decimal('0.000004'), Decimal('0.000003'), Decimal('0.000003')]
    """
    steps = amount_usd / STORED_STEP
    if steps != int(steps):
        raise ValueError(f"a stored amount has at most 6 decimals, got {amount_usd}")
    whole, total = abs(int(steps)), sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError(f"weights must be 0 or more and not all 0, got {list(weights)}")
    parts = [whole * weight // total for weight in weights]
    lost = [whole * weight % total for weight in weights]
    neediest = sorted(range(len(parts)), key=lambda each: (-lost[each], each))
    for each in neediest[: whole - sum(parts)]:
        parts[each] += 1
    sign = -1 if steps < 0 else 1
    return [sign * part * STORED_STEP for part in parts]
