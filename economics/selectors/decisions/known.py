"""A line of a page that shows what a number of Decide is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Known:
    """What it is, its value in words, the sum it is, and where it came from.

    anchor  that the number on Decide opens; "" where none does
    """

    name: str
    value: str
    how: str
    source: str
    as_of: datetime | None
    anchor: str = ""
