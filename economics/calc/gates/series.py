"""Figures of gates that are made of several days. Formulas: docs/formulas/gates.md"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal

from economics.calc.unknown import Unknown

DAY = timedelta(days=1)
WEEK = 7


def days_in_a_row(
    values: Mapping[date, Decimal], *, newest: date | None, above: Decimal
) -> Decimal | Unknown:
    """Days [1] up to `newest` whose value is more than `above`, without a gap.

    newest  the last closed day; None: no day is closed, so nothing is known

    >>> monday = date(2026, 3, 2)
    >>> days_in_a_row({monday: Decimal(3), monday + DAY: Decimal(1)},
    ...     newest=monday + DAY, above=Decimal(0))
    Decimal('2')
    """
    if newest is None:
        return Unknown("no day is closed yet")
    count = 0
    day = newest
    while day in values and values[day] > above:
        count += 1
        day -= DAY
    return Decimal(count)


def trailing_sum(
    values: Mapping[date, Decimal], *, newest: date | None, days: int
) -> Decimal | Unknown:
    """Sum of the last `days` closed days, in the unit of the values.

    A day without a value is unknown, not 0: nothing may be left on what was not booked.
    """
    if newest is None:
        return Unknown("no day is closed yet")
    wanted = [newest - n * DAY for n in range(days)]
    lacking = [day for day in wanted if day not in values]
    if lacking:
        return Unknown(f"nothing is booked for {min(lacking):%Y-%m-%d}")
    return sum((values[day] for day in wanted), Decimal(0))


def change_of_week(tokens: Mapping[date, Decimal], *, last: date) -> Decimal | Unknown:
    """Tokens of the seven days to `last` over those of the seven before, minus 1 [1].

    Each week is the mean of the days that are known in it; four of seven are the least.
    """
    means = []
    for first in (last - (WEEK - 1) * DAY, last - (2 * WEEK - 1) * DAY):
        week = [first + n * DAY for n in range(WEEK)]
        known = [tokens[day] for day in week if day in tokens]
        if len(known) < 4:
            return Unknown(
                f"tokens of only {len(known)} of the 7 days from {first:%Y-%m-%d} are known"
            )
        means.append(sum(known, Decimal(0)) / len(known))
    new, old = means
    if not old:
        return Unknown("the week before had no tokens")
    return new / old - 1


def share_needed(
    *, needed_tokens: Decimal | Unknown, market_tokens: Decimal | Unknown
) -> Decimal | Unknown:
    """Break-even tokens a day over the market's tokens a day [1]; it may be above 1."""
    if isinstance(needed_tokens, Unknown):
        return needed_tokens
    if isinstance(market_tokens, Unknown):
        return market_tokens
    if not market_tokens:
        return Unknown("the market has no tokens of this model")
    return needed_tokens / market_tokens
