"""Scheduled hours, as plain calculation: no table, no clock, no settings."""

from fleet.schedule.hours import (
    Change,
    Schedule,
    hours_between,
    mean_hours_per_day,
    next_change,
    next_window,
    off_market_at,
    rented,
    replica_seconds,
    wanted_at,
    windows,
)
from fleet.schedule.spans import Span
from fleet.schedule.starts import ScheduleInvalid
from fleet.schedule.words import describe, describe_hours

__all__ = [
    "Change",
    "Schedule",
    "ScheduleInvalid",
    "Span",
    "describe",
    "describe_hours",
    "hours_between",
    "mean_hours_per_day",
    "next_change",
    "next_window",
    "off_market_at",
    "rented",
    "replica_seconds",
    "wanted_at",
    "windows",
]
