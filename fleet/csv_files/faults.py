"""What is wrong with a file: one sentence, and each cell with what would be right.

FileRefused
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

SHOWN_FAULTS = 50
MOST_BYTES = 2_000_000  # what a page takes in unless an import says otherwise


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one cell, and what would be right. Line 1 is the header."""

    line: int
    column: str
    value: str
    wanted: str

    def __str__(self) -> str:
        if not self.column:
            return f"Line {self.line}: {self.wanted}"
        said = repr(self.value) if self.value else "empty"
        return f"Line {self.line}, {self.column} is {said}; {self.wanted}"


class FileRefused(Exception):
    """A file that is not taken in: one sentence, and the faults of its rows."""

    def __init__(self, sentence: str, faults: Sequence[Fault] = ()) -> None:
        self.sentence = sentence
        self.faults = tuple(faults[:SHOWN_FAULTS])
        self.fault_count = len(faults)
        super().__init__(" ".join([sentence, *map(str, self.faults)]))


def counted(faults: Sequence[Fault]) -> FileRefused:
    """The refusal of a file with these faults."""
    count = len(faults)
    words = f"{count:,} {'fault' if count == 1 else 'faults'}; nothing was imported."
    return FileRefused(words, faults)


def refuse_too_large(size: int, *, most: int = MOST_BYTES) -> None:
    """Raise FileRefused for a file of more than `most` bytes."""
    if size > most:
        raise FileRefused(
            f"The file has {size / 1e6:,.1f} MB; at most {most / 1e6:,.0f} MB are taken. "
            "Split it; nothing was imported."
        )
