"""The title of the bill against our seconds does not contradict its bars."""

from datetime import date
from decimal import Decimal

from economics.charts.billed_days import BilledDay, billed_days

DAY = date(2026, 3, 2)


def drawn(difference: str, billed: str = "0.65") -> dict:
    ours = Decimal("0.25") if billed == "0.65" else Decimal(billed)
    row = BilledDay(DAY, ours, ours, Decimal(billed), Decimal(difference), "provisional")
    chart = billed_days([row], simulated=False, links=["/x/"])
    return {"caption": chart.caption, "axis": chart.figure["layout"]["yaxis"]}


def test_a_difference_below_a_cent_is_not_called_0():
    assert drawn("0.0004")["caption"] == (
        "The bill says under $0.01 more than our seconds at the agreed price, in its "
        "closed hours on 1 of 1 day."
    )


def test_a_difference_of_closed_hours_says_that_it_is_of_those():
    assert drawn("-0.40")["caption"] == (
        "The bill says $0.40 less than our seconds at the agreed price, in its closed "
        "hours on 1 of 1 day."
    )


def test_a_day_of_less_than_a_cent_has_ticks_that_differ():
    assert drawn("0", billed="0.0041")["axis"]["tickformat"] == "$,.4f"
    assert drawn("0")["axis"]["tickformat"] == "$,.2f"
