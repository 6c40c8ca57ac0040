"""How many tokens the world asks for: a deterministic demand over UTC time.

Used by the replay engine for its counters and by the simulated past of the demo, so that
both tell the same story. Integers only: the same seed gives the same tokens everywhere.

Synthetic: the day's shape and the weekend's dip are assumptions, not measurements.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from hashlib import blake2b
from typing import Protocol

SLOT_MICROSECONDS = 600 * 1_000_000
DAY_SLOTS = 144
SLOTS_PER_HOUR = 6
MILLE = 1000
MILLION = 1_000_000
ARRIVAL_SCALE = SLOT_MICROSECONDS * SLOTS_PER_HOUR * MILLE**3

# Weight of each UTC hour in thousandths of the mean; they add up to 24,000.
HOUR_WEIGHTS = (
    *(760, 660, 580, 530, 520, 560, 660, 810, 960, 1080, 1160, 1210),
    *(1250, 1310, 1370, 1400, 1390, 1350, 1290, 1220, 1140, 1030, 930, 830),
)
WEEKDAY_WEIGHT, WEEKEND_WEIGHT = 1050, 875  # (5 x 1050 + 2 x 875) / 7 = 1000
NOISE = 120  # each slot differs by up to 12 % of its expected demand


@dataclass(frozen=True)
class Tokens:
    """Token counts by the class they are priced in."""

    uncached_prompt: int = 0
    cached_prompt: int = 0
    completion: int = 0

    @property
    def prompt(self) -> int:
        """All prompt tokens, cached ones included, as vLLM counts them."""
        return self.uncached_prompt + self.cached_prompt

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.uncached_prompt + other.uncached_prompt,
            self.cached_prompt + other.cached_prompt,
            self.completion + other.completion,
        )

    def __sub__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.uncached_prompt - other.uncached_prompt,
            self.cached_prompt - other.cached_prompt,
            self.completion - other.completion,
        )


class Demand(Protocol):
    """What an engine is asked for. Additive: between(a, b) + between(b, c) is
    between(a, c), however time is cut."""

    def between(self, start: datetime, end: datetime) -> Tokens: ...


@dataclass(frozen=True)
class DemandParams:
    """The mean demand that a replica meets.

    prompt_tokens_per_hour      [tokens/h], cached ones included, mean over a week
    completion_tokens_per_hour  [tokens/h], mean over a week
    cached_share_millionths     cached part of the prompt tokens, 0..1,000,000
    seed                        any text; another seed, another noise
    """

    prompt_tokens_per_hour: int
    completion_tokens_per_hour: int
    cached_share_millionths: int = 0
    seed: str = "0"

    def __post_init__(self) -> None:
        for name in ("prompt_tokens_per_hour", "completion_tokens_per_hour"):
            if not 0 <= getattr(self, name) <= 10**12:
                raise ValueError(f"{name} must be 0 to 10^12, got {getattr(self, name)}")
        if not 0 <= self.cached_share_millionths <= MILLION:
            share = self.cached_share_millionths / MILLION
            raise ValueError(f"cached_share must be 0 to 1, got {share}")

    def between(self, start: datetime, end: datetime) -> Tokens:
        """Tokens asked for in [start, end)."""
        return demand_between(start, end, self)


def parse_demand(text: str) -> DemandParams:
    """DemandParams from ``prompt_tokens_per_hour=..,completion_tokens_per_hour=..``.

    Also ``cached_share`` (0 to 1, default 0) and ``seed`` (default "0"). ValueError with a
    sentence that names the part that is wrong.
    """
    given: dict[str, str] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"demand: {part!r} should read name=value")
        given[name.strip()] = value.strip()
    known = {"prompt_tokens_per_hour", "completion_tokens_per_hour", "cached_share", "seed"}
    if unknown := set(given) - known:
        raise ValueError(f"demand: {sorted(unknown)} unknown; known are {sorted(known)}")
    try:
        return DemandParams(
            prompt_tokens_per_hour=int(given.get("prompt_tokens_per_hour", "0")),
            completion_tokens_per_hour=int(given.get("completion_tokens_per_hour", "0")),
            cached_share_millionths=_millionths(given.get("cached_share", "0")),
            seed=given.get("seed", "0"),
        )
    except ValueError as error:
        raise ValueError(f"demand: {error}") from error


def demand_between(start: datetime, end: datetime, params: DemandParams) -> Tokens:
    """Tokens asked for in [start, end), both aware.

    Additive: demand(a, b) + demand(b, c) == demand(a, c), however time is cut. Within a
    slot of ten minutes tokens arrive evenly, each class rounded down by itself.
    """
    uncached = cached = completion = 0
    for slot, begin, finish in _slots(_microseconds(start), _microseconds(end)):
        whole = _slot_amounts(slot, params)
        uncached += _arrived(whole[0], finish) - _arrived(whole[0], begin)
        cached += _arrived(whole[1], finish) - _arrived(whole[1], begin)
        completion += _arrived(whole[2], finish) - _arrived(whole[2], begin)
    return Tokens(uncached, cached, completion)


def _slots(start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """The slots that [start, end) touches: index, and the part of it [begin, finish)."""
    slot = start // SLOT_MICROSECONDS
    while slot * SLOT_MICROSECONDS < end:
        opens = slot * SLOT_MICROSECONDS
        yield slot, max(0, start - opens), min(SLOT_MICROSECONDS, end - opens)
        slot += 1


def _slot_amounts(slot: int, params: DemandParams) -> tuple[int, int, int]:
    """Uncached, cached and completion tokens of an hour like this slot, times 10^9."""
    weight = _weight(slot, params.seed)
    prompt = params.prompt_tokens_per_hour * weight
    cached = prompt * params.cached_share_millionths // MILLION
    return prompt - cached, cached, params.completion_tokens_per_hour * weight


def _arrived(amount: int, microseconds: int) -> int:
    """Tokens of a slot's first `microseconds`, rounded down."""
    return amount * microseconds // ARRIVAL_SCALE


def _weight(slot: int, seed: str) -> int:
    """Demand of the slot relative to the mean hour, times 10^9."""
    day, slot_of_day = divmod(slot, DAY_SLOTS)
    weekend = (day + 3) % 7 >= 5  # 1970-01-01 was a Thursday, weekday 3
    digest = blake2b(f"{seed}:{slot}".encode(), digest_size=4).digest()
    noise = MILLE - NOISE + int.from_bytes(digest, "big") % (2 * NOISE + 1)
    by_day = WEEKEND_WEIGHT if weekend else WEEKDAY_WEIGHT
    return HOUR_WEIGHTS[slot_of_day // SLOTS_PER_HOUR] * by_day * noise


def _microseconds(moment: datetime) -> int:
    """Exact microseconds since 1970; float timestamps would lose the last digits."""
    if moment.tzinfo is None:
        raise ValueError(f"a time with its zone is needed, got {moment.isoformat()}")
    since = moment - datetime.fromisoformat("1970-01-01T00:00:00+00:00")
    return (since.days * 86_400 + since.seconds) * MILLION + since.microseconds


def _millionths(text: str) -> int:
    whole, _, fraction = text.partition(".")
    if not (whole + fraction).isdigit() or len(fraction) > 6:
        raise ValueError(f"cached_share must be 0 to 1 with up to 6 decimals, got {text!r}")
    return int(whole or "0") * MILLION + int(fraction.ljust(6, "0"))
