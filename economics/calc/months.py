"""Months of the books: their first days, and how an address or a form writes them."""

from __future__ import annotations

from datetime import date, timedelta

MONTH_LENGTH = 7  # 2026-03


def read_month(text: str) -> date | None:
    """The first day of a month written as 2026-03; None when it is none.

    One that has a month before and after it, so that both can be linked to.
    """
    plain = len(text) == MONTH_LENGTH and text.isascii()
    try:
        day = date.fromisoformat(f"{text}-01") if plain else None
    except ValueError:
        return None
    return day if day is not None and 1 < day.year < 9998 else None


def first_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return first_of(month.replace(day=1) + timedelta(days=31))
