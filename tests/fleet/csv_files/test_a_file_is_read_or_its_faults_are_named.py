"""What every import shares: a file as people save it, or a sentence for each fault."""

import pytest

from fleet.csv_files import (
    Column,
    Fault,
    FileRefused,
    counted,
    name_repeats,
    read_sheet,
    refuse_too_large,
)
from fleet.csv_files.faults import SHOWN_FAULTS
from fleet.csv_files.writer import safe_cell, write_rows

COLUMNS = (
    Column("day"),
    Column("what", longest=20, also=("description",)),
    Column("amount_usd", number=True),
    Column("note", needed=False),
)
GOOD = "day,what,amount_usd\n2026-11-09,Domain,12.00\n"


def cells(content: bytes) -> list[dict[str, str]]:
    return [dict(row.cells) for row in read_sheet(content, COLUMNS).rows]


def faults(content: bytes) -> list[str]:
    return [str(fault) for fault in read_sheet(content, COLUMNS).faults]


@pytest.mark.parametrize(
    "content",
    [
        GOOD.encode(),
        GOOD.encode("utf-8-sig"),
        GOOD.replace(",", ";").encode(),
        GOOD.replace(",", "\t").encode(),
        GOOD.replace("\n", "\r\n").encode(),
        GOOD.replace("day,what,amount_usd", "Day,Description,Amount (USD)").encode(),
        (GOOD + "\n ,,\n").encode(),
    ],
    ids=["plain", "bom", "semicolons", "tabs", "crlf", "headings", "empty lines"],
)
def test_a_file_is_read_as_people_save_it(content: bytes):
    assert cells(content) == [
        {"day": "2026-11-09", "what": "Domain", "amount_usd": "12.00"}
    ]
    assert faults(content) == []


@pytest.mark.parametrize(
    "cell", ["=1+1", "+49 30", "-x", "@sum", "\tx", " =1+1", "=12.00", "\uff1d1+1"]
)
def test_a_cell_that_a_spreadsheet_would_run_is_a_fault(cell: str):
    content = f"{GOOD}2026-11-10,{cell},1.00\n".encode()

    (fault,) = read_sheet(content, COLUMNS).faults
    assert (fault.line, fault.column) == (3, "what")
    assert "which a spreadsheet may run as a formula" in fault.wanted


def test_a_minus_before_digits_is_a_number_where_a_number_belongs():
    assert faults(GOOD.replace("12.00", "-12.00").encode()) == []
    assert faults(GOOD.replace("12.00", "-12+1").encode())


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "Line 1, day is empty; the column is missing."),
        (b"day,what\n1,2", "Line 1, amount_usd is empty; the column is missing."),
        (GOOD.encode("utf-16"), "Line 1: the file is not UTF-8; save it as CSV UTF-8."),
        (GOOD.encode() + b"\x00", "Line 3: there is a null character"),
        (b"day,what,amount_usd,day\n", "Line 1, day is 'day'; the column is there twice"),
        (b"day,what,amount_usd,tax\n", "Line 1, tax is 'tax'; use the columns day, what"),
        (b"day,what,amount_usd\n", "Line 2: there is no row below the header."),
        (b'day,what,amount_usd\n"open\n', "the line is not CSV"),
        (GOOD.encode() + b"2026,x\n", "Line 3: it has 2 cells, the header has 3."),
        (GOOD.encode() + b"2026,x,1,234.50\n", "Line 3: it has 4 cells"),
        (GOOD.replace("Domain", "x" * 21).encode(), "write at most 20 characters."),
        (b"%PDF-1.7 \xe2\xe3", "the file is not UTF-8"),
    ],
)
def test_a_file_that_can_not_be_read_gets_a_sentence(content: bytes, sentence: str):
    said = faults(content)

    assert any(sentence in each for each in said), said


def test_a_row_keeps_its_line_behind_a_cell_of_two_lines():
    content = b'day,what,amount_usd\n2026-11-09,"two\nlines",1\n2026-11-10,=x,1\n'

    assert faults(content)[0].startswith("Line 4, what is '=x'")


def test_more_rows_than_allowed_are_refused_without_reading_on():
    content = b"day,what,amount_usd\n" + b"2026-11-09,x,1\n" * 12

    sheet = read_sheet(content, COLUMNS, most_rows=10)

    assert sheet.rows == ()
    assert [str(fault) for fault in sheet.faults] == [
        "Line 12: the file has more than 10 rows; split it."
    ]


def test_columns_of_other_names_can_be_left_unread_and_are_named():
    content = b"day,what,amount_usd,Internal ID\n2026-11-09,x,1,77\n"

    sheet = read_sheet(content, COLUMNS, others_refused=False)

    assert sheet.unread == ("Internal ID",) and sheet.faults == ()


def test_a_repeated_row_is_named_with_the_line_before_it():
    sheet = read_sheet(GOOD.encode() + GOOD.encode().splitlines(True)[1], COLUMNS)

    name_repeats(
        ((row, tuple(row.cells.values())) for row in sheet.rows),
        "what",
        "line {line} has the same row.",
    )

    assert [str(fault) for fault in sheet.faults] == [
        "Line 3, what is 'Domain'; line 2 has the same row."
    ]


def test_a_refusal_counts_all_faults_and_shows_the_first():
    many = [Fault(n, "day", "", "write a day.") for n in range(2, 2 + SHOWN_FAULTS + 5)]

    refusal = counted(many)

    assert refusal.sentence == "55 faults; nothing was imported."
    assert (len(refusal.faults), refusal.fault_count) == (SHOWN_FAULTS, 55)


def test_a_file_that_is_too_large_is_refused_by_its_size():
    refuse_too_large(2_000_000)

    with pytest.raises(FileRefused, match=r"The file has 3\.0 MB; at most 2 MB are taken"):
        refuse_too_large(3_000_000)


def test_an_export_holds_no_cell_that_a_spreadsheet_runs():
    lines: list[str] = []

    write_rows(["a", "b"], [["=1+1", None], ["@x", 2]], lines.append)

    assert lines == ["a,b\r\n", "'=1+1,\r\n", "'@x,2\r\n"]
    assert safe_cell("\tx") == "'\tx"
    assert safe_cell("\uff1d1+1") == "'\uff1d1+1"
