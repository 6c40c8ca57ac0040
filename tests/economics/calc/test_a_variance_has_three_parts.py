from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.money import round_stored
from economics.calc.variance import Earned, is_explained, variance, words
from tests.economics.formula_page import NOT_GIVEN, worked_rows

USD = st.decimals(min_value=-1000, max_value=1000, places=6)
TOKENS = st.one_of(st.none(), st.integers(0, 10**12))


def side(tokens: str, gross: str, net: str) -> Earned:
    known = None if tokens == NOT_GIVEN else int(tokens)
    return Earned(known, Decimal(gross), Decimal(net))


@pytest.mark.parametrize("row", worked_rows("statement-variance"))
def test_the_page_and_the_code_agree(row: dict[str, str]):
    parts = variance(
        side(row["tokens"], row["gross"], row["net"]),
        side(row["their_tokens"], row["their_gross"], row["their_net"]),
    )

    volume = None if row["volume"] == NOT_GIVEN else Decimal(row["volume"])
    assert (parts.volume_usd, parts.price_usd, parts.fee_usd) == (
        *(volume, Decimal(row["price"]), Decimal(row["fee"])),
    )


@given(TOKENS, USD, USD, TOKENS, USD, USD)
def test_the_parts_add_up_to_the_difference_of_the_net_amounts(a, b, c, d, e, f):
    ours, theirs = Earned(a, b, c), Earned(d, e, f)

    difference = round_stored(variance(ours, theirs).total_usd)

    assert difference == round_stored(theirs.net_usd - ours.net_usd)


@pytest.mark.parametrize(
    ("ours", "theirs", "said"),
    [
        (("9", "10", "10"), ("9", "9.95", "9.95"), ["Within 1 % of what was accrued."]),
        (
            ("1000", "10", "10"),
            ("900", "9", "9"),
            ["They counted 100 tokens fewer than we metered: −$1.00 at our price."],
        ),
        (("1000", "10", "10"), ("1000", "8", "8"), ["They paid another price: −$2.00."]),
        (
            ("1000", "10", "10"),
            (NOT_GIVEN, "8", "8"),
            ["They paid another gross amount: −$2.00."],
        ),
        (
            ("1000", "10", "10"),
            ("1000", "10", "9"),
            ["They kept another fee than our take rate: −$1.00."],
        ),
        (
            ("1000", "0.004", "0.004"),
            ("1000", "0.003", "0.003"),
            ["They pay $0.00; $0.00 was accrued."],
        ),
        (("5", "10", "10"), ("0", "0", "0"), ["They pay nothing; $10.00 was accrued."]),
        (("0", "0", "0"), ("5", "2", "2"), ["They pay $2.00; nothing was accrued."]),
    ],
)
def test_a_difference_is_said_in_words(ours, theirs, said):
    assert words(side(*ours), side(*theirs), tolerance_percent=Decimal(1)) == said


def test_the_tolerance_itself_is_still_explained():
    ours, theirs = side("1", "100", "100"), side("1", "99", "99")

    assert is_explained(ours, theirs, tolerance_percent=Decimal(1))
    assert not is_explained(ours, theirs, tolerance_percent=Decimal("0.99"))
    assert is_explained(
        side("0", "0", "0"), side("0", "0", "0"), tolerance_percent=Decimal(0)
    )


@pytest.mark.parametrize(("net", "is_said"), [("9.995", True), ("9.995001", False)])
def test_a_part_is_said_from_half_a_cent_on(net, is_said):
    said = words(
        Earned(None, Decimal(10), Decimal(10)),
        Earned(None, Decimal(10), Decimal(net)),
        tolerance_percent=Decimal(0),
    )

    assert any("another fee" in sentence for sentence in said) == is_said
