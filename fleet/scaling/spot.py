"""Where the replicas of a spot deployment are rented. Plain calculation: docs/rental.md.

Spot while it is listed, in stock, at or under its limit and not held off; else on demand
where the order allows it; else the replica waits. What had to fall back returns to spot
one replica at a time, and the spot one serves before the on-demand one ends.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

# After an interruption spot is left alone for so long, and longer each time in an hour.
HOLD_OFF_SECONDS = (300, 600, 1200, 2400, 3600)
REASK_SECONDS = (0, 15, 30, 60, 120, 300, 600)  # where nothing else may be rented
REFUSED_SECONDS = 300
CALM_BEFORE_RETURN = timedelta(minutes=15)
COUNTED = timedelta(hours=1)


class Place(StrEnum):
    SPOT = "spot"
    ON_DEMAND = "on_demand"
    WAIT = "wait"


@dataclass(frozen=True, slots=True)
class Market:
    """What is known of the spot market for one deployment.

    usd_per_gpu_hour  today's price; None where it is not listed
    limit             [USD / GPU-hour] the most that is paid for spot
    held_until        spot is not asked before; None: at once
    interrupted_at    the newest interruption of a replica of the deployment
    """

    usd_per_gpu_hour: Decimal | None
    in_stock: bool
    limit: Decimal
    held_until: datetime | None = None
    interrupted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    place: Place
    reason: str


@dataclass(frozen=True, slots=True)
class Replica:
    """One live replica. `is_requested`: nothing is rented yet. `serves`: it answers."""

    key: int
    is_spot: bool
    is_requested: bool = False
    serves: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """What is done now: replicas to rent, where, and those to end, by their keys."""

    spot: int = 0
    on_demand: int = 0
    end: tuple[int, ...] = ()
    reason: str = ""


def choose(market: Market, *, fallback: bool, now: datetime) -> Choice:
    """Where the next replica is rented, and why.

    fallback  whether on demand is allowed while spot is not to be had
    """
    obstacle = obstacle_of(market, now=now)
    if not obstacle:
        return Choice(Place.SPOT, f"spot at {market.usd_per_gpu_hour} USD per GPU-hour")
    if fallback:
        return Choice(Place.ON_DEMAND, f"on demand, because {obstacle}")
    return Choice(Place.WAIT, f"waits, because {obstacle} and on demand is not allowed")


def obstacle_of(market: Market, *, now: datetime) -> str:
    """Why no spot replica is rented now; "" where one may be."""
    if market.usd_per_gpu_hour is None:
        return "spot does not list this GPU"
    if not market.in_stock:
        return "spot has none in stock"
    if market.usd_per_gpu_hour > market.limit:
        return (
            f"spot costs {market.usd_per_gpu_hour} USD per GPU-hour, above the limit of "
            f"{market.limit}"
        )
    if market.held_until is not None and now < market.held_until:
        return f"spot is left alone until {market.held_until:%H:%M:%S} UTC"
    return ""


def next_step(
    replicas: Sequence[Replica],
    *,
    wanted: int,
    market: Market,
    fallback: bool,
    may_launch: bool,
    may_return: bool,
    now: datetime,
) -> Step:
    """One step towards `wanted` replicas. `replicas` come with the most useful first.

    may_launch  no back-off runs and the deployment is not given up
    may_return  nothing else changes the replicas: no rolling change runs

    Never more than one above `wanted`, and that only while a spot replica comes up in
    the place of an on-demand one.
    """
    choice = choose(market, fallback=fallback, now=now)
    if choice.place is not Place.SPOT:
        stuck = [each for each in replicas if each.is_spot and each.is_requested]
        # Where on demand may stand in, an intent that nobody can fill goes; a returning
        # one goes in any case. Else it waits in its own row.
        if fallback and stuck:
            return Step(end=tuple(each.key for each in stuck), reason=choice.reason)
    missing = wanted - len(replicas)
    if missing > 0:
        return rent(missing, choice) if may_launch else Step()
    coming = any(each.is_spot and not each.serves for each in replicas)
    standing_in = [each for each in replicas if not each.is_spot]
    if missing < 0:
        surplus = -missing
        if surplus == 1 and coming and any(each.serves for each in standing_in):
            return Step(reason="a spot replica comes up in the place of an on-demand one")
        return Step(end=ends(replicas, surplus), reason="fewer replicas are wanted")
    calm = (
        market.interrupted_at is None or now - market.interrupted_at >= CALM_BEFORE_RETURN
    )
    if (
        wanted
        and standing_in
        and choice.place is Place.SPOT
        and calm
        and may_launch
        and may_return
        and all(each.serves for each in replicas)
    ):
        return Step(spot=1, reason="spot is to be had again")
    return Step()


def rent(missing: int, choice: Choice) -> Step:
    if choice.place is Place.SPOT:
        return Step(spot=missing, reason=choice.reason)
    if choice.place is Place.ON_DEMAND:
        return Step(on_demand=missing, reason=choice.reason)
    return Step(reason=choice.reason)


def ends(replicas: Sequence[Replica], surplus: int) -> tuple[int, ...]:
    """Which end: what serves is the last to go, and of equals the dearer on-demand."""
    order = sorted(
        range(len(replicas)),
        key=lambda n: (replicas[n].serves, replicas[n].is_spot, -n),
    )
    return tuple(replicas[n].key for n in order[:surplus])


def hold_after_interruption(count: int, *, fallback: bool) -> timedelta:
    """How long spot is left alone after the `count`-th interruption within an hour.

    With on demand to stand in, for minutes. Without it asking again is the only way to
    serve: at once, and with a growing pause when that goes on.
    """
    steps = HOLD_OFF_SECONDS if fallback else REASK_SECONDS
    return timedelta(seconds=steps[min(max(count, 1), len(steps)) - 1])
