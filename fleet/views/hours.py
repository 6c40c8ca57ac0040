"""Scheduled hours on a deployment's page: words, next change, a strip of 7 days."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from fleet.models import Deployment
from fleet.schedule import Change, Span, describe_hours, next_change, windows
from fleet.schedule.form_text import CHOICES
from fleet.schedule.starts import zone_names
from fleet.schedule.words import distance, stamp, what_comes
from fleet.selectors.market_ready import MarketReadiness, market_readiness

DAYS_SHOWN = 7


@dataclass(frozen=True)
class Bar:
    """A window on the strip, in percent of its width, and what its title says."""

    left_percent: Decimal
    width_percent: Decimal
    text: str


@dataclass(frozen=True)
class HoursShown:
    words: str
    what_comes: str
    change: Change | None
    bars: list[Bar]
    days: list[str]
    market: MarketReadiness


def hours_shown(deployment: Deployment, *, now: datetime) -> HoursShown | None:
    """What the page says of the hours; None where it always rents."""
    schedule = deployment.schedule
    if schedule is None or not deployment.replicas:
        return None
    start, end = week_of(now)
    return HoursShown(
        words=describe_hours(schedule),
        what_comes=what_comes(schedule, now=now),
        change=next_change(schedule, now),
        bars=bars(windows(schedule, start, end), start=start, end=end),
        days=[f"{start + timedelta(days=n):%a %d}" for n in range(DAYS_SHOWN)],
        market=market_readiness(deployment, now=now),
    )


def hours_choices() -> dict[str, object]:
    """The lists of the order form's fields for the hours."""
    return {
        "days_choices": CHOICES,
        "start_choices": [
            ("no", "rent at the start, ready some minutes later"),
            ("yes", "rent earlier, ready at the start"),
        ],
        "zones": zone_names(),
    }


def week_of(now: datetime) -> tuple[datetime, datetime]:
    """The UTC day of `now` and the six that follow."""
    start = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return start, start + timedelta(days=DAYS_SHOWN)


def bars(spans: Iterable[Span], *, start: datetime, end: datetime) -> list[Bar]:
    """The windows of [start, end) as parts of its width."""
    whole = Span(start, end).seconds
    return [
        Bar(
            left_percent=percent(Span(start, each.start).seconds / whole),
            width_percent=percent(each.seconds / whole),
            text=f"{stamp(each.start)} to {stamp(each.end)}, "
            f"{distance(each.end - each.start)}",
        )
        for each in spans
    ]


def percent(share: Decimal) -> Decimal:
    return (share * 100).quantize(Decimal("0.001"))
