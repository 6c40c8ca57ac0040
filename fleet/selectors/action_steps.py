"""What the progress of an action is made of: stages, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass

from fleet.models import ActionResult


@dataclass(frozen=True, slots=True)
class Stage:
    """One step. `state` is done, now, ahead or failed; `reached` says how many pods."""

    name: str
    state: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """How an action ended, in a word and a sentence."""

    result: ActionResult
    outcome: str
