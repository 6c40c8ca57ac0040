"""A CSV file as rows of named cells. Never raises: what can not be read is a fault.

Taken as they come: a byte order mark, commas, semicolons or tabs between the cells, both
kinds of line ends, names of columns in any case. Refused with the line, the column, the
value and what would be right: another encoding, a missing or doubled column, a row of
another length, a cell that a spreadsheet would run, a number with two meanings.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

from fleet.csv_files.faults import Fault
from fleet.csv_files.numbers import BOTH, POINT, possible_marks, read_number
from fleet.csv_files.writer import RUNS_IN_A_SHEET

if TYPE_CHECKING:
    from _csv import Reader

MOST_ROWS = 5_000
LONGEST_CELL = 200
SHOWN_CHARACTERS = 40
DELIMITERS = (",", ";", "\t")
MARK_WORDS = {".": "a point", ",": "a comma"}


@dataclass(frozen=True, slots=True)
class Column:
    """A column that an import reads.

    needed    a file without it is refused; its cells may still be empty
    number    a minus sign before digits is no formula, and shows the decimal mark
    also      other names that stand for it in a file
    """

    name: str
    needed: bool = True
    number: bool = False
    longest: int = LONGEST_CELL
    also: tuple[str, ...] = ()


@dataclass(slots=True)
class Row:
    """One line of a file; the first thing wrong with a column is the one reported.

    mark  what begins the decimals in this file; None where no cell shows it
    """

    line: int
    cells: Mapping[str, str]
    mark: str | None = POINT
    faults: list[Fault] = field(default_factory=list)

    def text(self, column: str) -> str:
        return self.cells.get(column, "").strip()

    def fault(self, column: str, wanted: str) -> None:
        if not any(each.column == column for each in self.faults if column):
            self.faults.append(Fault(self.line, column, shown(self.text(column)), wanted))

    def number(
        self,
        column: str,
        wanted: str,
        *,
        at_least: Decimal,
        at_most: Decimal,
        decimals: int,
    ) -> Decimal | None:
        """The number of a cell; None with a fault, `wanted`, where it is none of these.

        An empty cell is a fault too: ask `text` first where it may be empty.
        """
        text = self.text(column)
        readings = {
            value
            for mark in possible_marks(text)
            if self.mark in (None, mark) or len(possible_marks(text)) == 1
            if at_least <= (value := read_number(text, mark)) <= at_most
        }
        if not readings:
            self.fault(column, wanted)
            return None
        if len(readings) > 1:
            self.fault(column, two_meanings(readings))
            return None
        (value,) = readings
        exponent = value.normalize().as_tuple().exponent
        if isinstance(exponent, int) and -exponent > decimals:
            self.fault(column, f"write at most {decimals} decimals.")
            return None
        return value

    def day(self, column: str, wanted: str) -> date | None:
        """The day of a cell as 2026-11-09; None with a fault, `wanted`."""
        text = self.text(column)
        try:
            if len(text) == 10:
                return date.fromisoformat(text)
        except ValueError:
            pass
        self.fault(column, wanted)
        return None

    def one_of(self, column: str, words: Mapping[str, str]) -> str | None:
        """What a word of a cell stands for; None with a fault that lists the words."""
        found = words.get(self.text(column).lower())
        if found is None:
            self.fault(column, f"write one of {', '.join(filter(None, words))}.")
        return found


@dataclass(frozen=True, slots=True)
class Sheet:
    """A file as it was read. With a fault of its own it has no rows.

    unread  columns that were left out, as the file names them
    """

    rows: tuple[Row, ...] = ()
    own_faults: tuple[Fault, ...] = ()
    unread: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[Fault, ...]:
        """Everything wrong with the file and its rows so far, by line."""
        found = [*self.own_faults, *(fault for row in self.rows for fault in row.faults)]
        return tuple(sorted(found, key=lambda fault: fault.line))


def read_sheet(
    content: bytes,
    columns: Sequence[Column],
    *,
    most_rows: int = MOST_ROWS,
    others_refused: bool = True,
) -> Sheet:
    """The rows of a file. The caller has refused what is too large.

    others_refused  whether a column of another name is a fault; else it is `unread`
    """
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        return _unreadable(line, "the file is not UTF-8; save it as CSV UTF-8.")
    if "\x00" in text:
        line = text[: text.index("\x00")].count("\n") + 1
        return _unreadable(line, "there is a null character; save the file as plain CSV.")
    named = {name: column for column in columns for name in (column.name, *column.also)}
    reader = csv.reader(
        io.StringIO(text, newline=""), delimiter=_delimiter(text, named), strict=True
    )
    try:
        return _read(reader, columns, named, most_rows, others_refused)
    except csv.Error as error:
        return _unreadable(reader.line_num, f"the line is not CSV ({error}).")


def name_repeats(keys: Iterable[tuple[Row, object]], column: str, wanted: str) -> None:
    """A fault for each row whose key a line before it has; `{line}` of `wanted` is that."""
    seen: dict[object, int] = {}
    for row, key in keys:
        before = seen.setdefault(key, row.line)
        if before != row.line:
            row.fault(column, wanted.format(line=before))


def shown(value: str) -> str:
    """A value as a sentence quotes it."""
    if len(value) <= SHOWN_CHARACTERS:
        return value
    return f"{value[:SHOWN_CHARACTERS]}…"


def two_meanings(readings: Iterable[Decimal]) -> str:
    """What to write instead of a number like 1.234, where no other cell helps."""
    small, large = sorted(readings, key=abs)
    return (
        f"it can mean {small:f} or {large:f}, and no other cell shows which; "
        f"write {large:f}.00 or {small:f}0."
    )


def normal(name: str) -> str:
    """A column's name in small letters with underscores: "Fee (USD)" is fee_usd."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def _unreadable(line: int, wanted: str) -> Sheet:
    return Sheet(own_faults=(Fault(line, "", "", wanted),))


def _delimiter(text: str, named: Mapping[str, Column]) -> str:
    """What parts the cells of the header: by it most names are ones that we know."""
    first = text.split("\n", 1)[0]
    return max(
        DELIMITERS,
        key=lambda mark: sum(normal(cell) in named for cell in first.split(mark)),
    )


def _numbered(reader: Reader) -> Iterator[tuple[int, list[str]]]:
    """The rows of a reader, each with the line that it begins on."""
    begin = reader.line_num + 1
    for cells in reader:
        yield begin, cells
        begin = reader.line_num + 1


def _read(
    reader: Reader,
    columns: Sequence[Column],
    named: Mapping[str, Column],
    most_rows: int,
    others_refused: bool,
) -> Sheet:
    lines = _numbered(reader)
    _, header = next(lines, (1, []))
    names = [named.get(normal(cell)) for cell in header]
    unread = tuple(
        cell.strip() for cell, column in zip(header, names, strict=True) if column is None
    )
    faults = _header_faults(names, unread if others_refused else (), columns)
    if faults:
        return Sheet(own_faults=tuple(faults))
    rows: list[Row] = []
    for line, cells in lines:
        if not any(cell.strip() for cell in cells):
            continue
        if len(rows) + len(faults) >= most_rows:
            wanted = f"the file has more than {most_rows:,} rows; split it."
            return _unreadable(line, wanted)
        if len(cells) != len(header):
            wanted = f"it has {len(cells)} cells, the header has {len(header)}."
            faults.append(Fault(line, "", "", wanted))
            continue
        rows.append(_row(line, cells, names))
    if not rows and not faults:
        faults.append(Fault(2, "", "", "there is no row below the header."))
    faults += _settle_mark(rows, [column for column in columns if column.number])
    return Sheet(tuple(rows), tuple(faults), unread)


def _header_faults(
    names: Sequence[Column | None], others: Sequence[str], columns: Sequence[Column]
) -> list[Fault]:
    known = ", ".join(column.name for column in columns)
    faults = [
        Fault(1, shown(name), shown(name), f"use the columns {known}.") for name in others
    ]
    faults += [
        Fault(1, column.name, "", "the column is missing.")
        for column in columns
        if column.needed and column not in names
    ]
    faults += [
        Fault(1, column.name, column.name, "the column is there twice; leave one out.")
        for column in columns
        if names.count(column) > 1
    ]
    return faults


def _row(line: int, cells: Sequence[str], names: Sequence[Column | None]) -> Row:
    found = [
        (column, cell)
        for column, cell in zip(names, cells, strict=True)
        if column is not None
    ]
    row = Row(line, {column.name: cell for column, cell in found})
    for column, cell in found:
        if _runs(cell, column):
            begin = repr(cell.lstrip(" ")[0])
            row.fault(
                column.name,
                f"it begins with {begin}, which a spreadsheet may run as a formula; "
                "write plain text or a number.",
            )
        elif len(cell.strip()) > column.longest:
            row.fault(column.name, f"write at most {column.longest} characters.")
    return row


def _runs(cell: str, column: Column) -> bool:
    """Whether a spreadsheet may take a cell for a formula."""
    if not cell.lstrip(" ").startswith(RUNS_IN_A_SHEET):
        return False
    return not (column.number and possible_marks(cell.strip()))


def _settle_mark(rows: Sequence[Row], columns: Sequence[Column]) -> list[Fault]:
    """Give each row the decimal mark that the file shows; a fault where it shows both."""
    seen: dict[str, Row] = {}
    faults: list[Fault] = []
    for row, column in ((row, column.name) for row in rows for column in columns):
        marks = possible_marks(row.text(column))
        if len(marks) != 1:
            continue
        (mark,) = marks
        seen.setdefault(mark, row)
        if len(seen) == len(BOTH) and seen[mark] is row and not faults:
            (other,) = BOTH - {mark}
            wanted = (
                f"its decimals begin with {MARK_WORDS[mark]}, those of line "
                f"{seen[other].line} with {MARK_WORDS[other]}; write all in one way."
            )
            faults.append(Fault(row.line, column, shown(row.text(column)), wanted))
    mark_of_file = next(iter(seen)) if len(seen) == 1 else None
    for row in rows:
        row.mark = mark_of_file
    return faults
