"""What can be planned with: options of the plan as candidates, and what runs already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Count

from economics.calc.hours import HOUR
from economics.calc.unknown import Unknown
from economics.planner.option import SERVERLESS, Machine, PlanOption
from economics.planner.schedule.problem import Candidate, Rental
from economics.selectors.schedules.question import ScheduleQuestion
from fleet.models import WANTED, OfferKind, Pod
from fleet.selectors.providers import provider_names, spot_provider
from fleet.selectors.spot import InterruptionRate, interruption_rate

SPOT = OfferKind.INTERRUPTIBLE.value
MOST_OPTIONS = 12  # the cheapest tokens; more cost the solver time and change little
MOST_OF_KIND = {SPOT: 3, SERVERLESS: 2}  # the others are pods on demand
RENTALS = {
    OfferKind.ON_DEMAND.value: Rental.ON_DEMAND,
    SPOT: Rental.SPOT,
    SERVERLESS: Rental.SERVERLESS,
}
NO_STOCK = "none"
MOST_IN_STOCK = {"low": 1, "medium": 4}  # assumed: clouds tell words, no numbers
IDLE_SECONDS = Decimal(10)  # of the endpoints that this console sets up
CATALOG = "runpod catalog"  # the source that an order is placed from


@dataclass(frozen=True, slots=True)
class Running:
    """Replicas of one deployment that are rented or wanted now."""

    deployment: str
    repository: str
    gpu_type_id: str
    gpu_count: int
    cloud: str
    kind: str
    replicas: int

    def is_of(self, machine: Machine) -> bool:
        """Whether they are this machine's."""
        return (
            self.repository == machine.repository
            and self.gpu_type_id == machine.gpu_type_id
            and self.gpu_count == machine.gpu_count
            and self.kind == machine.kind
            and self.cloud.lower() in (machine.cloud, "")
        )

    @property
    def words(self) -> str:
        return f"{self.replicas} of {self.deployment}"


def running_now(slug: str, *, simulated: bool) -> tuple[Running, ...]:
    """Every deployment of a model with its live replicas. One query."""
    rows = (
        Pod.objects.without_past()
        .filter(
            status__in=WANTED,
            deployment__variant__served_model__slug=slug,
            deployment__fleet__simulated=simulated,
        )
        .order_by("deployment__slug")
        .values_list(
            "deployment__slug",
            "deployment__variant__repository",
            "deployment__gpu_type_id",
            "deployment__gpu_count",
            "deployment__cloud",
            "provider",
        )
        .annotate(Count("pk"))
    )
    spot = spot_provider()
    found = []
    for slug_of, repository, gpu, count, cloud, provider, replicas in rows:
        kind = SPOT if spot and provider == spot else OfferKind.ON_DEMAND.value
        found.append(Running(slug_of, repository, gpu, count, cloud, kind, replicas))
    return tuple(found)


def chosen(
    fitting: Iterable[PlanOption], running: Sequence[Running]
) -> tuple[list[PlanOption], list[tuple[str, str]]]:
    """The options to plan with, cheapest token first, and why others are not.

    A machine that runs now is always one of them, if it can be used at all.
    """
    usable, left = list[PlanOption](), list[tuple[str, str]]()
    for option in fitting:
        why = why_not(option.machine)
        if why:
            left.append((words_of(option), why))
        else:
            usable.append(option)
    room = dict(MOST_OF_KIND)
    keys: set[str] = set()
    for option in sorted(usable, key=lambda each: not running_of(each.machine, running)):
        machine = option.machine
        has_room = room.get(machine.kind, MOST_OPTIONS) > 0 and len(keys) < MOST_OPTIONS
        if has_room:
            keys.add(machine.key)
            room[machine.kind] = room.get(machine.kind, MOST_OPTIONS) - 1
            continue
        most = MOST_OF_KIND.get(machine.kind, MOST_OPTIONS)
        what = machine.kind.replace(SPOT, "spot").replace("_", "-")
        why = f"{most} of {what} with cheaper tokens are planned with"
        if machine.kind not in MOST_OF_KIND:
            why = f"{MOST_OPTIONS} machines with cheaper tokens are planned with"
        left.append((words_of(option), why))
    return [each for each in usable if each.machine.key in keys], left


def why_not(machine: Machine) -> str:
    """Why a machine is no candidate; "" where it is one."""
    price = machine.price
    if not can_be_ordered(machine):
        return "it can not be rented from this console"
    if price.stale:
        return "its price is too old; the page GPU prices reads a new one"
    if price.stock == NO_STOCK:
        return "it is out of stock"
    if isinstance(machine.speed, Unknown):
        return f"its speed is unknown: {machine.speed.reason}"
    if machine.kind not in RENTALS:
        return f"{machine.kind} is not planned by the hour"
    return ""


def can_be_ordered(machine: Machine) -> bool:
    """Whether this console rents it: pods, spot and workers of a connected cloud."""
    if machine.price.rentable:
        return True
    known = machine.price.source.lower() == CATALOG and machine.provider in provider_names()
    if machine.kind == SPOT:
        return known and machine.provider == spot_provider()
    return known and machine.kind == SERVERLESS


def words_of(option: PlanOption) -> str:
    """An option in a few words: 1× RTX 4090 fp8, runpod secure, on-demand."""
    machine = option.machine
    shape = f"{machine.gpu_count}× {machine.gpu_name} {machine.precision}"
    return f"{shape}, {machine.where.replace(SPOT, 'spot')}"


def stock_of(machine: Machine, *, most: int) -> int:
    """Replicas that are taken to be had at once, by the stock's word."""
    return min(most, MOST_IN_STOCK.get(machine.price.stock, most))


def stock_words(machine: Machine, *, most: int) -> str:
    """What that rests on, in words."""
    word = machine.price.stock
    if word in MOST_IN_STOCK:
        return f"{word}: at most {stock_of(machine, most=most)} at once is assumed"
    return f"{word or 'not told'}: as many as the limit ({most}) is assumed"


def candidate_of(
    option: PlanOption,
    question: ScheduleQuestion,
    *,
    start: datetime,
    running: int,
    rate: InterruptionRate | None,
) -> Candidate:
    """An option as the planner takes it; `rate` where it is spot."""
    machine = option.machine
    assert not isinstance(machine.speed, Unknown)
    serverless = machine.kind == SERVERLESS
    stock = stock_of(machine, most=question.replicas)
    return Candidate(
        key=machine.key,
        model=question.model,
        usd_per_hour=option.usd_per_hour,
        seconds=machine.speed.throughput.seconds,
        rental=RENTALS[machine.kind],
        hardware=f"{machine.gpu_count}× {machine.gpu_name}",
        load_seconds=machine.start_seconds,
        min_run_hours=1 if serverless else question.min_run,
        stock=max(stock, running),
        allowed=allowed_hours(question, start),
        interruptions_per_hour=Decimal(0) if rate is None else rate.per_hour,
        idle_seconds=IDLE_SECONDS if serverless else Decimal(0),
        running=running,
    )


def allowed_hours(question: ScheduleQuestion, start: datetime) -> tuple[bool, ...] | None:
    """Hour by hour whether anything may run; None where it always may."""
    if not question.allowed:
        return None
    return tuple(question.may_run((start + HOUR * t).hour) for t in range(question.hours))


def rate_of(machine: Machine, *, now: datetime) -> InterruptionRate | None:
    """How often spot is taken away; None for what is not spot."""
    if machine.kind != SPOT:
        return None
    return interruption_rate(machine.gpu_type_id, now=now)


def rate_words(rate: InterruptionRate | None) -> str:
    """How often, and how that is known; "" for what is not taken away."""
    if rate is None:
        return ""
    return f"{rate.per_hour:.3f} interruptions per pod-hour, {rate.source}"


def running_of(machine: Machine, running: Iterable[Running]) -> int:
    return sum(each.replicas for each in running if each.is_of(machine))


def age_words(observed_at: datetime, now: datetime) -> str:
    """How old a price is, and when it was read."""
    age = max(now - observed_at, timedelta())
    minutes = int(age.total_seconds()) // 60
    ago = f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"
    return f"{ago} old, read {observed_at:%Y-%m-%d %H:%M} UTC"
