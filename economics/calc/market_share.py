"""Shares of traffic by price alone, and where a price stands. Formulas:
docs/formulas/market-share.md

A marketplace that weighs offers by 1 / price² sends each this share. It is a prior, not a
forecast: speed, cached prices, sticky sessions and a buyer's own choice move real shares
far away from it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from economics.calc.unknown import Unknown

NO_PRICE = Unknown("no offer in order has a price above 0")


def share_prior(price: Decimal, rivals: Sequence[Decimal]) -> Decimal | Unknown:
    """Share [1] of a price among itself and its rivals: p^-2 / sum of all p^-2, unrounded.

    price, rivals  in one unit, of one token mix. Those at 0 are left out: free traffic
                   is another market.

    >>> share_prior(Decimal(2), [Decimal(1), Decimal(2)])
    Decimal('0.1666666666666666666666666667')
    """
    if price < 0 or any(each < 0 for each in rivals):
        raise ValueError("a price must be 0 or more")
    if not price:
        return Unknown("a price of 0 has no share among prices")
    weights = [each**-2 for each in rivals if each]
    return price**-2 / (price**-2 + sum(weights))


def share_priors(prices: Mapping[str, Decimal]) -> dict[str, Decimal]:
    """The share [1] of each of these prices; those at 0 have none. They sum to 1."""
    weights = {name: price**-2 for name, price in prices.items() if price > 0}
    total = sum(weights.values())
    return {name: weight / total for name, weight in weights.items()}


def middle(prices: Sequence[Decimal]) -> Decimal | Unknown:
    """The median: the middle price, or the mean of the two in the middle."""
    if not prices:
        return NO_PRICE
    ordered = sorted(prices)
    half = len(ordered) // 2
    if len(ordered) % 2:
        return ordered[half]
    return (ordered[half - 1] + ordered[half]) / 2


def quantile(values: Sequence[Decimal], share: Decimal) -> Decimal | Unknown:
    """The value below which a share of these lies, between neighbours in proportion.

    share  [1] in [0, 1]: 0 is the least, 0.5 the median, 1 the most

    >>> quantile([Decimal(1), Decimal(2), Decimal(4)], Decimal("0.75"))
    Decimal('3.00')
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share must be in [0, 1], got {share}")
    if not values:
        return NO_PRICE
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    lower = int(place)
    upper = min(lower + 1, len(ordered) - 1)
    return ordered[lower] + (ordered[upper] - ordered[lower]) * (place - lower)


def rank(price: Decimal, rivals: Sequence[Decimal]) -> int:
    """1 for the cheapest; equals share a place."""
    return 1 + sum(each < price for each in rivals)
