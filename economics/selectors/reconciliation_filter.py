"""What of the reconciliation is asked for by an address: days, pod, deployment, state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from economics.selectors.reconciliation import Asked, State
from fleet.models import Deployment, Pod

DAYS_SHOWN = 7
MOST_DAYS = 92
MOST_CHARACTERS = 120


@dataclass(frozen=True)
class Filter:
    """The words of the form, what they ask for, and what could not be read of them.

    asked  None where something could not be read: nothing is shown then
    """

    first: str
    last: str
    deployment: str
    pod: str
    state: str
    simulated: bool
    asked: Asked | None
    fault: str = ""

    @property
    def is_one_day(self) -> bool:
        return self.asked is not None and self.asked.first == self.asked.last

    @classmethod
    def of(cls, address: Mapping[str, str], *, simulated: bool, today: date) -> Filter:
        """From an address; `day` is short for first and last. A wrong word is named."""
        day, first, last, deployment, pod, state = (
            address.get(name, "").replace("\x00", "").strip()[:MOST_CHARACTERS]
            for name in ("day", "first", "last", "deployment", "pod", "state")
        )
        first, last = day or first, day or last
        words = {
            "first": first or f"{today - timedelta(days=DAYS_SHOWN - 1)}",
            "last": last or f"{today}",
            "deployment": deployment,
            "pod": pod,
            "state": state,
            "simulated": simulated,
        }
        fault, asked = _read(**words)  # type: ignore[arg-type]
        return cls(**words, asked=asked, fault=fault)  # type: ignore[arg-type]


def _read(
    *, first: str, last: str, deployment: str, pod: str, state: str, simulated: bool
) -> tuple[str, Asked | None]:
    """(a sentence, None) or ("", what is asked)."""
    begin, end = read_day(first), read_day(last)
    if begin is None or end is None:
        wrong = first if begin is None else last
        return f"Day is {wrong!r}; write it as 2026-03-04.", None
    if end < begin:
        return f"The days end on {last}, before they begin on {first}; swap them.", None
    if (end - begin).days >= MOST_DAYS:
        return f"{(end - begin).days + 1} days; ask for at most {MOST_DAYS}.", None
    if state and state not in list(State):
        return f"State is {state!r}; choose one of {', '.join(State)}.", None
    owner = Deployment.objects.filter(slug=deployment).first() if deployment else None
    if deployment and owner is None:
        return f"Deployment is {deployment!r}; there is none of that name.", None
    rented = Pod.objects.filter(name=pod).first() if pod else None
    if pod and rented is None:
        return f"Pod is {pod!r}; no row of ours has that name.", None
    return "", Asked(
        first=begin,
        last=end,
        simulated=simulated,
        deployment_id=None if owner is None else owner.pk,
        pod_id=None if rented is None else rented.pk,
        state=state,
    )


def read_day(text: str) -> date | None:
    """A day in [0002-01-01, 9998-12-31], so that its neighbours exist; None: no day."""
    try:
        day = date.fromisoformat(text) if len(text) == 10 and text.isascii() else None
    except ValueError:
        return None
    return day if day is not None and 1 < day.year < 9999 else None
