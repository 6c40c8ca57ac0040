"""CSV out, such that no spreadsheet takes a cell for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

LEDGER_PLACES = 6
# The wide ones begin a formula in the spreadsheets of East Asia.
RUNS_IN_A_SHEET = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def safe_cell(value: object) -> str:
    """A cell that no spreadsheet takes for a formula; empty for None.

    >>> safe_cell("=1+1"), safe_cell("H100"), safe_cell(Decimal("-1.50"))
    ("'=1+1", 'H100', '-1.50')
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):  # a loss begins with "-" and is no formula
        return f"{value:f}"
    text = str(value)
    return f"'{text}" if text.startswith(RUNS_IN_A_SHEET) else text


def without_tail(amount: Decimal) -> Decimal:
    """The same number without the zeros that a sum or a division left behind the six
    places of a ledger line; no other digit is taken away.

    >>> print(without_tail(Decimal("-0.74520000000000")), without_tail(Decimal("12.50")))
    -0.745200 12.50
    """
    whole, point, places = f"{amount:f}".partition(".")
    kept = places[:LEDGER_PLACES] + places[LEDGER_PLACES:].rstrip("0")
    return Decimal(f"{whole}{point}{kept}")


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
