"""When vLLM began and finished loading the weights, by the lines of a pod's log.

The lines are those of vLLM 0.32's own source; a test looks them up where it is installed.
A line's instant is the one that the provider gave it, not the engine's own clock.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

BEGINS = re.compile(r"Starting to load model ")
# One line a GPU; the last one counts. The CPU's runner says only the second one.
ENDS = re.compile(r"Model loading took |Loading weights took ")


class WeightTimes(NamedTuple):
    """[began, ended) of the weights, download included; None where no line tells."""

    began: datetime | None
    ended: datetime | None


def weight_times(lines: Iterable[tuple[datetime | None, str]]) -> WeightTimes:
    """From lines (instant, text), oldest first; of several loads the last one.

    A line without an instant tells nothing.
    """
    began: datetime | None = None
    ended: datetime | None = None
    for at, text in lines:
        if at is None:
            continue
        if BEGINS.search(text) and (began is None or ended is not None):
            began, ended = at, None  # the first GPU of a load, or a load after a restart
        elif ENDS.search(text):
            ended = at
    return WeightTimes(began, ended)
