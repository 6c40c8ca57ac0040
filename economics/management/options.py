"""Options of commands as people type them."""

from __future__ import annotations

from datetime import date

from django.core.management.base import CommandError


def a_day(option: str, text: str) -> date:
    """A UTC day as it was typed. Raises CommandError for what is not one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{option} is {text!r}; write a day as 2026-03-01.") from None
