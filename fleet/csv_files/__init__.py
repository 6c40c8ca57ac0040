"""CSV files in and out: one reader that names every bad row, one writer that is safe.

Every import of the fleet and of the books reads by `read_sheet`; every export writes by
`write_rows`.
"""

from fleet.csv_files.faults import Fault, FileRefused, counted, refuse_too_large
from fleet.csv_files.reader import Column, Row, Sheet, name_repeats, read_sheet
from fleet.csv_files.writer import safe_cell, without_tail, write_rows

__all__ = [
    "Column",
    "Fault",
    "FileRefused",
    "Row",
    "Sheet",
    "counted",
    "name_repeats",
    "read_sheet",
    "refuse_too_large",
    "safe_cell",
    "without_tail",
    "write_rows",
]
