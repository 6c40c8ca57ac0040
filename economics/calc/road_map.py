"""The founding plan's steps in time, and where each of them stands. See docs/decide.md"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

WEEK, MONTH = 7, 30


class StepState(StrEnum):
    """DONE: it happened. AHEAD: it happened before its conditions were met. DUE: nothing
    stands against it. WAITING: something does. LATER: its time has not come."""

    DONE = "done"
    AHEAD = "done early"
    DUE = "due"
    WAITING = "waiting"
    LATER = "later"


@dataclass(frozen=True, slots=True)
class RoadStep:
    """A step of the plan. begins, ends: days after the first one; ends None: open."""

    key: str
    title: str
    when: str
    begins: int
    ends: int | None


STEPS = (
    RoadStep("tier-1", "Rent tier 1: a small model on one GPU", "today", 0, 0),
    RoadStep("earn", "Be listed and let tier 1 earn", "week 1", 0, WEEK),
    RoadStep("watch", "Watch the demand for a large model", "week 2 to 4", WEEK, 4 * WEEK),
    RoadStep("tier-2", "Run it at scheduled hours", "month 2", MONTH, 2 * MONTH),
    RoadStep("dedicated", "Run it around the clock", "month 3 and later", 2 * MONTH, None),
)


@dataclass(frozen=True, slots=True)
class Placed:
    """A step on the calendar with its state, and what is missing for it."""

    step: RoadStep
    begins_on: date
    ends_on: date | None
    state: StepState
    missing: tuple[str, ...]
    facts: tuple[str, ...] = ()


def placed(
    step: RoadStep,
    *,
    first_day: date,
    today: date,
    is_done: bool,
    missing: Sequence[str],
    facts: Sequence[str] = (),
) -> Placed:
    """A step as it stands on `today`, given the day of the first step.

    missing  sentences of what stands against it; a step that is done in spite of them
             is ahead of its gates
    """
    begins = first_day + timedelta(days=step.begins)
    ends = None if step.ends is None else first_day + timedelta(days=step.ends)
    if is_done:
        state = StepState.AHEAD if missing else StepState.DONE
    elif today < begins:
        state = StepState.LATER
    else:
        state = StepState.WAITING if missing else StepState.DUE
    return Placed(step, begins, ends, state, tuple(missing), tuple(facts))


def next_step(steps: Sequence[Placed]) -> Placed | None:
    """The first step that did not happen; None when all did."""
    done = (StepState.DONE, StepState.AHEAD)
    return next((each for each in steps if each.state not in done), None)
