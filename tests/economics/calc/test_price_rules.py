from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.price_rule import (
    Discount,
    HoursOfDay,
    LongPrompts,
    PriceSheet,
    as_json,
    condition_of,
    from_json,
    taken_off,
)
from economics.calc.token_mix import TokenCounts, TokenRates, revenue
from tests.economics.formula_page import NOT_GIVEN, worked_rows

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
NOISE = Decimal("0.0000027500000000000004")


def rates(uncached: str, cached: str, completion: str) -> TokenRates:
    return TokenRates.from_per_million(
        uncached_prompt=Decimal(uncached),
        cached_prompt=Decimal(cached),
        completion=Decimal(completion),
    )


def quarter_off(*, ours: bool) -> Discount:
    return Discount(Decimal("0.25"), NOON, NOON + timedelta(hours=12), ours)


BASE = rates("1.00", "0.20", "4.00")
LISTS = {
    "A": PriceSheet(
        rates("1.25", "0.25", "5.00"), (LongPrompts(200000, rates("2.50", "0.50", "7.50")),)
    ),
    "B": PriceSheet(
        BASE, (HoursOfDay(22, 6, rates("0.50", "0.10", "2.00")),), quarter_off(ours=True)
    ),
    "C": PriceSheet(BASE, (), quarter_off(ours=False)),
}


@pytest.mark.parametrize("row", worked_rows("price-rules"))
def test_the_worked_examples_of_the_price_rules_page_hold(row):
    sheet = LISTS[row["list"]]
    at = datetime.fromisoformat(row["at"]).replace(tzinfo=UTC)
    prompt, cached = int(row["prompt"]), int(row["cached"])
    counts = TokenCounts(prompt - cached, cached, int(row["completion"]))

    buyer = sheet.buyer_rates(at, prompt_tokens=prompt)
    charge = sheet.charged(at, shortest=prompt, longest=prompt)

    assert revenue(counts, buyer) == Decimal(row["buyer_usd"])
    assert revenue(counts, charge.rates) == Decimal(row["our_usd"])
    assert (charge.rule or NOT_GIVEN, charge.most) == (row["rule"], None)


@pytest.mark.parametrize(("name", "off_usd"), [("B", "0.0022"), ("C", "0")])
def test_what_we_take_off_is_the_list_less_what_is_paid(name: str, off_usd: str):
    rates, fraction = LISTS[name].charged(NOON).rates, LISTS[name].own_discount(NOON)
    counts = {"uncached_prompt": 6_000, "cached_prompt": 4_000, "completion": 500}

    off = sum(
        taken_off(tokens=n, usd_per_token=getattr(rates, kind), fraction=fraction)
        for kind, n in counts.items()
    )

    assert off == Decimal(off_usd)


def test_requests_on_both_sides_of_a_threshold_are_bounded_by_the_dearer_price():
    charge = LISTS["A"].charged(NOON, shortest=0, longest=200001)

    assert charge.rates == LISTS["A"].base
    assert charge.most == LISTS["A"].tiers[0].rates


def test_requests_that_reach_a_threshold_and_not_above_it_are_exact():
    charge = LISTS["A"].charged(NOON, shortest=0, longest=200000)

    assert (charge.rates, charge.rule, charge.most) == (LISTS["A"].base, "", None)


def test_of_two_thresholds_the_longer_one_that_is_passed_applies():
    sheet = PriceSheet(
        BASE,
        (
            LongPrompts(256000, rates("3", "0.6", "12")),
            LongPrompts(128000, rates("2", "0.4", "8")),
        ),
    )

    asked = [128000, 128001, 256000, 256001]
    assert [sheet.charged(NOON, shortest=n, longest=n).rule for n in asked] == [
        "",
        "over 128000",
        "over 128000",
        "over 256000",
    ]


def test_a_window_over_midnight_has_the_hours_of_both_sides():
    assert HoursOfDay(22, 6, BASE).hours == {22, 23, 0, 1, 2, 3, 4, 5}
    assert HoursOfDay(13, 0, BASE).hours == set(range(13, 24))


def test_a_discount_takes_the_last_digit_exactly():
    sheet = PriceSheet(
        TokenRates(NOISE, Decimal("2e-9"), NOISE), (), quarter_off(ours=True)
    )

    paid = sheet.charged(NOON).rates

    assert paid.uncached_prompt == Decimal("0.0000020625000000000003")
    assert paid.cached_prompt == Decimal("0.0000000015")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("over 200000", 200000),
        ("Over 200,000 tokens", 200000),
        ("> 128000", 128000),
        ("13:00-21:00", (13, 21)),
        ("22-06", (22, 6)),
        ("21:00 to 24:00", (21, 0)),
    ],
)
def test_a_condition_is_read_as_people_write_it(text, condition):
    assert condition_of(text) == condition


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is no condition; write"),
        ("long prompts", "is no condition; write"),
        ("over 0", "is no length of a prompt"),
        ("over 999999999999", "is no length of a prompt"),
        ("13:30-21:00", "begins or ends inside of an hour"),
        ("13:00-25:00", "has an hour after 24:00"),
        ("13:00-13:00", "is the whole day or none of it"),
        ("00:00-24:00", "is the whole day or none of it"),
    ],
)
def test_a_condition_that_says_nothing_gets_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        condition_of(text)


PRICES = st.decimals(0, 1, places=24)
RATES = st.builds(TokenRates, PRICES, PRICES, PRICES)


@given(st.builds(LongPrompts, st.integers(1, 10**8), RATES))
def test_a_rule_is_kept_to_its_last_digit(rule):
    assert from_json(as_json(rule)) == rule


@given(
    st.lists(st.tuples(st.integers(0, 400_000), st.integers(0, 4_000)), max_size=30),
    st.integers(0, 23),
)
def test_what_requests_earned_lies_within_the_bounds_of_their_sum(requests, hour):
    sheet, at = LISTS["A"], NOON.replace(hour=hour)
    earned, total = Decimal(0), TokenCounts()
    for prompt, completion in requests:
        counts = TokenCounts(prompt, 0, completion)
        exact = sheet.charged(at, shortest=prompt, longest=prompt)
        earned += revenue(counts, exact.rates)
        total += counts

    charge = sheet.charged(at, shortest=0, longest=None)

    assert charge.most is not None
    assert revenue(total, charge.rates) <= earned <= revenue(total, charge.most)
