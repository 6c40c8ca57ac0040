from datetime import date
from decimal import Decimal

from economics.charts.receivable_months import MonthOwed, receivable_months

ROWS = [
    MonthOwed(date(2026, 1, 1), Decimal("10.50"), Decimal(8), Decimal(0), Decimal("2.50")),
    MonthOwed(date(2026, 3, 1), Decimal(4), Decimal(0), Decimal(4), Decimal(0)),
]


def test_bars_are_the_numbers_of_the_table_and_a_missing_month_has_none():
    chart = receivable_months(reversed(ROWS), simulated=False)

    bars = {bar["name"]: (list(bar["x"]), list(bar["y"])) for bar in chart.figure["data"]}
    assert bars == {
        "received": (["2026-01", "2026-03"], [8.0, 0.0]),
        "not due": (["2026-01", "2026-03"], [0.0, 4.0]),
        "late": (["2026-01", "2026-03"], [2.5, 0.0]),
    }
    assert chart.table.rows == (
        ("2026-03", "$0.00", "$4.00", "$0.00", "$4.00"),
        ("2026-01", "$8.00", "$0.00", "$2.50", "$10.50"),
    )


def test_the_title_says_what_is_late():
    assert receivable_months(ROWS, simulated=False).caption == (
        "$2.50 is late, $4.00 is not due yet."
    )
    assert receivable_months(ROWS[1:], simulated=False).caption == (
        "$4.00 is to come, nothing is late."
    )
    assert receivable_months([], simulated=False).caption == "Nothing is owed yet."


def test_simulated_money_is_marked():
    chart = receivable_months(ROWS, simulated=True)

    assert chart.figure["layout"]["meta"] == {"simulated": True}
    assert chart.caption.endswith("Simulated money.")
    assert {bar["marker"]["pattern"]["shape"] for bar in chart.figure["data"]} == {"/"}
