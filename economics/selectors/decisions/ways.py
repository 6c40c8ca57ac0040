"""The ways to rent a machine, and why one of them cannot be used here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from economics.calc.decide import Serving, Way
from economics.calc.hours import SECONDS_PER_HOUR
from economics.calc.spot import useful_share
from economics.calc.unknown import Unknown
from economics.planner.option import Machine
from economics.selectors.decisions.markets import ModelMarket
from economics.selectors.schedules.candidates import (
    CATALOG,
    IDLE_SECONDS,
    NO_STOCK,
    SPOT,
)
from fleet.models import OfferKind
from fleet.selectors.crossover import ASSUMED_WAKES
from fleet.selectors.offers import Offer
from fleet.selectors.providers import provider_names, spot_provider
from fleet.selectors.spot import InterruptionRate

WINDOW = 8  # h a day, as the founding plan runs its large model
PLAN_FROM = 13  # UTC: the founding plan's window, where no hour of ours is known
DAY = Decimal(24)
LEAST_SHARE = Decimal("0.0001")  # of a day's demand: below it nothing is sold
KINDS = {Way.SERVERLESS: OfferKind.SERVERLESS.value, Way.SPOT: SPOT}


@dataclass(frozen=True)
class Unused:
    """A way to rent of which there is no candidate, with the reason."""

    way: Way
    reason: str


def can_be_ordered(offer: Offer) -> bool:
    """Whether this console rents it: pods, workers and spot of a connected cloud."""
    if offer.rentable_here:
        return True
    named = offer.source.replace("_", " ").lower() == CATALOG
    if not named or offer.provider not in provider_names():
        return False
    if offer.kind == SPOT:
        return offer.provider == spot_provider()
    return offer.kind == OfferKind.SERVERLESS


def unused_ways(offers: Sequence[Offer]) -> tuple[Unused, ...]:
    """The ways that no offer can be rented by, each with why."""
    found = []
    for way, kind in KINDS.items():
        listed = [each for each in offers if each.kind == kind]
        if any(can_be_ordered(each) for each in listed):
            continue
        if way is Way.SPOT and not spot_provider():
            why = "no connected cloud sells interruptible pods"
        else:
            why = "no connected cloud lists a price for it now"
        if listed:
            low = min(each.usd_per_gpu_hour for each in listed)
            why += (
                f"; {len(listed)} prices of others, from ${low:,.2f} per GPU-hour, can "
                "not be ordered from this console"
            )
        found.append(Unused(way, why))
    if not any(each.rentable_here for each in offers):
        found.append(Unused(Way.HOURS, "no pod is on offer that could run by the hour"))
    return tuple(found)


def servings(
    machine: Machine,
    busy: tuple[int, Decimal],
    rates: Mapping[str, InterruptionRate],
) -> Iterable[Serving]:
    """Every way in which a machine of an offer can be rented; busy: see `busiest`."""
    start = machine.start_seconds / SECONDS_PER_HOUR
    if machine.kind == SPOT:
        rate = rates[machine.gpu_type_id]
        useful = useful_share(interruptions_per_hour=rate.per_hour, load_hours=start)
        assert not isinstance(useful, Unknown)  # no work is lost, so some is left
        yield Serving(Way.SPOT, useful=useful, interruptions=rate.per_hour)
    elif machine.kind == OfferKind.SERVERLESS:
        woken = ASSUMED_WAKES * (start + IDLE_SECONDS / SECONDS_PER_HOUR)
        yield Serving(Way.SERVERLESS, starting=min(woken, DAY), busy_only=True)
    else:
        yield Serving()
        window = window_of(busy, start=start)
        if window is not None:
            yield window


def window_of(busy: tuple[int, Decimal], *, start: Decimal) -> Serving | None:
    """The hours of the day with the most demand; None where none fits before midnight
    again, or where nothing is asked for in them.

    start  [h] that it loads before them, paid as well
    """
    if WINDOW + start > DAY:
        return None
    begin, share = busy
    if share < LEAST_SHARE:
        return None
    end = (begin + WINDOW) % 24
    return Serving(
        Way.HOURS,
        hours=WINDOW + start,
        share=share,
        starting=start,
        words=f"{begin:02d}:00 to {end:02d}:00 UTC",
    )


def busiest(hours: Mapping[int, int]) -> tuple[int, Decimal]:
    """(first UTC hour, share of the day's tokens) of the window with the most of them;
    without any hour known the plan's window, with all hours alike."""
    total = sum(hours.values())
    if not total:
        return PLAN_FROM, Decimal(WINDOW) / 24

    def served(begin: int) -> int:
        return sum(hours.get((begin + n) % 24, 0) for n in range(WINDOW))

    begin = max(range(24), key=lambda hour: (served(hour), -hour))
    return begin, Decimal(served(begin)) / total


def why_not_now(machine: Machine) -> str:
    """Why a machine can not be rented at this moment; "" where it can."""
    if machine.price.stock == NO_STOCK:
        return f"it is out of stock at {machine.provider}"
    return ""


def kind_words(serving: Serving, rate: InterruptionRate | None) -> str:
    """What a kind of rent is reckoned with; "" for pods on demand."""
    if serving.way is Way.SPOT and rate is not None:
        known = "measured" if rate.is_measured else "assumed"
        return f"spot, {rate.per_hour:.3f} interruptions per pod-hour, {known}"
    if serving.way is Way.SERVERLESS:
        return f"serverless, {ASSUMED_WAKES:.0f} starts a day"
    return ""


def unsure(
    serving: Serving, market: ModelMarket, rate: InterruptionRate | None
) -> Iterable[str]:
    """What of a way is assumed, in sentences without their end."""
    if serving.way is Way.HOURS and not market.own_hours:
        yield "the hours of demand are not published and are taken as equal"
    if serving.way is Way.SERVERLESS:
        yield (
            f"{ASSUMED_WAKES:.0f} starts a day are assumed, and that busy workers are full"
        )
    if rate is not None and not rate.is_measured:
        yield f"{rate.per_hour:.3f} interruptions per pod-hour are assumed"
