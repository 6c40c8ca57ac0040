"""What the progress of an action is made of: stages, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fleet.models import ActionResult


@dataclass(frozen=True, slots=True)
class Stage:
    """One step. `state` is done, now, ahead or failed; `detail` says how many pods.

    seconds  [s] so far, of the pod that took longest; None where no pod's is known
    usd      [USD] so far, of all pods; None where nothing of it was billed or is known
    unknown  why there are no figures though it is over; "" elsewhere
    """

    name: str
    state: str
    detail: str = ""
    seconds: float | None = None
    usd: Decimal | None = None
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class End:
    """How an action ended, in a word and a sentence."""

    result: ActionResult
    outcome: str
