"""Cells of a CSV of measurements: empty is unknown, nonsense is a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

# How sources write a precision. What is not here counts as not told: such a point stays
# a published fact with the source's own word in its note, and is nobody's neighbour.
PRECISION_WORDS = {
    **dict.fromkeys(("bf16", "bfloat16", "fp16", "float16", "16-bit"), "bf16"),
    **dict.fromkeys(("fp8", "fp8_e4m3", "fp8-dynamic"), "fp8"),
    **dict.fromkeys(("int8", "gptq-int8", "int8_w8a16", "w8a16", "w8a8"), "int8"),
    **dict.fromkeys(("int4", "awq", "gptq", "awq-int4", "gptq-int4", "gptq4"), "int4"),
    **dict.fromkeys(("autoround", "int4 (awq)", "w4a16", "ud-q4_k_m"), "int4"),
    **dict.fromkeys(("nvfp4", "fp4"), "nvfp4"),
    "mxfp4": "mxfp4",
}


class BadCell(Exception):
    """A field that cannot be read; becomes a Fault with its line."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field
        self.sentence = sentence


def precision(word: str) -> str:
    """Our word for a precision; "" where the source tells none, or one we do not know.

    >>> precision("bf16, fp8 kv"), precision("AWQ"), precision("Q9_K")
    ('bf16', 'int4', '')
    """
    plain = word.lower().split(",")[0].strip()
    if not plain:
        return ""
    begun = (ours for told, ours in PRECISION_WORDS.items() if plain.startswith(told))
    return PRECISION_WORDS.get(plain) or next(begun, "")


def text_of(row: Mapping[str, str], name: str) -> str:
    """A short text that must be there."""
    text = row.get(name, "").strip()
    if not text:
        raise BadCell(name, "it is empty.")
    if len(text) > 200:
        raise BadCell(name, f"it has {len(text):,} characters; at most 200.")
    return text


def link(row: Mapping[str, str], name: str) -> str:
    """An address of the web, or "" where the cell is empty."""
    address = row.get(name, "").strip()
    if address and not address.startswith(("https://", "http://")):
        raise BadCell(name, f"{address[:80]!r} is no address; it must begin with https://.")
    return address[:500]


def number(row: Mapping[str, str], name: str) -> float | None:
    """A finite number above 0, or None where the cell is empty."""
    text = row.get(name, "").strip()
    if not text:
        return None
    try:
        value = float(text)
    except ValueError:
        raise BadCell(name, f"{text[:40]!r} is no number.") from None
    if not (0 < value < 1e12):  # NaN fails this too
        raise BadCell(name, f"{text[:40]} is not a finite number above 0.")
    return value


def required(row: Mapping[str, str], name: str) -> float:
    """`number`, where an empty cell is a fault."""
    value = number(row, name)
    if value is None:
        raise BadCell(name, "it is empty.")
    return value


def whole(row: Mapping[str, str], name: str) -> int | None:
    """A whole number above 0, or None where the cell is empty."""
    value = number(row, name)
    if value is None:
        return None
    if value != int(value):
        raise BadCell(name, f"{row[name]} is not a whole number.")
    return int(value)


def whole_or_one(row: Mapping[str, str], name: str) -> int:
    """`whole`, where an empty cell and 0 both mean that there is no such splitting."""
    return 1 if row.get(name, "").strip() in ("", "0") else whole(row, name) or 1


def day(row: Mapping[str, str], name: str) -> date | None:
    """A day in ISO form, or None where the cell is empty."""
    text = row.get(name, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        raise BadCell(name, f"{text[:40]!r} is no day; write 2026-11-24.") from None
