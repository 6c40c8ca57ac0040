"""Refused: what an operator asked for and can not have, a sentence per wrong field."""

from __future__ import annotations

from typing import Self


class Refused(Exception):
    """Nothing was changed. `errors` maps a field, or "" for none, to its sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(" ".join(line for lines in errors.values() for line in lines))

    @classmethod
    def because(cls, sentence: str, *, field: str = "") -> Self:
        """A refusal with one sentence."""
        return cls({field: [sentence]})
