"""Whether new spending is stopped, by whom, and the words for it."""

from __future__ import annotations

from fleet.models import SpendingStop


def open_stop() -> SpendingStop | None:
    """The switch while it is pulled; None while money may be spent."""
    return SpendingStop.objects.filter(released_at__isnull=True).first()


def stop_words(stop: SpendingStop) -> str:
    """Who stopped new spending since when, and why, as a sentence."""
    why = f" ({stop.reason})" if stop.reason else ""
    return (
        f"new spending is stopped since {stop.pulled_at:%Y-%m-%d %H:%M} UTC by "
        f"{stop.pulled_by}{why}; an operator must release it first."
    )
