"""A request log against the counters: how far apart two counts of the same tokens are.

Formula: docs/formulas/log-difference.md
"""

from __future__ import annotations

from decimal import Decimal

from economics.calc.unknown import Unknown


def difference_share(*, logged: int, counted: int) -> Decimal | Unknown:
    """(logged - counted) / counted [1]; negative: the log has less.

    Unknown while nothing was counted and something was logged: there is nothing to take
    a share of. Two zeros agree.

    >>> difference_share(logged=1_010, counted=1_000)
    Decimal('0.01')
    """
    if counted == 0:
        if logged == 0:
            return Decimal(0)
        return Unknown("no token was counted, so there is no share")
    return Decimal(logged - counted) / counted


def is_apart(share: Decimal | Unknown, *, limit: Decimal) -> bool:
    """Whether a difference is above the limit [1], in either direction."""
    return isinstance(share, Unknown) or abs(share) > limit
