"""Which days and whose: what the address of a page of the books asks for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from economics.selectors.reconciliation_filter import MOST_CHARACTERS, read_day
from fleet.models import Deployment

DAYS_SHOWN = 30
MOST_DAYS = 92


@dataclass(frozen=True)
class Window:
    """UTC days [begin, end], both included, as they were written and as they are read;
    `fault`: a sentence with what could not be read."""

    first: str
    last: str
    begin: date
    end: date
    fault: str = ""


def read_window(address: Mapping[str, str], *, today: date, days: int) -> Window:
    """The days that an address asks for: `first` and `last`, or `day` for both; without a
    word the newest `days`, today included."""
    day, first, last = (
        address.get(name, "").replace("\x00", "").strip()[:MOST_CHARACTERS]
        for name in ("day", "first", "last")
    )
    first = day or first or f"{today - timedelta(days=days - 1)}"
    last = day or last or f"{today}"
    begin, end = read_day(first), read_day(last)
    fault = ""
    if begin is None or end is None:
        wrong = first if begin is None else last
        fault = f"Day is {wrong!r}; write it as 2026-03-04."
    elif end < begin:
        fault = f"The days end on {last}, before they begin on {first}; swap them."
    elif (end - begin).days >= MOST_DAYS:
        fault = f"{(end - begin).days + 1} days; ask for at most {MOST_DAYS}."
    return Window(first, last, begin or today, end or today, fault)


@dataclass(frozen=True)
class DayFilter:
    """The UTC days [begin, end], both included, of all deployments of one kind of money
    or of one; `fault`: what could not be read, and nothing is shown then."""

    first: str
    last: str
    slug: str
    simulated: bool
    begin: date
    end: date
    deployment: Deployment | None = None
    fault: str = ""

    @property
    def is_one_day(self) -> bool:
        return self.begin == self.end

    @property
    def deployment_id(self) -> int | None:
        return None if self.deployment is None else self.deployment.pk

    @classmethod
    def of(
        cls,
        address: Mapping[str, str],
        *,
        simulated: bool,
        today: date,
        choices: Iterable[Deployment],
    ) -> DayFilter:
        """From an address; `day` is short for first and last. A wrong word is named.

        choices  every deployment, of both kinds of money
        """
        window = read_window(address, today=today, days=DAYS_SHOWN)
        slug = address.get("deployment", "").replace("\x00", "").strip()[:MOST_CHARACTERS]
        deployment = next((each for each in choices if each.slug == slug), None)
        fault = window.fault
        if not fault and slug and deployment is None:
            fault = f"Deployment is {slug!r}; there is none of that name."
        return cls(
            first=window.first,
            last=window.last,
            slug=slug,
            simulated=simulated,
            begin=window.begin,
            end=window.end,
            deployment=deployment,
            fault=fault,
        )
