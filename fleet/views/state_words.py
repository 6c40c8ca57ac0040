"""What a state is called on a page."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class State:
    """`kind` picks colour and shape, `word` is what people read, `why` explains it."""

    kind: str
    word: str
    why: str = ""
