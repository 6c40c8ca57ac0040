"""Audit rows as they are asked for: by who, verb, target and UTC day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import QuerySet

from fleet.models import AuditEntry, AuditSeal

MOST_CHARACTERS = 120


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What is asked for; an empty text asks for all. `fault`: what could not be read."""

    who: str = ""
    verb: str = ""
    target: str = ""
    day: str = ""
    fault: str = ""

    @classmethod
    def of(cls, address: Mapping[str, str]) -> AuditFilter:
        """From an address; a day that is none is named and asks for nothing."""
        who, verb, target, day = (
            address.get(name, "").replace("\x00", "").strip()[:MOST_CHARACTERS]
            for name in ("who", "verb", "target", "day")
        )
        fault = ""
        if day and _day(day) is None:
            fault = f"Day is {day!r}; write it as 2026-03-04."
        return cls(who, verb, target, day, fault)

    @property
    def is_empty(self) -> bool:
        return not (self.who or self.verb or self.target or self.day)

    def rows(self) -> QuerySet[AuditEntry]:
        """What matches, newest first; names and targets by any part, days whole."""
        found = AuditEntry.objects.select_related("seal")
        if self.fault:
            return found.none()
        if self.who:
            found = found.filter(acting_user__icontains=self.who)
        if self.verb:
            found = found.filter(verb=self.verb)
        if self.target:
            found = found.filter(target__icontains=self.target)
        day = _day(self.day)
        if day is not None:
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            found = found.filter(at__gte=start, at__lt=start + timedelta(days=1))
        return found


def _day(text: str) -> date | None:
    """A day in [0001-01-02, 9999-12-30]: its neighbours exist too."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 and text.isascii() else None
    except ValueError:
        return None
    return day if day is not None and 1 < day.year < 9999 else None


def known_verbs() -> list[str]:
    return list(
        AuditEntry.objects.order_by("verb").values_list("verb", flat=True).distinct()
    )


def last_seal() -> AuditSeal | None:
    return AuditSeal.objects.order_by("-position").first()
