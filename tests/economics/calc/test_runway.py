from decimal import Decimal

import pytest

from economics.calc.runway import NoSpend, Runway, runway
from tests.economics.formula_page import NOT_GIVEN, worked_rows


def given_or_none(cell: str) -> Decimal | None:
    return None if cell == NOT_GIVEN else Decimal(cell)


@pytest.mark.parametrize("row", worked_rows("runway"))
def test_the_worked_examples_of_the_runway_page_hold(row):
    answer = runway(
        balance_usd=given_or_none(row["balance_usd"]),
        usd_per_hour=given_or_none(row["usd_per_hour"]),
    )
    if isinstance(answer, Runway):
        assert f"{answer.hours:.2f}" == row["runway_hours"]
    elif isinstance(answer, NoSpend):
        assert answer.reason == row["runway_hours"]
    else:
        assert row["runway_hours"] == "unknown"
        assert answer.reason


def test_a_negative_spend_is_refused():
    with pytest.raises(ValueError, match="0 or more"):
        runway(balance_usd=Decimal(1), usd_per_hour=Decimal(-1))
