"""What a POST sends: one small JSON object of known members, every fault a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest

from kerne_site.api.asked import LONGEST_NAME, shown
from kerne_site.api.problems import Fault, Problem

LARGEST = 65_536  # bytes; a launch has some thirty short fields
LONGEST_TEXT = 2_000  # characters of one field
MOST_DIGITS = 30


def sent_object(request: HttpRequest, *, members: Sequence[str]) -> dict[str, Any]:
    """The body as an object with no other members than these.

    Raises a Problem: 413 for a large one, 400 for what is no such object.
    """
    try:
        raw = request.body
    except RequestDataTooBig:
        raw = b" " * (LARGEST + 1)
    if len(raw) > LARGEST:
        raise Problem(413, f"The body is larger than {LARGEST:,} bytes; send less.")
    try:
        found = json.loads(raw, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise Problem(
            400, f'The body is not JSON; send an object such as {{"{members[0]}": …}}.'
        ) from None
    if not isinstance(found, dict):
        raise Problem(400, f"The body is a JSON {word_of(found)}; send an object.")
    faults = [
        Fault(
            name_of(name), f"{shown(name)} is no member here; known: {', '.join(members)}."
        )
        for name in found
        if name not in members
    ]
    refuse_where(faults)
    return found


def text_of(body: Mapping[str, Any], name: str, *, example: str) -> str:
    """A text that has to be there. Raises a Problem (400)."""
    value = body.get(name)
    if not isinstance(value, str) or not value.isprintable() or not value:
        said = "missing" if value is None else _said(value)
        refuse_where([Fault(name, f"{name} is {said}; write a text such as {example}.")])
    assert isinstance(value, str)
    return value


def texts_of(body: Mapping[str, Any], name: str) -> dict[str, str]:
    """An object of texts, numbers and flags, as the texts that a form would send.

    Absent is empty. Raises a Problem (400). No value is repeated: it may be a key.
    """
    given = body.get(name, {})
    if not isinstance(given, dict):
        refuse_where([Fault(name, f"{name} is a JSON {word_of(given)}; send an object.")])
    faults, texts = [], {}
    for key, value in given.items():
        text, where = as_text(value), f"{name}.{name_of(key)}"
        if text is None or len(text) > LONGEST_TEXT or not text.isprintable():
            sentence = (
                f"{where} is a JSON {word_of(value)}; write a text in one line of at most "
                f"{LONGEST_TEXT:,} characters, a number, true or false."
            )
            faults.append(Fault(where, sentence))
        else:
            texts[key] = text
    refuse_where(faults)
    return texts


def names_of(body: Mapping[str, Any], name: str) -> list[str]:
    """A list of names of rows; absent is empty. Raises a Problem (400)."""
    given = body.get(name, [])
    if not isinstance(given, list):
        said = f"{name} is a JSON {word_of(given)}; send a list of names."
        refuse_where([Fault(name, said)])
    faults = []
    for n, each in enumerate(given):
        if isinstance(each, str) and _is_name(each):
            continue
        said = shown(each) if isinstance(each, str) else f"a JSON {word_of(each)}"
        right = f"write a name of 1 to {LONGEST_NAME} printable characters"
        faults.append(Fault(f"{name}.{n}", f"{name}.{n} is {said}; {right}."))
    refuse_where(faults)
    return list(given)


def name_of(key: str) -> str:
    """A member's name for an answer: JSON may hold half characters, which no text can."""
    return key[:40].encode("ascii", "replace").decode()


def refuse_where(faults: Sequence[Fault]) -> None:
    """Raise a Problem (400) with every fault; none is no problem."""
    if faults:
        sentences = " ".join(fault.detail for fault in faults[:5])
        raise Problem(400, f"{sentences} Nothing was changed.", errors=faults[:20])


def _is_name(text: str) -> bool:
    return bool(text.strip()) and len(text) <= LONGEST_NAME and text.isprintable()


def as_text(value: Any) -> str | None:
    """A value as a form sends it; None for one that has no such text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int):
        return str(value) if abs(value) < 10**MOST_DIGITS else None
    if isinstance(value, Decimal) and -MOST_DIGITS < value.adjusted() < MOST_DIGITS:
        return f"{value:f}"
    return None


def _said(value: Any) -> str:
    return (
        f"a text of {len(value)} characters" if isinstance(value, str) else word_of(value)
    )


def word_of(value: Any) -> str:
    names = ((bool, "flag"), (str, "text"), (list, "list"), (dict, "object"))
    return next((word for kind, word in names if isinstance(value, kind)), "number or null")


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")
