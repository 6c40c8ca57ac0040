"""1,234.50 and 1.234,50 are read; 1.234 alone is refused, never guessed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fleet.csv_files import Column, read_sheet
from fleet.csv_files.numbers import possible_marks, read_number

COLUMNS = (Column("what"), Column("amount", number=True))
LIMIT = Decimal(1_000_000)


def read(*amounts: str) -> tuple[list[Decimal | None], list[str]]:
    lines = ["what;amount", *(f"row {n};{amount}" for n, amount in enumerate(amounts))]
    sheet = read_sheet("\n".join(lines).encode(), COLUMNS)
    values = [
        row.number("amount", "write USD.", at_least=-LIMIT, at_most=LIMIT, decimals=6)
        for row in sheet.rows
    ]
    return values, [str(fault) for fault in sheet.faults]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.50", "1234.50"),
        ("1.234,50", "1234.50"),
        ("-1.234,50", "-1234.50"),
        ("12.5", "12.5"),
        ("12,5", "12.5"),
        ("0.125", "0.125"),
        ("1234.567", "1234.567"),
        ("12", "12"),
        ("123,456.789", "123456.789"),
        ("12.345.678", None),
        ("1,23,456.00", None),
        ("1 234,50", None),
        ("1e3", None),
        ("$12.50", None),
        (".5", None),
        ("5.", None),
        ("٣", None),
        ("NaN", None),
        ("", None),
    ],
)
def test_a_number_is_read_where_it_has_one_meaning(text: str, value: str | None):
    values, faults = read(text)

    assert values == [None if value is None else Decimal(value)]
    assert bool(faults) is (value is None)


@pytest.mark.parametrize(
    ("text", "one", "other"),
    [("1.234", "1234", "1.234"), ("1,234", "1234", "1.234"), ("-9.876", "-9876", "-9.876")],
)
def test_a_number_of_two_meanings_is_refused_with_both(text: str, one: str, other: str):
    values, faults = read(text)

    assert values == [None]
    assert faults == [
        f"Line 2, amount is {text!r}; it can mean {other} or {one}, and no other cell "
        f"shows which; write {one}.00 or {other}0."
    ]


def test_another_cell_of_the_file_shows_which_mark_is_meant():
    assert read("1.234", "7,50")[0] == [Decimal(1234), Decimal("7.50")]
    assert read("1.234", "7.50")[0] == [Decimal("1.234"), Decimal("7.50")]
    assert read("1,234", "7.50")[0] == [Decimal(1234), Decimal("7.50")]


def test_a_file_that_shows_both_marks_is_refused_with_both_lines():
    _, faults = read("7.50", "8", "9,50")

    assert faults == [
        "Line 4, amount is '9,50'; its decimals begin with a comma, those of line 2 with "
        "a point; write all in one way."
    ]


def test_a_reading_beyond_the_limit_is_no_meaning():
    sheet = read_sheet(b"what,amount\nrow,3.431", COLUMNS)
    (row,) = sheet.rows

    assert row.number(
        "amount", "", at_least=Decimal(0), at_most=Decimal(1000), decimals=4
    ) == Decimal("3.431")


@given(
    st.decimals(min_value=-999_999, max_value=999_999, places=2),
    st.sampled_from([".", ","]),
)
def test_a_written_amount_is_read_as_it_was_meant(amount: Decimal, mark: str):
    written = f"{amount:,.2f}"
    if mark == ",":
        written = written.translate(str.maketrans(".,", ",."))

    assert mark in possible_marks(written)
    assert read_number(written, mark) == amount
    assert possible_marks(written) == {mark}
