from decimal import Decimal

import pytest
from django.utils.html import strip_tags

from economics.calc.unknown import Unknown
from fleet.templatetags import numbers
from fleet.templatetags.console import relative_words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("38.2", "$38.20"),
        ("1234.5", "$1,234.50"),
        ("-4.1", "−$4.10"),
        ("0.005", "$0.01"),
        ("-0.001", "$0.00"),
        ("0", "$0.00"),
    ],
)
def test_money_has_two_decimals_half_up_and_a_true_minus(value: str, text: str):
    assert numbers.money(Decimal(value)) == text


def test_a_rate_keeps_four_decimals_and_not_a_zero_more():
    assert numbers.money(Decimal("0.74"), most=4) == "$0.74"
    assert numbers.money(Decimal("0.00548"), most=4) == "$0.0055"


@pytest.mark.parametrize(
    ("value", "text"), [("3", "−$3.00"), ("0", "$0.00"), ("-1.5", "$1.50")]
)
def test_what_is_subtracted_has_one_sign_and_nothing_has_none(value: str, text: str):
    assert strip_tags(numbers.taken_off(Decimal(value))) == text


@pytest.mark.parametrize("unknown", [None, "", Unknown("the balance was not read")])
def test_a_missing_number_is_a_dash_with_a_reason_and_never_zero(unknown: object):
    for filter_ in (numbers.usd, numbers.usd_signed, numbers.tokens, numbers.percent):
        text = filter_(unknown)
        assert "—" in text and "unknown: " in text and "0" not in text


def test_the_reason_of_an_unknown_figure_is_its_own():
    assert "the balance was not read" in numbers.usd(Unknown("the balance was not read"))


@pytest.mark.parametrize(
    ("value", "text"),
    [(950, ">950<"), (12_400, ">12.4\u00a0k<"), (1_240_000, ">1.24\u00a0M<")],
)
def test_tokens_are_short_with_the_exact_count_beside(value: int, text: str):
    shown = numbers.tokens(value)

    assert text in shown and f'title="{value:,}"' in shown


def test_a_fraction_becomes_per_cent():
    assert numbers.percent(Decimal("0.1234")) == "12.3 %"


def test_a_number_of_per_cent_has_a_true_minus():
    assert numbers.per_cent(Decimal("-2.04")) == "−2.0 %"


@pytest.mark.parametrize(
    ("value", "text"), [("0.5", "30 min"), ("19.4", "19 h"), ("151.2", "6.3 days")]
)
def test_hours_are_said_as_people_say_them(value: str, text: str):
    assert numbers.hours(Decimal(value)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(4, "4 s ago"), (-90, "in 1 min"), (0.2, "now"), (90_000, "1 d ago")],
)
def test_ages_are_said_in_one_unit(seconds: float, text: str):
    assert relative_words(seconds) == text
