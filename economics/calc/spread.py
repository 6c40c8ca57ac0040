"""An amount over whole days, exact to the cent.

Formula: docs/formulas/expense-spread.md
"""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

CENT = Decimal("0.01")


def spread_over_days(
    amount_usd: Decimal, *, first_day: date, last_day: date
) -> list[tuple[date, Decimal]]:
    """The share [USD] of each day from first_day to last_day, both included.

    Every day gets the same number of whole cents; those that are left, fewer than there
    are days, go one each to the first days (all remainders are equal, so the largest
    remainder is the earliest). The shares add up to the amount. Raises ValueError for
    an amount with parts of a cent or a period that ends before it begins.

    >>> first, last = date(2026, 1, 1), date(2026, 1, 2)
    >>> shares = spread_over_days(Decimal("0.05"), first_day=first, last_day=last)
    >>> [str(usd) for _, usd in shares]
    ['0.03', '0.02']
    """
    count = (last_day - first_day).days + 1
    if count < 1:
        raise ValueError(f"the last day {last_day} lies before the first day {first_day}")
    return [
        (first_day + timedelta(days=n), share)
        for n, share in enumerate(equal_shares(amount_usd, count))
    ]


def equal_shares(amount_usd: Decimal, count: int) -> list[Decimal]:
    """An amount of whole cents in `count` shares that differ by at most a cent."""
    cents = amount_usd / CENT
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount_usd} USD has parts of a cent")
    sign = -1 if cents < 0 else 1
    each, left = divmod(abs(int(cents)), count)
    return [sign * CENT * (each + (n < left)) for n in range(count)]


def proportional_shares(
    amount_usd: Decimal, weights: list[Decimal], *, step: Decimal
) -> list[Decimal]:
    """An amount in shares after the weights, whole steps each, largest remainder first.

    Of equal remainders the earlier share goes first; without any weight the first share
    takes all. The shares add up to the amount, which is a whole number of steps.
    """
    total = sum(weights, Decimal(0))
    if not weights or total <= 0:
        return [amount_usd, *([Decimal(0)] * (len(weights) - 1))] if weights else []
    sign = -1 if amount_usd < 0 else 1
    steps = int(abs(amount_usd) / step)
    exact = [steps * weight / total for weight in weights]
    whole = [int(each) for each in exact]
    order = sorted(range(len(weights)), key=lambda n: (whole[n] - exact[n], n))
    for n in order[: steps - sum(whole)]:
        whole[n] += 1
    return [sign * step * each for each in whole]
