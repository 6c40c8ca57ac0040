"""Which options no other beats in both cost and speed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TypeVar

Option = TypeVar("Option")


def pareto(
    options: Iterable[Option],
    *,
    cost: Callable[[Option], Decimal],
    speed: Callable[[Option], Decimal],
) -> list[Option]:
    """The options that none beats, slowest and cheapest first.

    One beats another when it is at least as fast and at least as cheap, and better in
    one of the two. Of equals the first one stays.

    >>> pareto([(3, 9), (1, 5), (2, 4), (3, 8)], cost=lambda o: o[0], speed=lambda o: o[1])
    [(1, 5), (3, 9)]
    """
    best: list[Option] = []
    for option in sorted(options, key=lambda each: (cost(each), -speed(each))):
        if not best or speed(option) > speed(best[-1]):
            best.append(option)
    return best
