"""What it is worth to hold replicas when an hour begins. Formula: docs/schedule.md

A stochastic dynamic program over hours whose demand is not known, only what it may be.
In each hour nothing is known for one look; then what is asked is seen, and replicas are
started or ended; before it ends, more may be started for the next one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from economics.planner.schedule.forecast import Floats


@dataclass(frozen=True)
class Terms:
    """What a replica costs and earns.

    least, most   replicas that may be held
    usd_per_hour  rent of one [USD / h]
    earns_usd     of a full replica [USD / h]
    filled        [1] of a loaded replica's time that can be sold
    load_hours    from a start to the first answer, paid
    load_usd      each start costs on top
    look_hours    between two looks
    """

    least: int
    most: int
    usd_per_hour: float
    earns_usd: float
    filled: float = 1.0
    load_hours: float = 0.0
    load_usd: float = 0.0
    look_hours: float = 1 / 12
    counts: Floats = field(init=False, repr=False, compare=False)
    more: Floats = field(init=False, repr=False, compare=False)  # [from, to] starts

    def __post_init__(self) -> None:
        counts = np.arange(self.least, self.most + 1, dtype=float)
        object.__setattr__(self, "counts", counts)
        more = np.clip(counts[None, :] - counts[:, None], 0, None)
        object.__setattr__(self, "more", more)

    def sold(self, asked: Floats, hours: float) -> Floats:
        """What each number of loaded replicas earns in `hours` [USD]. [case, count]"""
        served = np.minimum(asked[:, None], self.filled * self.counts[None, :])
        return self.earns_usd * hours * served

    def rest_of_hour(self, asked: Floats, hours: float, after: Floats) -> Floats:
        """What a change from one number to another now earns [USD]. [case, from, to]

        asked  [case] full replicas that are filled in the `hours` that are left
        after  [count] what each number is worth when they are over

        A start that has not loaded when the hour ends is taken to have sold all of the
        next one's time that it still loads: never less than what that costs.
        """
        loading = min(hours, self.load_hours)
        late = self.earns_usd * self.filled * max(self.load_hours - hours, 0.0)
        now = self.sold(asked, loading)[:, :, None]
        later = self.sold(asked, hours - loading)[:, None, :]
        at_once = self.sold(asked, hours)[:, None, :]
        changed = np.where(self.more > 0, now + later, at_once)
        rent = self.usd_per_hour * hours * self.counts
        money: Floats = changed - rent - (self.load_usd + late) * self.more + after
        return money

    def before_the_end(self, worth: Floats) -> Floats:
        """What each number is worth while there is still time to start more. [count]"""
        each = self.load_usd + self.usd_per_hour * self.load_hours
        best: Floats = (worth[None, :] - each * self.more).max(axis=1)
        return best

    def at_the_end(self, worth: Floats) -> Floats:
        """What each number is worth when only ending is left: the best of fewer."""
        best: Floats = np.maximum.accumulate(worth)
        return best


@dataclass(frozen=True)
class Hour:
    """An hour to come: equally likely full replicas that it fills, and whether the
    candidate may run in it."""

    asked: Floats
    may_run: bool = True


def worth_at_start(terms: Terms, hours: Sequence[Hour]) -> Floats:
    """What each number of loaded replicas is worth when the first hour begins. [count]

    Nothing is worth anything when the last hour is over.
    """
    worth = np.zeros(len(terms.counts))
    for hour in reversed(hours):
        if not hour.may_run:
            worth = np.full(len(worth), worth[0])
            continue
        seen = 1 - terms.look_hours
        after = terms.before_the_end(worth)
        blind = terms.sold(hour.asked, terms.look_hours)
        blind = blind - terms.usd_per_hour * terms.look_hours * terms.counts
        then = terms.rest_of_hour(hour.asked, seen, after).max(axis=2)
        worth = (blind + then).mean(axis=0)
    return worth


def best_change(
    terms: Terms, count: int, asked: float, hours: float, next_worth: Floats
) -> int:
    """The number to hold now, in an hour that asks `asked` for the `hours` it has left.

    next_worth  [count] of `worth_at_start` of the next hour
    """
    in_time = hours - terms.look_hours >= terms.load_hours  # the next look is early enough
    after = terms.before_the_end(next_worth) if in_time else terms.at_the_end(next_worth)
    row = min(max(count, terms.least), terms.most) - terms.least
    money = terms.rest_of_hour(np.array([asked]), hours, after)[0, row]
    # Of equal ones the number that is held: a change for nothing is none.
    best = row if money[row] >= money.max() - 1e-9 else int(money.argmax())
    return terms.least + best
