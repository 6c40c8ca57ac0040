"""OpenRouter's answers as readings of ours. What can not be read is left out and counted.

Prices are strings in USD per token, with float noise such as 0.0000027500000000000004,
which is kept to the last digit. A price below 0 marks a router without one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from statistics import median
from typing import Any

AMOUNT = re.compile(r"[0-9]{1,5}(\.[0-9]{1,28})?([eE]-[0-9]{1,2})?", re.ASCII)
SLUG = re.compile(r"[~\w][\w.-]*/[\w.:-]+", re.ASCII)
MOST_ITEMS = 5_000
MOST_USD_PER_TOKEN = Decimal(1)
MOST_DECIMALS = 28
LONGEST_NAME = 80
# The text of the API says milliseconds, its example shows 0.25: no answer's middle is a
# first token within 20 ms or after 20 s, so what lies below is seconds.
SECONDS_BELOW = Decimal(20)
MILLE = Decimal(1000)
OTHER = "other"  # what the rankings sum up below their last place


@dataclass(frozen=True, slots=True)
class ModelReading:
    slug: str
    name: str
    hugging_face_id: str
    context_tokens: int | None
    launched_at: datetime | None


@dataclass(frozen=True, slots=True)
class EndpointReading:
    """One offer. Prices [USD / token], uptime [1], latency [s], throughput [tokens / s]."""

    provider: str
    tag: str
    quantization: str
    context_tokens: int | None
    prompt: Decimal
    cached_prompt: Decimal | None
    completion: Decimal
    discount: Decimal | None
    is_conditional: bool
    status: int | None
    uptime_30m: Decimal | None
    uptime_1d: Decimal | None
    latency_p50_seconds: Decimal | None
    throughput_p50: Decimal | None


@dataclass(frozen=True, slots=True)
class VolumeReading:
    slug: str
    day: date
    tokens: Decimal


def model_readings(told: Iterable[Any]) -> tuple[list[ModelReading], int]:
    """The models that can be read, one of each slug, and how many could not."""
    found: dict[str, ModelReading] = {}
    left_out = 0
    for item in list(told)[:MOST_ITEMS]:
        slug = _text(item, "id", 120)
        if not SLUG.fullmatch(slug):
            left_out += 1
            continue
        found.setdefault(
            slug,
            ModelReading(
                slug=slug,
                name=_text(item, "name", 160) or slug,
                hugging_face_id=_text(item, "hugging_face_id", 160),
                context_tokens=_whole(item.get("context_length")),
                launched_at=_instant(item.get("created")),
            ),
        )
    return list(found.values()), left_out


def endpoint_readings(told: Iterable[Any]) -> tuple[list[EndpointReading], int]:
    """The offers that have prices, one of each tag, and how many could not be read."""
    found: dict[str, EndpointReading] = {}
    items = [item for item in list(told)[:MOST_ITEMS] if isinstance(item, dict)]
    is_seconds = _latency_is_seconds(items)
    for item in items:
        reading = _endpoint(item, is_seconds=is_seconds)
        if reading is not None:
            found.setdefault(reading.tag, reading)
    return list(found.values()), len(items) - len(found)


def volume_readings(
    told: Iterable[Any], meta: Any, *, now: datetime
) -> tuple[list[VolumeReading], datetime]:
    """Tokens per model and day, and when the source made them (else `now`)."""
    found: dict[tuple[str, date], VolumeReading] = {}
    for item in list(told)[: MOST_ITEMS * 10]:
        slug, day = _text(item, "model_permaslug", 120), _day(item)
        tokens = item.get("total_tokens") if isinstance(item, dict) else None
        if slug == OTHER or not SLUG.fullmatch(slug) or day is None:
            continue
        if re.fullmatch(r"[0-9]{1,23}", str(tokens), re.ASCII):
            found[slug, day] = VolumeReading(slug, day, Decimal(str(tokens)))
    as_of = meta.get("as_of") if isinstance(meta, dict) else None
    return list(found.values()), _rfc3339(as_of) or now


def _endpoint(item: dict[str, Any], *, is_seconds: bool) -> EndpointReading | None:
    pricing = item.get("pricing")
    provider = _text(item, "provider_name", LONGEST_NAME)
    if not isinstance(pricing, dict) or not provider:
        return None
    prompt, completion = amount(pricing.get("prompt")), amount(pricing.get("completion"))
    if prompt is None or completion is None:
        return None
    quantization = _text(item, "quantization", 12)
    return EndpointReading(
        provider=provider,
        tag=_text(item, "tag", 120) or f"{provider}/{quantization}"[:120],
        quantization="" if quantization == "unknown" else quantization,
        context_tokens=_whole(item.get("context_length")),
        prompt=prompt,
        cached_prompt=amount(pricing.get("input_cache_read")),
        completion=completion,
        discount=_share(pricing.get("discount"), whole=1),
        is_conditional=bool(pricing.get("overrides")),
        status=_status(item.get("status")),
        uptime_30m=_share(item.get("uptime_last_30m"), whole=100),
        uptime_1d=_share(item.get("uptime_last_1d"), whole=100),
        latency_p50_seconds=_seconds(item, is_seconds=is_seconds),
        throughput_p50=_positive(_p50(item, "throughput_last_30m"), "0.01"),
    )


def amount(value: Any) -> Decimal | None:
    """A price [USD / token], every digit of it; None for what is none.

    >>> amount("0.0000027500000000000004"), amount("-1"), amount(2)
    (Decimal('0.0000027500000000000004'), None, None)
    """
    if not isinstance(value, str) or not AMOUNT.fullmatch(value):
        return None
    found = Decimal(value)
    exponent = found.normalize().as_tuple().exponent
    too_fine = isinstance(exponent, int) and -exponent > MOST_DECIMALS
    return None if found > MOST_USD_PER_TOKEN or too_fine else found


def _latency_is_seconds(items: list[dict[str, Any]]) -> bool:
    told = [each for item in items if (each := _p50(item, "latency_last_30m")) is not None]
    return bool(told) and median(told) < SECONDS_BELOW


def _seconds(item: dict[str, Any], *, is_seconds: bool) -> Decimal | None:
    told = _p50(item, "latency_last_30m")
    if told is None:
        return None
    return _positive(told if is_seconds else told / MILLE, "0.0001")


def _p50(item: dict[str, Any], name: str) -> Decimal | None:
    percentiles = item.get(name)
    return _number(percentiles.get("p50")) if isinstance(percentiles, dict) else None


def _positive(value: Decimal | None, step: str) -> Decimal | None:
    if value is None or not 0 < value < 100_000:
        return None
    return value.quantize(Decimal(step))


def _share(value: Any, *, whole: int) -> Decimal | None:
    """A share 0..1 of a number from 0 to `whole`."""
    number = _number(value)
    if number is None or not 0 <= number <= whole:
        return None
    return (number / whole).quantize(Decimal("0.000001"))


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return Decimal(value) if Decimal(value).is_finite() else None


def _status(value: Any) -> int | None:
    is_one = isinstance(value, int) and not isinstance(value, bool)
    return value if is_one and -1000 < value < 1000 else None


def _whole(value: Any) -> int | None:
    is_one = isinstance(value, int) and not isinstance(value, bool)
    return value if is_one and 0 < value < 2_000_000_000 else None


def _text(item: Any, name: str, most: int) -> str:
    value = item.get(name) if isinstance(item, dict) else None
    if not isinstance(value, str) or not value.isprintable():
        return ""
    return value[:most]


def _instant(value: Any) -> datetime | None:
    seconds = _whole(value)
    return None if seconds is None else datetime.fromtimestamp(seconds, tz=UTC)


def _day(item: Any) -> date | None:
    try:
        return date.fromisoformat(_text(item, "date", 10))
    except ValueError:
        return None


def _rfc3339(value: Any) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at.astimezone(UTC) if at is not None and at.tzinfo else None
