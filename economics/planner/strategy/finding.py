"""What was found about a claim: a verdict, the figure of today, and the arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a claim stands, worst first."""

    IMPOSSIBLE = "impossible"  # it cannot be done
    INCONSISTENT = "inconsistent"  # the plan's own numbers say otherwise
    WRONG = "wrong"  # today's figures say otherwise
    STALE = "stale"  # it was so; prices have moved
    UNPROVEN = "unproven"  # nothing here can tell
    HOLDS = "holds"


@dataclass(frozen=True, slots=True)
class Finding:
    """One claim beside what is computed today.

    key         names the claim within its plan
    claim       as the plan states it
    today       what is computed, with its unit
    arithmetic  the steps, one line each
    sources     where the figures come from, with their day
    """

    key: str
    section: str
    claim: str
    verdict: Verdict
    today: str
    arithmetic: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
