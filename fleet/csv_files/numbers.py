"""Numbers as people and spreadsheets write them: 1,234.50 and 1.234,50.

Which of the two marks begins the decimals is read from the number itself where only one
reading is possible. `1.234` alone has two; it takes the mark that another cell of the
same file shows beyond doubt, and is refused where none does. Nothing is guessed.
"""

from __future__ import annotations

import re
from decimal import Decimal

POINT, COMMA = ".", ","
BOTH = frozenset({POINT, COMMA})
MOST_DIGITS = 30
WHOLE = re.compile(r"-?[0-9]+", re.ASCII)
ONE_MARK = re.compile(r"-?([0-9]+)([.,])([0-9]+)", re.ASCII)
GROUPED = re.compile(
    r"-?[1-9][0-9]{0,2}(?:(?P<group>[.,])[0-9]{3})(?:(?P=group)[0-9]{3})*"
    r"(?:(?P<mark>[.,])[0-9]+)?",
    re.ASCII,
)


def possible_marks(text: str) -> frozenset[str]:
    """The decimal marks by which `text` is a number; none: it is no number.

    >>> sorted(possible_marks("1.234,50")), sorted(possible_marks("0.125"))
    ([','], ['.'])
    >>> sorted(possible_marks("1.234")), sorted(possible_marks("1.2.3"))
    ([',', '.'], [])
    """
    if len(text) > MOST_DIGITS:
        return frozenset()
    if WHOLE.fullmatch(text):
        return BOTH
    marks = set()
    one = ONE_MARK.fullmatch(text)
    if one:
        marks.add(one[2])
    grouped = GROUPED.fullmatch(text)
    if grouped and grouped["mark"] != grouped["group"]:
        marks |= BOTH - {grouped["group"]}
    return frozenset(marks)


def read_number(text: str, mark: str) -> Decimal:
    """The number that `text` is when its decimals begin with `mark`.

    `mark` must be one of its possible marks.

    >>> read_number("1.234,50", ",")
    Decimal('1234.50')
    """
    (group,) = BOTH - {mark}
    return Decimal(text.replace(group, "").replace(mark, POINT))
