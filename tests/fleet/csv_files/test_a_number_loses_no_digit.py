"""A number of a file has every digit, and no zeros behind those of a ledger line."""

from decimal import Decimal

import pytest

from fleet.csv_files import without_tail


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0.12500000000000000000", "0.125000"),
        ("-0.74520000", "-0.745200"),
        ("0.00000005412345670000", "0.0000000541234567"),
        ("100", "100"),
        ("2.50", "2.50"),
        ("0.00000000", "0.000000"),
        ("1E+3", "1000"),
        (
            "12345678901234567890.12345678901234567890",
            "12345678901234567890.1234567890123456789",
        ),
    ],
)
def test_zeros_at_the_end_go_and_digits_stay(amount: str, shown: str):
    assert f"{without_tail(Decimal(amount)):f}" == shown
