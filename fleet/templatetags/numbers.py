"""How numbers look on a page: unit beside the digits, a true minus, "—" with a reason.

A figure that is None, or that says why it is unknown (it has a `reason`), is never
shown as 0. The filters round for the eye only; nothing here is stored.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()

SECONDS_OF_A_DAY = 86_400

MINUS = "−"
SCALES = ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "k"))


def reason_missing(value: Any) -> str | None:
    """Why there is no number to show; None where there is one."""
    if value is None or value == "":
        return "not known yet"
    reason = getattr(value, "reason", None)
    return None if reason is None else str(reason)


@register.filter
def missing(reason: str) -> SafeString:
    """A dash that says why: on hover, and in words to a screen reader."""
    return format_html(
        '<span class="missing" title="{0}"><span aria-hidden="true">—</span>'
        '<span class="visually-hidden">unknown: {0}</span></span>',
        reason,
    )


@register.filter
def reason(value: Any) -> str:
    """The reason of an unknown figure in words; empty for a known one."""
    return reason_missing(value) or ""


@register.filter
def known(value: Any) -> bool:
    """Whether there is a number. (An unknown figure refuses to be true or false.)"""
    return reason_missing(value) is None


@register.filter
def usd(value: Any, why: str = "") -> SafeString | str:
    """USD with two decimals: $1,234.50, −$4.10."""
    absent = reason_missing(value)
    return missing(why or absent) if absent else unbroken(money(Decimal(value)))


@register.filter
def usd_signed(value: Any, why: str = "") -> SafeString | str:
    """USD with its sign in front and its colour: +$1.20, −$4.10."""
    absent = reason_missing(value)
    if absent:
        return missing(why or absent)
    rounded = quantized(Decimal(value), "0.01")
    sign = "+" if rounded > 0 else ""
    css = "nowrap gain" if rounded > 0 else "nowrap loss" if rounded < 0 else ""
    return format_html('<span class="{}">{}{}</span>', css, sign, money(rounded))


@register.filter
def size(value: Decimal) -> Decimal:
    """An amount without its sign, where the words beside it say more or less."""
    return abs(value)


@register.filter
def usd_exact(value: Any, why: str = "") -> SafeString | str:
    """USD with two to six decimals: for ledger lines and prices per hour."""
    absent = reason_missing(value)
    return missing(why or absent) if absent else unbroken(money(Decimal(value), most=6))


@register.filter
def taken_off(value: Decimal) -> SafeString | str:
    """What is subtracted, with its sign: 3 -> −$3.00, and nothing of it is $0.00."""
    return usd_exact(Decimal(0) - value)


@register.filter
def usd_rate(value: Any, why: str = "") -> SafeString | str:
    """USD of a rate, two to four decimals. The caller writes the unit: /h, /1M tokens."""
    absent = reason_missing(value)
    return missing(why or absent) if absent else unbroken(money(Decimal(value), most=4))


@register.filter
def tokens(value: Any, why: str = "") -> SafeString | str:
    """A count in short: 1.24 M, with the exact number on hover."""
    absent = reason_missing(value)
    if absent:
        return missing(why or absent)
    exact = f"{Decimal(value):,.0f}"
    return format_html('<span title="{}">{}</span>', exact, compact(Decimal(value)))


def million_tokens(value: Decimal) -> str:
    """A large count as decisions write it: 98.4 M tokens."""
    return f"{value / 10**6:,.1f} M tokens"


@register.filter
def full_day_tokens(per_second: Any) -> str:
    """What so many tokens a second are in a full day: 365.4 M tokens; "" if not known."""
    if reason_missing(per_second):
        return ""
    return million_tokens(Decimal(per_second) * SECONDS_OF_A_DAY)


@register.filter
def exact(value: Any, why: str = "") -> SafeString | str:
    """A whole number with its thousands apart: 1,234,567."""
    absent = reason_missing(value)
    if absent:
        return missing(why or absent)
    return f"{Decimal(value):,.0f}".replace("-", MINUS)


@register.filter
def percent(value: Any, why: str = "") -> SafeString | str:
    """A fraction 0..1 as per cent with one decimal: 0.123 -> 12.3 %."""
    absent = reason_missing(value)
    if absent:
        return missing(why or absent)
    return per_cent(Decimal(str(value)) * 100)


@register.filter
def per_cent(value: Decimal) -> str:
    """A number of per cent with one decimal: 12.34 -> 12.3 %."""
    return f"{quantized(value, '0.1'):,f} %".replace("-", MINUS)


@register.filter
def hours(value: Any, why: str = "") -> SafeString | str:
    """Hours as people say them: 45 min, 19 h, 6.3 days."""
    absent = reason_missing(value)
    if absent:
        return missing(why or absent)
    count = Decimal(value)
    if count < 1:
        return f"{count * 60:.0f} min"
    if count < 96:
        return f"{count:.0f} h"
    return f"{count / 24:,.1f} days"


@register.filter
def duration(value: Any, why: str = "") -> SafeString | str:
    """Seconds, or a timedelta, in its two largest units: 4 min 12 s, 2 d 3 h."""
    absent = reason_missing(value)
    if absent:
        return missing(why or absent)
    seconds = value.total_seconds() if isinstance(value, timedelta) else float(value)
    return duration_words(seconds)


def duration_words(seconds: float) -> str:
    """The two largest units of a time span; below 10 s with a decimal.

    >>> duration_words(252), duration_words(0.44), duration_words(183600)
    ('4 min 12 s', '0.4 s', '2 d 3 h')
    """
    seconds = max(seconds, 0)
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    units = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
    parts: list[str] = []
    for size, word in units:
        count, whole = divmod(whole, size)
        if count or parts:
            parts.append(f"{count} {word}")
    return " ".join(part for part in parts[:2] if not part.startswith("0 "))


def unbroken(text: str) -> SafeString | str:
    """An amount whose minus stays on the line of its digits."""
    if not text.startswith(MINUS):
        return text
    return format_html('<span class="nowrap">{}</span>', text)


def money(value: Decimal, *, most: int = 2) -> str:
    """USD with 2 to `most` decimals, half up.

    >>> money(Decimal("-4.1")), money(Decimal("0.00548"), most=4)
    ('−$4.10', '$0.0055')
    """
    rounded = quantized(value, str(Decimal(1).scaleb(-most)))
    sign = MINUS if rounded < 0 else ""
    whole, _, decimals = f"{abs(rounded):,f}".partition(".")
    decimals = decimals.rstrip("0").ljust(2, "0")
    return f"{sign}${whole}.{decimals}"


def compact(value: Decimal) -> str:
    """A count with three digits and a scale, which a line never parts: 12.4 k, 1.24 M."""
    size = abs(value)
    for scale, letter in SCALES:
        if size >= scale:
            scaled = value / scale
            decimals = 2 if abs(scaled) < 10 else 1 if abs(scaled) < 100 else 0
            return f"{scaled:.{decimals}f}\u00a0{letter}".replace("-", MINUS)
    return f"{value:.0f}".replace("-", MINUS)


def quantized(value: Decimal, step: str) -> Decimal:
    """Half up to `step`; never a negative zero."""
    rounded = value.quantize(Decimal(step), rounding=ROUND_HALF_UP)
    return abs(rounded) if rounded.is_zero() else rounded


@register.filter
def sum_of(values: Iterable[int]) -> int:
    """The sum of some counts."""
    return sum(values)
