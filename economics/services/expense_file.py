"""Expenses from a CSV file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from economics.calc.money import shown_usd
from economics.models import BookImport, Expense, ExpenseCategory
from economics.selectors.days import newest_closed_day
from economics.services.book_imports import Importer, Shown
from economics.services.expenses import (
    CURRENCY,
    LONGEST_TEXT,
    MOST_USD,
    Belongs,
    ExpenseSpec,
    complaints,
    owners,
    write,
)
from fleet.csv_files import Column, FileRefused, Row, counted, name_repeats, read_sheet

MOST_ROWS = 2_000
MOST_SHARES = 100_000  # days of all rows together
COLUMNS = (
    Column("spent_on", also=("date",)),
    Column("amount_usd", number=True, also=("amount",)),
    Column("category"),
    Column("description", longest=LONGEST_TEXT),
    Column("belongs_to"),
    Column("first_day", needed=False),
    Column("last_day", needed=False),
    Column("currency", needed=False),
)
CATEGORIES = {each: each for each in ExpenseCategory.values}
DAY_WANTED = "write a day such as 2026-11-09."
AMOUNT_WANTED = (
    f"write USD, not 0 and at most {MOST_USD:,}, such as 12.50; negative for money that "
    "came back."
)
COLUMN_OF = {"amount": "amount_usd"}  # where a complaint names the field of the form


@dataclass(frozen=True)
class ExpenseFile:
    """The expenses of a file."""

    specs: tuple[ExpenseSpec, ...]


def read_expenses(content: bytes, now: datetime) -> ExpenseFile:
    """The expenses of a file. Raises FileRefused with its faults; changes nothing."""
    sheet = read_sheet(content, COLUMNS, most_rows=MOST_ROWS)
    known = owners()
    read = [(row, spec_of(row, known, now=now)) for row in sheet.rows]
    found = [(row, spec) for row, spec in read if spec is not None]
    name_repeats(
        found,
        "description",
        "line {line} has the same expense; describe them apart or leave one out.",
    )
    name_booked(found)
    faults = sheet.faults
    if faults:
        raise counted(faults)
    specs = tuple(spec for _, spec in found)
    shares = sum(len(spec.shares) for spec in specs)
    if shares > MOST_SHARES:
        raise FileRefused(
            f"The file spreads its expenses over {shares:,} days in all; at most "
            f"{MOST_SHARES:,} are taken. Split it; nothing was imported."
        )
    return ExpenseFile(specs)


def spec_of(row: Row, known: Mapping[str, Belongs], *, now: datetime) -> ExpenseSpec | None:
    """The expense of a row; None when its faults say why not."""
    day = row.day("spent_on", DAY_WANTED)
    amount = row.number(
        "amount_usd", AMOUNT_WANTED, at_least=-MOST_USD, at_most=MOST_USD, decimals=2
    )
    category = row.one_of("category", CATEGORIES)
    belongs = belongs_of(row, known)
    first, last = day_or_none(row, "first_day"), day_or_none(row, "last_day")
    if row.faults or day is None or amount is None or not category or belongs is None:
        return None
    spec = ExpenseSpec(
        spent_on=day,
        amount_usd=amount,
        category=category,
        description=row.text("description"),
        belongs=belongs,
        first_day=first,
        last_day=last,
        currency=row.text("currency") or CURRENCY,
    )
    for field, sentence in complaints(spec, now=now).items():
        row.fault(COLUMN_OF.get(field, field), sentence)
    return None if row.faults else spec


def belongs_of(row: Row, known: Mapping[str, Belongs]) -> Belongs | None:
    """What a row belongs to; None with a fault that says what could be written."""
    found = known.get(row.text("belongs_to").lower())
    if found is None:
        examples = ", ".join(list(known)[:6])
        row.fault("belongs_to", f"write all, fleet:NAME or deployment:NAME: {examples}.")
    return found


def day_or_none(row: Row, column: str) -> date | None:
    """The day of a cell that may be empty."""
    return row.day(column, f"{DAY_WANTED[:-1]}, or nothing.") if row.text(column) else None


def name_booked(found: Sequence[tuple[Row, ExpenseSpec]]) -> None:
    """A fault for each row that is in the books already and was not taken back."""
    days = {spec.spent_on for _, spec in found}
    rows = Expense.objects.filter(
        spent_on__in=days, reverses=None, reversed_by=None
    ).values_list(
        *("spent_on", "first_day", "last_day", "amount_usd", "category"),
        *("description", "simulated", "fleet", "deployment", "booked_at"),
    )
    booked = {row[:-1]: row[-1] for row in rows}
    for row, spec in found:
        at = booked.get(identity(spec))
        if at is not None:
            row.fault(
                "description",
                f"the same expense was booked on {at:%Y-%m-%d %H:%M} UTC; leave the row "
                "out, or describe it apart.",
            )


def identity(spec: ExpenseSpec) -> tuple[object, ...]:
    """What tells two expenses apart."""
    belongs = spec.belongs
    return (
        *(spec.spent_on, *spec.period, spec.amount_usd, spec.category),
        *(spec.description, belongs.simulated, belongs.fleet_id, belongs.deployment_id),
    )


def show_expenses(file: ExpenseFile, now: datetime) -> Shown:
    """What the file would bring, and how much of it is about closed days."""
    total = sum((spec.amount_usd for spec in file.specs), Decimal(0))
    newest = newest_closed_day()
    sentences = [f"{counted_words(len(file.specs))}, {shown_usd(total)} in all."]
    late = [
        usd
        for spec in file.specs
        for day, usd in spec.shares
        if newest is not None and day <= newest
    ]
    if late and newest is not None:
        sentences.append(
            f"{shown_usd(sum(late, Decimal(0)))} of it is about days that are closed; it "
            "counts as a correction in the first open day."
        )
    return Shown(
        headings=("Day", "Amount", "Category", "For", "Belongs to", "Days", "A day"),
        rows=[cells(spec) for spec in file.specs],
        sentences=sentences,
    )


def cells(spec: ExpenseSpec) -> tuple[object, ...]:
    """An expense as the preview shows it."""
    first, last = spec.period
    return (
        spec.spent_on,
        shown_usd(spec.amount_usd),
        ExpenseCategory(spec.category).label,
        spec.description,
        spec.belongs.name,
        f"{first} to {last}" if first != last else first,
        shown_usd(spec.shares[0][1]),
    )


def book_expenses(file: ExpenseFile, book_import: BookImport, now: datetime) -> str:
    """Write the expenses of a file; a sentence."""
    rows = write(
        file.specs,
        keys=[f"import:{book_import.pk}:{n}" for n in range(len(file.specs))],
        acting_user=book_import.acting_user,
        now=now,
        book_import=book_import,
    )
    total = sum((row.amount_usd for row in rows), Decimal(0))
    return f"{counted_words(len(rows))}, {shown_usd(total)}"


def counted_words(count: int) -> str:
    return "1 expense" if count == 1 else f"{count:,} expenses"


EXPENSES = Importer(
    kind="expenses",
    read=read_expenses,
    count=lambda file: len(file.specs),
    show=show_expenses,
    book=book_expenses,
)
