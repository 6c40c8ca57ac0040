"""Offers in a CSV file: every bad row named."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from fleet.csv_files import Column, Fault, Row, name_repeats, read_sheet
from fleet.csv_files.reader import LONGEST_CELL
from fleet.market.gpu_names import canonical, known_memory_gb
from fleet.market.reading import KINDS, OfferReading, per_gpu, per_hour

MOST_ROWS = 5_000
MOST_GPUS = 128
MOST_USD_PER_GPU_HOUR = Decimal(1_000)
PRICES = ("usd_per_gpu_hour", "usd_per_instance_hour", "usd_per_gpu_second")
REQUIRED = ("provider", "gpu", "kind", "observed_on")
COLUMNS = (
    *("provider", "product", "gpu", "gpu_memory_gb", "gpu_count", "max_count", "kind"),
    *("cloud", "region", "billing_unit", *PRICES, "observed_on", "source_url", "note"),
)
LONGEST = {"provider": 20, "product": 120, "gpu": 80, "region": 60}
LONGEST |= {"source_url": 200, "note": 200}
KIND_WORDS = {kind: kind for kind in KINDS} | {
    "on-demand": "on_demand",
    "spot": "interruptible",
    "reserved": "savings_plan",
}
UNITS = ("", "second", "minute", "hour")
CLOUDS = ("", "SECURE", "COMMUNITY")
WHOLE = re.compile(r"[0-9]{1,6}", re.ASCII)
PROVIDER = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)
SHEET = tuple(
    Column(
        name,
        needed=name in REQUIRED,
        number=name in PRICES,
        longest=LONGEST.get(name, LONGEST_CELL),
    )
    for name in COLUMNS
)


@dataclass(frozen=True, slots=True)
class ParsedOffers:
    """The rows of a file, oldest first, and its faults. With a fault nothing is taken.

    lines  of `rows`, one each
    """

    rows: tuple[OfferReading, ...]
    faults: tuple[Fault, ...]
    lines: tuple[int, ...] = ()


def parse_offers(content: bytes, *, now: datetime) -> ParsedOffers:
    """The offers of a file. Never raises: what can not be read is a fault.

    now  nothing may have been observed later than this
    """
    sheet = read_sheet(content, SHEET, most_rows=MOST_ROWS)
    if sheet.rows and not any(name in sheet.rows[0].cells for name in PRICES):
        fault = Fault(1, "", "", f"one of {', '.join(PRICES)} is missing.")
        return ParsedOffers((), (fault,))
    readings = [(row, _reading(row, now=now)) for row in sheet.rows]
    found = [(row, reading) for row, reading in readings if reading is not None]
    name_repeats(
        ((row, (reading.key, reading.observed_at)) for row, reading in found),
        "observed_on",
        "line {line} has the same offer of that day.",
    )
    found.sort(key=lambda each: each[1].observed_at)
    return ParsedOffers(
        tuple(reading for _, reading in found),
        sheet.faults,
        tuple(row.line for row, _ in found),
    )


def _reading(row: Row, *, now: datetime) -> OfferReading | None:
    """The offer of a row; None when its faults say why not."""
    provider = row.text("provider").lower()
    if not PROVIDER.fullmatch(provider):
        row.fault("provider", "write small letters, digits and dashes, such as aws.")
    if not row.text("gpu"):
        row.fault("gpu", "write the GPU, such as H100 SXM.")
    kind = row.one_of("kind", KIND_WORDS) or ""
    cloud = row.text("cloud").upper()
    if cloud not in CLOUDS:
        row.fault("cloud", "write SECURE, COMMUNITY or nothing.")
    unit = row.text("billing_unit").lower()
    if unit not in UNITS:
        row.fault("billing_unit", "write second, minute, hour or nothing.")
    gpu_count = _whole(row, "gpu_count", default=1)
    max_count = _whole(row, "max_count", default=gpu_count)
    if max_count < gpu_count:
        row.fault("max_count", f"write {gpu_count} or more, the gpu_count of a unit.")
    memory = _whole(row, "gpu_memory_gb", default=0)
    gpu_type_id = canonical(
        row.text("gpu"),
        memory_gb=memory or None,
        provider=provider,
        product=row.text("product"),
    )
    if not memory:
        memory = known_memory_gb(gpu_type_id) or 0
        if not memory and not row.faults:
            row.fault("gpu_memory_gb", "write it, because the GPU is not one we know.")
    url = row.text("source_url")
    if url and not url.startswith(("https://", "http://")):
        row.fault("source_url", "write an address that begins with https://.")
    observed = _observed(row, now=now)
    prices = _prices(row, gpu_count=gpu_count, kind=kind)
    if row.faults or prices is None or observed is None:
        return None
    usd_per_gpu_hour, usd_per_instance_hour = prices
    return OfferReading(
        provider=provider,
        product=row.text("product"),
        gpu_name=row.text("gpu"),
        gpu_type_id=gpu_type_id,
        memory_gb=memory,
        gpu_count=gpu_count,
        max_count=max_count,
        kind=kind,
        cloud=cloud,
        region=row.text("region"),
        billing_unit=unit,
        usd_per_gpu_hour=usd_per_gpu_hour,
        usd_per_instance_hour=usd_per_instance_hour,
        observed_at=observed,
        source_url=url,
        note=row.text("note"),
    )


def _whole(row: Row, column: str, *, default: int) -> int:
    text = row.text(column)
    if not text:
        return default
    if not WHOLE.fullmatch(text) or not 1 <= int(text) <= _MOST[column]:
        row.fault(column, f"write a whole number from 1 to {_MOST[column]:,}.")
        return default
    return int(text)


_MOST = {"gpu_count": MOST_GPUS, "max_count": MOST_GPUS, "gpu_memory_gb": 2_000}


def _observed(row: Row, *, now: datetime) -> datetime | None:
    text = row.text("observed_on")
    try:
        if len(text) == 10:
            day = date.fromisoformat(text)
            at = datetime(day.year, day.month, day.day, tzinfo=UTC)
        else:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
        at = at.astimezone(UTC)
    except (ValueError, OverflowError):
        row.fault("observed_on", "write the day of the price, such as 2026-11-09.")
        return None
    if at > now:
        row.fault("observed_on", "that day has not come; write when it was read.")
        return None
    if at.year < 2015:
        row.fault("observed_on", "write a day from 2015 on.")
        return None
    return at


def _prices(
    row: Row, *, gpu_count: int, kind: str
) -> tuple[Decimal, Decimal | None] | None:
    """(USD per GPU-hour, USD per instance-hour or None) from the one price of a row."""
    given = [column for column in PRICES if row.text(column)]
    if len(given) != 1:
        row.fault(given[1] if given else PRICES[0], f"give one of {', '.join(PRICES)}.")
        return None
    (column,) = given
    amount = _amount(row, column)
    if amount is None:
        return None
    if column == "usd_per_gpu_second":
        if kind != "serverless":
            row.fault(column, "a price per second is for serverless; give USD per hour.")
            return None
        amount = per_hour(amount)
    elif column == "usd_per_instance_hour":
        if gpu_count == 1:
            return (amount, None)
        return (per_gpu(amount, gpu_count), amount)
    if gpu_count > 1:
        return (amount, amount * gpu_count)
    return (amount, None)


def _amount(row: Row, column: str) -> Decimal | None:
    most = MOST_USD_PER_GPU_HOUR * (MOST_GPUS if column == PRICES[1] else 1)
    # 6 decimals a second are 4 an hour: what is stored is exactly what was quoted.
    decimals = 6 if column == "usd_per_gpu_second" else 4
    wanted = f"write USD, more than 0 and at most {most:,}, such as 3.99."
    amount = row.number(
        column, wanted, at_least=Decimal(0), at_most=most, decimals=decimals
    )
    if amount == 0:
        row.fault(column, wanted)
        return None
    return amount
