"""What an address asks for: each parameter read once, every fault told at once.

    asked = Asked(request.GET)
    days = asked.take("days", a_whole_number(1, 366), default=30)
    asked.check()

A reader takes the text and gives the value, or raises ValueError with the rest of the
sentence "days is '0'; ...".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import TypeVar

from django.http import QueryDict

from economics.calc.months import read_month
from kerne_site.api.problems import Fault, Problem

T = TypeVar("T")
D = TypeVar("D")
Reader = Callable[[str], T]

DAY = re.compile(r"2[0-9]{3}-[0-9]{2}-[0-9]{2}", re.ASCII)
WHOLE = re.compile(r"-?[0-9]{1,9}", re.ASCII)
NUMBER = re.compile(r"-?[0-9]{1,9}(\.[0-9]{1,9})?", re.ASCII)
LONGEST_NAME = 120
SHOWN = 40  # characters of a value that are repeated in a sentence


def a_day(text: str) -> date:
    """A UTC day such as 2026-03-04."""
    right = "write a day such as 2026-03-04"
    if not DAY.fullmatch(text):
        raise ValueError(right)
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError(f"there is no such day; {right}") from None


def a_month(text: str) -> date:
    """The first day of a month such as 2026-03."""
    month = read_month(text)
    if month is None:
        raise ValueError("write a month such as 2026-03")
    return month


def a_whole_number(least: int, most: int) -> Reader[int]:
    """A whole number in [least, most]."""

    def read(text: str) -> int:
        if not WHOLE.fullmatch(text) or not least <= int(text) <= most:
            raise ValueError(f"write a whole number from {least} to {most}")
        return int(text)

    return read


def a_number(least: Decimal, most: Decimal) -> Reader[Decimal]:
    """A decimal number in [least, most], exact as written."""

    def read(text: str) -> Decimal:
        if not NUMBER.fullmatch(text) or not least <= Decimal(text) <= most:
            raise ValueError(f"write a number from {least:f} to {most:f}, such as 0.75")
        return Decimal(text)

    return read


def one_of(words: Sequence[str]) -> Reader[str]:
    """One of the words."""

    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"write one of: {', '.join(words)}")
        return text

    return read


def a_name(text: str) -> str:
    """A short text in one line, such as a slug or a GPU's name."""
    if not text or len(text) > LONGEST_NAME or not text.isprintable():
        raise ValueError(f"write 1 to {LONGEST_NAME} printable characters")
    return text


def a_flag(text: str) -> bool:
    """true or false."""
    if text not in ("true", "false"):
        raise ValueError("write true or false")
    return text == "true"


class Asked:
    """The parameters of one request."""

    def __init__(self, query: QueryDict) -> None:
        self._query = query
        self._known: list[str] = []
        self._faults: list[Fault] = []

    def take(self, name: str, read: Reader[T], *, default: D) -> T | D:
        """The value of a parameter; `default` where it is absent or wrong.

        What is wrong is told by `check`, so use no value before it.
        """
        self._known.append(name)
        given = self._query.getlist(name)
        if not given:
            return default
        if len(given) > 1:
            self.refuse(name, f"{name} is given {len(given)} times; write it once.")
            return default
        try:
            return read(given[0])
        except ValueError as wrong:
            self.refuse(name, f"{name} is {shown(given[0])}; {wrong}.")
            return default

    def need(self, name: str, read: Reader[T]) -> T:
        """The value of a parameter that has to be there.

        Raises the problem at once, with what is known to be wrong until then: call it
        after every `take`.
        """
        missing = object()
        value = self.take(name, read, default=missing)
        self.miss(name)
        self._raise_faults()
        assert value is not missing
        return value  # type: ignore[return-value]  # the default was just ruled out

    def miss(self, name: str) -> None:
        """Note that a parameter has to be given, where it is not."""
        if not self._query.getlist(name):
            self.refuse(name, f"{name} is missing; it has to be given.")

    def check_days(self, first: date, last: date, *, most: int) -> None:
        """Raise a Problem for days in the wrong order, or more than `most` of them."""
        if first > last:
            self.refuse(
                "from", f"from is {first}, after to ({last}); write an earlier day."
            )
        elif (last - first).days >= most:
            count = f"{(last - first).days + 1:,} days"
            self.refuse(
                "from", f"from {first} to {last} is {count}; ask for at most {most}."
            )
        self.check()

    def refuse(self, name: str, sentence: str) -> None:
        """Note what is wrong with a value, or with two values together."""
        self._faults.append(Fault(name, sentence))

    def refuse_all(self, errors: Mapping[str, Sequence[str]]) -> None:
        """Note the sentences by parameter, as a check of ours found them."""
        for name, sentences in errors.items():
            for sentence in sentences:
                self.refuse(name, sentence)

    def check(self) -> None:
        """Raise a Problem (400) with every fault, parameters nobody knows included."""
        known = ", ".join(self._known) or "none"
        for name in self._query:
            if name not in self._known:
                self.refuse(
                    name[:SHOWN],
                    f"{shown(name)} is no parameter of this address; it takes: {known}.",
                )
        self._raise_faults()

    def _raise_faults(self) -> None:
        if self._faults:
            sentences = " ".join(fault.detail for fault in self._faults[:5])
            raise Problem(400, sentences, errors=self._faults[:20])


def shown(text: str) -> str:
    """What was sent, in quotes and not longer than a line."""
    return repr(text if len(text) <= SHOWN else f"{text[:SHOWN]}…")
