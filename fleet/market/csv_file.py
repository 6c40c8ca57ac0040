"""Offers in a CSV file: every bad row named, and an export that no spreadsheet runs."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation

from fleet.market.gpu_names import canonical, known_memory_gb
from fleet.market.reading import KINDS, OfferReading, per_gpu, per_hour

MOST_BYTES = 2_000_000
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
AMOUNT = re.compile(r"[0-9]{1,6}(\.[0-9]{1,10})?", re.ASCII)
WHOLE = re.compile(r"[0-9]{1,6}", re.ASCII)
PROVIDER = re.compile(r"[a-z0-9][a-z0-9-]*", re.ASCII)
RUNS_IN_A_SHEET = ("=", "+", "-", "@", "\t", "\r")


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


@dataclass(frozen=True, slots=True)
class ParsedOffers:
    """The rows of a file, oldest first, and its faults. With a fault nothing is taken.

    lines  of `rows`, one each
    """

    rows: tuple[OfferReading, ...]
    faults: tuple[Fault, ...]
    lines: tuple[int, ...] = ()


@dataclass(slots=True)
class _Row:
    """One line while it is read; the first wrong cell of a column is the one reported."""

    line: int
    cells: Mapping[str, str]
    faults: list[Fault] = field(default_factory=list)

    def text(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def fault(self, column: str, wanted: str) -> None:
        value = self.text(column)
        shown = value if len(value) <= 40 else f"{value[:40]}…"
        self.faults.append(Fault(self.line, column, shown, wanted))


def parse_offers(content: bytes, *, now: datetime) -> ParsedOffers:
    """The offers of a file. Never raises: what can not be read is a fault.

    now  nothing may have been observed later than this
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _unreadable(line, "the file is not UTF-8; save it as CSV UTF-8.")
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        return _unreadable(line, "there is a null character; save the file as plain CSV.")
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        return _parsed(reader, now=now)
    except csv.Error as error:
        return _unreadable(reader.line_num, f"the line is not CSV ({error}).")


def _unreadable(line: int, wanted: str) -> ParsedOffers:
    return ParsedOffers((), (Fault(line, "", "", wanted),))


def _parsed(reader: Iterable[list[str]], *, now: datetime) -> ParsedOffers:
    lines = iter(reader)
    header = [cell.strip().lower() for cell in next(lines, [])]
    faults = _header_faults(header)
    if faults:
        return ParsedOffers((), tuple(faults))
    found: list[tuple[OfferReading, int]] = []
    seen: dict[tuple[object, ...], int] = {}
    for line, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        if line > MOST_ROWS + 1:
            wanted = f"the file has more than {MOST_ROWS:,} rows; split it."
            return ParsedOffers((), (*faults, Fault(line, "", "", wanted)))
        if len(cells) != len(header):
            wanted = f"it has {len(cells)} cells, the header has {len(header)}."
            faults.append(Fault(line, "", "", wanted))
            continue
        row = _Row(line, dict(zip(header, cells, strict=True)))
        reading = _reading(row, now=now)
        if reading is not None:
            before = seen.setdefault((reading.key, reading.observed_at), line)
            if before != line:
                row.fault("observed_on", f"line {before} has the same offer of that day.")
            found.append((reading, line))
        faults += row.faults
    if not found and not faults:
        faults.append(Fault(2, "", "", "there is no row below the header."))
    found.sort(key=lambda each: each[0].observed_at)
    return ParsedOffers(
        tuple(reading for reading, _ in found),
        tuple(faults),
        tuple(line for _, line in found),
    )


def _header_faults(header: Sequence[str]) -> list[Fault]:
    faults = [
        Fault(1, name, name, f"use the columns {', '.join(COLUMNS)}.")
        for name in header
        if name not in COLUMNS
    ]
    faults += [
        Fault(1, name, "", "the column is missing.")
        for name in REQUIRED
        if name not in header
    ]
    if not any(name in header for name in PRICES):
        faults.append(Fault(1, "", "", f"one of {', '.join(PRICES)} is missing."))
    if len(set(header)) < len(header):
        faults.append(Fault(1, "", "", "a column is there twice."))
    return faults


def _reading(row: _Row, *, now: datetime) -> OfferReading | None:
    """The offer of a row; None when its faults say why not."""
    for column, most in LONGEST.items():
        if len(row.text(column)) > most:
            row.fault(column, f"write at most {most} characters.")
    provider = row.text("provider").lower()
    if not PROVIDER.fullmatch(provider):
        row.fault("provider", "write small letters, digits and dashes, such as aws.")
    if not row.text("gpu"):
        row.fault("gpu", "write the GPU, such as H100 SXM.")
    kind = _one_of(row, "kind", KIND_WORDS) or ""
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


def _one_of(row: _Row, column: str, words: Mapping[str, str]) -> str | None:
    found = words.get(row.text(column).lower())
    if found is None:
        row.fault(column, f"write one of {', '.join(words)}.")
    return found


def _whole(row: _Row, column: str, *, default: int) -> int:
    text = row.text(column)
    if not text:
        return default
    if not WHOLE.fullmatch(text) or not 1 <= int(text) <= _MOST[column]:
        row.fault(column, f"write a whole number from 1 to {_MOST[column]:,}.")
        return default
    return int(text)


_MOST = {"gpu_count": MOST_GPUS, "max_count": MOST_GPUS, "gpu_memory_gb": 2_000}


def _observed(row: _Row, *, now: datetime) -> datetime | None:
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
    row: _Row, *, gpu_count: int, kind: str
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


def _amount(row: _Row, column: str) -> Decimal | None:
    text = row.text(column)
    most = MOST_USD_PER_GPU_HOUR * (MOST_GPUS if column == PRICES[1] else 1)
    # 6 decimals a second are 4 an hour: what is stored is exactly what was quoted.
    decimals = 6 if column == "usd_per_gpu_second" else 4
    try:
        amount = Decimal(text) if AMOUNT.fullmatch(text) else None
    except InvalidOperation:
        amount = None
    if amount is None or not 0 < amount <= most:
        row.fault(column, f"write USD, more than 0 and at most {most:,}, such as 3.99.")
        return None
    exponent = amount.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > decimals:
        row.fault(column, f"write at most {decimals} decimals.")
        return None
    return amount


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> safe_cell("=1+1"), safe_cell("H100"), safe_cell(Decimal("-1.50"))
    ("'=1+1", 'H100', '-1.50')
    """
    if isinstance(value, Decimal):  # a loss begins with "-" and is no formula
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if text.startswith(RUNS_IN_A_SHEET) else text


def write_rows(
    header: Sequence[str],
    rows: Iterable[Sequence[object]],
    write: Callable[[str], object],
) -> None:
    """CSV text of `rows`, each cell made safe, handed to `write` line by line."""
    for cells in (header, *rows):
        line = io.StringIO()
        csv.writer(line).writerow([safe_cell(cell) for cell in cells])
        write(line.getvalue())
