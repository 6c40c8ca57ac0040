from datetime import date
from decimal import Decimal

import pytest

from economics.calc.receivables import age_of, due_on, float_until, working_capital
from economics.calc.unknown import Unknown
from tests.economics.formula_page import NOT_GIVEN, worked_rows


def known(text: str) -> Decimal | None:
    return None if text == NOT_GIVEN else Decimal(text)


@pytest.mark.parametrize("row", worked_rows("receivable-age"))
def test_the_page_and_the_code_agree_on_the_age(row: dict[str, str]):
    due = due_on(
        date.fromisoformat(f"{row['month']}-01"), terms_days=int(row["terms_days"])
    )

    assert due == date.fromisoformat(row["due"])
    assert age_of(due, today=date.fromisoformat(row["today"])) == row["age"]


@pytest.mark.parametrize("row", worked_rows("float"))
def test_the_page_and_the_code_agree_on_the_float(row: dict[str, str]):
    need = float_until(
        usd_per_hour=Decimal(row["usd_per_hour"]),
        hours=known(row["hours"]),
        balance_usd=known(row["balance_usd"]),
    )

    if row["needed_usd"] == "unknown":
        assert isinstance(need, Unknown)
    else:
        assert not isinstance(need, Unknown)
        assert need.needed_usd == Decimal(row["needed_usd"])
        assert need.gap_usd == Decimal(row["gap_usd"])


def test_eight_h200_tie_up_what_the_page_says():
    assert working_capital(usd_per_day=Decimal(881), terms_days=0).most_usd == 26_430
    out = working_capital(usd_per_day=Decimal(881), terms_days=30)
    assert (out.most_usd, out.average_usd) == (52_860, 39_645)
