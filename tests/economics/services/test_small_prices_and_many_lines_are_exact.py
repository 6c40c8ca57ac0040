from decimal import Decimal
from itertools import repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from economics.calc.money import per_million, per_token, stored_with_carry, token_revenue
from economics.models import RevenueCarry, RevenueLine, TokenPrice
from economics.services.metering import seal_hours, settle_usage
from economics.services.prices import set_token_price
from economics.services.revenue import post_revenue
from tests.economics.services.rows import MIDNIGHT, NEXT_MIDNIGHT, at, pod, price, sample

HALF_A_STEP = Decimal("0.0000005")
NOISE = Decimal("0.0000027500000000000004")


@pytest.mark.parametrize("usd_per_token", [Decimal("2e-9"), NOISE, Decimal("1e-24")])
def test_a_price_survives_the_form_and_the_database(usd_per_token):
    model = pod().deployment.variant.served_model
    set_token_price(
        model,
        uncached_prompt=per_million(usd_per_token),
        cached_prompt=Decimal(0),
        completion=Decimal(0),
        valid_from=MIDNIGHT,
        acting_user="ada",
        now=MIDNIGHT,
    )

    stored = TokenPrice.objects.get().uncached_prompt_usd_per_token
    assert stored == usd_per_token
    assert per_token(per_million(stored)) == usd_per_token


def test_a_line_names_its_price_to_the_last_digit():
    served = pod()
    price(served, completion_usd_per_token=NOISE)
    sample(served, at(10, 59), 0, 0, 1_000_000_000)
    settle_usage(at(11))
    seal_hours(at(11, 15))

    post_revenue(at(11, 16))

    line = RevenueLine.objects.get()
    assert line.usd_per_token == NOISE
    assert line.amount_usd == Decimal("2750.000000")
    carry = RevenueCarry.objects.get().remainder_usd
    assert line.amount_usd + carry == NOISE * 1_000_000_000


def total_of_lines(amounts) -> tuple[Decimal, Decimal]:
    """(sum of the stored lines, last carry)."""
    total = carry = Decimal(0)
    for amount in amounts:
        stored, carry = stored_with_carry(amount, carry)
        total += stored
    return total, carry


def test_a_million_small_lines_sum_to_the_cent():
    amount = token_revenue(tokens=200, usd_per_token=Decimal("2e-9"))

    total, carry = total_of_lines(repeat(amount, 1_000_000))

    assert total == Decimal("0.400000") and carry == 0


@given(st.lists(st.decimals(0, 1, places=24), max_size=200))
def test_lines_and_carry_are_the_amounts_exactly(amounts):
    total, carry = total_of_lines(amounts)

    assert total + carry == sum(amounts)
    assert abs(carry) <= HALF_A_STEP


def test_the_carry_goes_on_from_run_to_run():
    served = pod()
    price(served, completion_usd_per_token=Decimal("4e-7"))
    for hour in range(10, 20):
        sample(served, at(hour, 59), 0, 0, hour - 9)
        settle_usage(at(hour, 59, 30))
        seal_hours(at(hour + 1, 20))
        post_revenue(at(hour + 1, 20))
        post_revenue(at(hour + 1, 21))

    amounts = list(RevenueLine.objects.values_list("amount_usd", flat=True))
    assert len(amounts) == 10
    assert sum(amounts) == Decimal("0.000004")


def test_one_run_over_many_hours_books_the_same_as_many_runs():
    served = pod()
    price(served, completion_usd_per_token=Decimal("4e-7"))
    for hour in range(10, 20):
        sample(served, at(hour, 59), 0, 0, hour - 9)
    settle_usage(NEXT_MIDNIGHT)
    seal_hours(NEXT_MIDNIGHT)

    post_revenue(NEXT_MIDNIGHT)

    assert sum(RevenueLine.objects.values_list("amount_usd", flat=True)) == Decimal(
        "0.000004"
    )
