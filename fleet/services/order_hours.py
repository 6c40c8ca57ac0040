"""The hours of an order: from what was typed to a schedule, its windows and their cost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from fleet.models import RentalKind
from fleet.schedule import (
    Schedule,
    Span,
    describe,
    hours_between,
    replica_seconds,
    windows,
)
from fleet.schedule.form_text import ScheduleRefused, ScheduleText, schedule_of
from fleet.schedule.hours import LONGEST_LEAD_SECONDS
from fleet.selectors.start_up import StartUp

if TYPE_CHECKING:
    from fleet.services.order_rules import OrderSpec

WEEK = timedelta(days=7)
HOUR = Decimal(3600)


@dataclass(frozen=True, slots=True)
class CostOfHours:
    """What an interval from now on costs.

    hours        [h] in which the windows rent, lead included
    usd          [USD] all replicas and the baseline, with their disks
    """

    words: str
    hours: Decimal
    usd: Decimal


@dataclass(frozen=True, slots=True)
class PlanHours:
    """The hours of a plan: what they are, the windows of 7 days, what they cost."""

    schedule: Schedule
    words: str
    start_up: StartUp
    windows: tuple[Span, ...]
    costs: tuple[CostOfHours, ...]
    usd_per_mean_day: Decimal  # of the next 7 days


def schedule_asked(spec: OrderSpec, *, lead_seconds: int = 0) -> Schedule | None:
    """The schedule that an order asks for; None for on-demand. Raises ScheduleRefused."""
    if spec.rental_kind != RentalKind.SCHEDULED:
        return None
    text = ScheduleText(
        days=spec.days,
        from_time=spec.from_time,
        to_time=spec.to_time,
        cron=spec.cron,
        window_hours=spec.window_hours,
        zone=spec.zone,
    )
    return schedule_of(
        text,
        inside=max(spec.replicas, 1),  # a wrong number has a sentence of its own
        baseline=spec.baseline_replicas,
        lead_seconds=min(lead_seconds, LONGEST_LEAD_SECONDS),
    )


def hour_faults(spec: OrderSpec) -> list[tuple[str, str]]:
    """Each wrong field of the rental and its hours, with a sentence."""
    if spec.rental_kind not in RentalKind.values:
        known = ", ".join(RentalKind.values)
        return [("rental_kind", f"Rental is {spec.rental_kind!r}; use one of {known}.")]
    try:
        schedule_asked(spec)
    except ScheduleRefused as refused:
        return list(refused.errors.items())
    return []


def plan_hours(
    spec: OrderSpec, *, start_up: StartUp, usd_per_replica_hour: Decimal, now: datetime
) -> PlanHours | None:
    """The hours of a plan with what they cost from `now` on; None for on-demand."""
    lead = start_up.lead_seconds if spec.is_ready_at_start else 0
    schedule = schedule_asked(spec, lead_seconds=lead)
    if schedule is None:
        return None

    def cost(words: str, start: datetime, end: datetime) -> CostOfHours:
        return CostOfHours(
            words=words,
            hours=hours_between(schedule, start, end) / HOUR,
            usd=replica_seconds(schedule, start, end) / HOUR * usd_per_replica_hour,
        )

    month = month_end(now)
    week = cost("the next 7 days", now, now + WEEK)
    return PlanHours(
        schedule=schedule,
        words=describe(schedule, now=now),
        start_up=start_up,
        windows=tuple(windows(schedule, now, now + WEEK)),
        costs=(
            cost("the rest of today, to 24:00 UTC", now, day_end(now)),
            week,
            cost(f"the rest of {now:%B}, UTC", now, month),
            cost(f"all of {month:%B}, UTC", month, month_end(month)),
        ),
        usd_per_mean_day=week.usd / 7,
    )


def day_end(now: datetime) -> datetime:
    """The midnight in UTC after `now`."""
    day = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=1)


def month_end(now: datetime) -> datetime:
    """The first instant of the UTC month after that of `now`."""
    first = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return (first + timedelta(days=32)).replace(day=1)
