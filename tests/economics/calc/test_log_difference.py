from decimal import Decimal

import pytest

from economics.calc.log_difference import difference_share, is_apart
from economics.calc.unknown import Unknown
from tests.economics.formula_page import NOT_GIVEN, worked_rows


@pytest.mark.parametrize("row", worked_rows("log-difference"))
def test_the_worked_examples_of_the_page_hold(row):
    share = difference_share(logged=int(row["logged"]), counted=int(row["counted"]))

    if row["share"] == NOT_GIVEN:
        assert isinstance(share, Unknown)
    else:
        assert share == Decimal(row["share"])
    assert is_apart(share, limit=Decimal("0.01")) == (row["apart"] == "yes")
