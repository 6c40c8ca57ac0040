"""Payments and top-ups from a CSV file, such as a bank's export after a look."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from economics.calc.money import shown_usd
from economics.calc.months import read_month
from economics.models import BookImport, CashEntry, CashKind
from economics.selectors.today import kinds_of_money
from economics.services.book_imports import Importer, Shown
from economics.services.cash import CashSpec, complaints, write
from economics.services.expenses import LONGEST_TEXT, MOST_USD
from fleet.csv_files import Column, Row, counted, name_repeats, read_sheet

MOST_ROWS = 2_000
COLUMNS = (
    Column("paid_on", also=("date",)),
    Column("kind"),
    Column("party", longest=40, also=("market", "provider")),
    Column("amount_usd", number=True, also=("amount",)),
    Column("month", needed=False, longest=10),
    Column("note", needed=False, longest=LONGEST_TEXT),
    Column("currency", needed=False),
)
KINDS = {
    "payment": CashKind.PAYMENT.value,
    "top_up": CashKind.TOP_UP.value,
    "top-up": CashKind.TOP_UP.value,
}
DAY_WANTED = "write a day such as 2026-11-09."
MONTH_WANTED = "write the month that is paid, such as 2026-10."
AMOUNT_WANTED = f"write USD, not 0 and at most {MOST_USD:,}, such as 1250.00."
COLUMN_OF = {"amount": "amount_usd"}


@dataclass(frozen=True)
class CashFile:
    """The entries of a file."""

    specs: tuple[CashSpec, ...]


def read_cash(content: bytes, now: datetime) -> CashFile:
    """The entries of a file. Raises FileRefused with its faults; changes nothing."""
    sheet = read_sheet(content, COLUMNS, most_rows=MOST_ROWS)
    simulated = kinds_of_money()[0]
    found = [
        (row, spec)
        for row in sheet.rows
        if (spec := spec_of(row, simulated=simulated, now=now)) is not None
    ]
    name_repeats(
        found, "amount_usd", "line {line} has the same entry; tell them apart by a note."
    )
    name_booked(found)
    if sheet.faults:
        raise counted(sheet.faults)
    return CashFile(tuple(spec for _, spec in found))


def spec_of(row: Row, *, simulated: bool, now: datetime) -> CashSpec | None:
    """The entry of a row; None when its faults say why not."""
    day = row.day("paid_on", DAY_WANTED)
    kind = row.one_of("kind", KINDS)
    amount = row.number(
        "amount_usd", AMOUNT_WANTED, at_least=-MOST_USD, at_most=MOST_USD, decimals=2
    )
    month = month_of(row)
    if row.faults or day is None or kind is None or amount is None:
        return None
    spec = CashSpec(
        kind=kind,
        party=row.text("party").lower(),
        paid_on=day,
        amount_usd=amount,
        simulated=simulated,
        month=month,
        note=row.text("note"),
        currency=row.text("currency") or "USD",
    )
    for field, sentence in complaints(spec, now=now).items():
        row.fault(COLUMN_OF.get(field, field), sentence)
    return None if row.faults else spec


def month_of(row: Row) -> date | None:
    """The month of a cell that may be empty; None with a fault where it is none."""
    text = row.text("month")
    if not text:
        return None
    month = read_month(text)
    if month is None:
        row.fault("month", MONTH_WANTED)
    return month


def name_booked(found: Sequence[tuple[Row, CashSpec]]) -> None:
    """A fault for each row that is in the books already and was not taken back."""
    rows = CashEntry.objects.filter(
        paid_on__in={spec.paid_on for _, spec in found}, reverses=None, reversed_by=None
    ).values_list(
        *("kind", "party", "month", "paid_on", "amount_usd", "note", "simulated"),
        "booked_at",
    )
    booked = {row[:-1]: row[-1] for row in rows}
    for row, spec in found:
        at = booked.get(
            (
                *(spec.kind, spec.party, spec.first_of_month, spec.paid_on),
                *(spec.amount_usd, spec.note, spec.simulated),
            )
        )
        if at is not None:
            row.fault(
                "amount_usd",
                f"the same entry was booked on {at:%Y-%m-%d %H:%M} UTC; leave the row out, "
                "or tell it apart by a note.",
            )


def show_cash(file: CashFile, now: datetime) -> Shown:
    """What the file would bring."""
    sums = {
        kind: sum((spec.amount_usd for spec in file.specs if spec.kind == kind), Decimal(0))
        for kind in CashKind
    }
    return Shown(
        headings=("Day", "Kind", "Other side", "Month", "Amount", "Note"),
        rows=[
            (
                *(spec.paid_on, CashKind(spec.kind).label, spec.party),
                f"{spec.month:%Y-%m}" if spec.month else "",
                *(shown_usd(spec.amount_usd), spec.note),
            )
            for spec in file.specs
        ],
        sentences=[
            f"{shown_usd(sums[CashKind.PAYMENT])} received, "
            f"{shown_usd(sums[CashKind.TOP_UP])} paid in. No profit changes."
        ],
    )


def book_file(file: CashFile, book_import: BookImport, now: datetime) -> str:
    """Write the entries of a file; a sentence."""
    rows = write(
        file.specs,
        keys=[f"import:{book_import.pk}:{n}" for n in range(len(file.specs))],
        acting_user=book_import.acting_user,
        now=now,
        book_import=book_import,
    )
    return "1 entry" if len(rows) == 1 else f"{len(rows):,} entries"


CASH = Importer(
    kind="cash",
    read=read_cash,
    count=lambda file: len(file.specs),
    show=show_cash,
    book=book_file,
)
