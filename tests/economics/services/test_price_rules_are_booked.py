from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from economics.models import Provenance, RevenueCarry, RevenueLine
from economics.services.metering import seal_hours, settle_usage
from economics.services.price_rules import NewDiscount, NewRule
from economics.services.prices import set_token_price
from economics.services.revenue import post_revenue
from tests import factories
from tests.economics.services.rows import MIDNIGHT, NEXT_MIDNIGHT, at, pod, sample

LATER = NEXT_MIDNIGHT + timedelta(days=2)
NIGHT = NewRule("22:00-06:00", Decimal("0.50"), Decimal("0.10"), Decimal("1"))
LONG = NewRule("over 200000", Decimal(2), Decimal("0.20"), Decimal(3))


def charge(served, *, rules=(), discount=None, **prices):
    asked = {
        "uncached_prompt": Decimal(1),
        "cached_prompt": Decimal("0.10"),
        "completion": Decimal(2),
        "valid_from": MIDNIGHT,
    }
    return set_token_price(
        served.deployment.variant.served_model,
        rules=rules,
        discount=discount,
        acting_user="ada",
        now=MIDNIGHT,
        **(asked | prices),
    )


def completions(served, hours, tokens=1000):
    """So many completion tokens in each of some hours after midnight."""
    served.billed_from = MIDNIGHT
    served.save(update_fields=["billed_from"])
    start = MIDNIGHT
    sample(served, start, 0, 0, 0, started=start)
    total = 0
    for hour in hours:
        sample(served, at(hour), 0, 0, total, started=start)
        total += tokens
        sample(served, at(hour, 59, 59), 0, 0, total, started=start)
    settle_usage(LATER)
    seal_hours(LATER)


def booked():
    rows = RevenueLine.objects.order_by("usage_hour__hour_start")
    return [
        (line.usage_hour.hour_start, line.rule, line.amount_usd)
        for line in rows.select_related("usage_hour")
    ]


def test_hours_of_a_window_have_its_price_and_their_neighbours_the_base_price():
    served = pod()
    charge(served, rules=[NIGHT])
    completions(served, [5, 6, 21, 22, 23, 24])

    post_revenue(LATER)

    assert booked() == [
        (at(5), "22-06", Decimal("0.001000")),
        (at(6), "", Decimal("0.002000")),
        (at(21), "", Decimal("0.002000")),
        (at(22), "22-06", Decimal("0.001000")),
        (at(23), "22-06", Decimal("0.001000")),
        (at(24), "22-06", Decimal("0.001000")),
    ]


@pytest.mark.parametrize(
    ("funding", "within"), [("ours", "0.001500"), ("market", "0.002000")]
)
def test_only_a_discount_that_we_fund_lowers_what_is_booked(funding, within):
    served = pod()
    cut = NewDiscount(Decimal("0.25"), funding, from_at=at(12), until_at=at(14))
    charge(served, discount=cut)
    completions(served, [11, 12, 13, 14])

    post_revenue(LATER)

    amounts = [str(amount) for _, _, amount in booked()]
    assert amounts == ["0.002000", within, within, "0.002000"]


def test_an_hour_of_counters_is_booked_at_the_least_and_bounded_by_long_prompts():
    deployment = factories.make_deployment(max_model_len=1_000_000, created_at=MIDNIGHT)
    served = pod(deployment=deployment)
    charge(served, rules=[LONG])
    sample(served, at(10, 59), 3_000_000, 1_000_000, 1000)
    settle_usage(at(11))
    seal_hours(at(11, 15))

    post_revenue(at(11, 16))

    found = {
        line.token_class: (line.amount_usd, line.at_most_usd, line.provenance)
        for line in RevenueLine.objects.all()
    }
    guess = Provenance.ESTIMATED
    assert found == {
        "uncached_prompt": (Decimal("2.000000"), Decimal("4.000000"), guess),
        "cached_prompt": (Decimal("0.100000"), Decimal("0.200000"), guess),
        "completion": (Decimal("0.002000"), Decimal("0.003000"), guess),
    }


def test_a_pod_that_takes_no_prompt_that_long_is_booked_exactly():
    deployment = factories.make_deployment(max_model_len=200_000, created_at=MIDNIGHT)
    served = pod(deployment=deployment)
    charge(served, rules=[LONG])
    sample(served, at(10, 59), 3_000_000, 1_000_000, 1000)
    settle_usage(at(11))
    seal_hours(at(11, 15))

    post_revenue(at(11, 16))

    tags = set(RevenueLine.objects.values_list("provenance", "at_most_usd"))
    assert tags == {(Provenance.MEASURED, None)}


def test_a_context_that_was_changed_since_the_order_bounds_nothing():
    deployment = factories.make_deployment(
        max_model_len=8192, created_at=MIDNIGHT, revision=2
    )
    served = pod(deployment=deployment, revision=1)
    charge(served, rules=[LONG])
    sample(served, at(10, 59), 3_000_000, 0, 0)
    settle_usage(at(11))
    seal_hours(at(11, 15))

    post_revenue(at(11, 16))

    assert RevenueLine.objects.get().at_most_usd == Decimal("6.000000")


def test_replaying_the_booking_adds_no_line():
    served = pod()
    cut = NewDiscount(Decimal("0.25"), from_at=at(12))
    charge(served, rules=[NIGHT], discount=cut)
    completions(served, [11, 12, 23])
    post_revenue(LATER)
    first = list(RevenueLine.objects.values())

    assert post_revenue(LATER + timedelta(hours=1)).hours == 0
    assert list(RevenueLine.objects.values()) == first


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
    st.decimals("1e-12", "1e-5", places=18).filter(bool),
    st.decimals("0.0001", "0.9999", places=4),
)
def test_lines_and_carry_are_what_a_hand_sums_up(tokens, usd_per_token, fraction):
    served = pod()
    million = usd_per_token.scaleb(6)
    night = NewRule("22:00-06:00", Decimal(0), Decimal(0), million * 2)
    charge(
        served,
        uncached_prompt=Decimal(0),
        cached_prompt=Decimal(0),
        completion=million,
        rules=[night],
        discount=NewDiscount(fraction, from_at=at(5)),
    )
    by_hour = dict(zip(range(3, 9), tokens, strict=False))
    start, total = MIDNIGHT, 0
    sample(served, start, 0, 0, 0, started=start)
    for hour, count in by_hour.items():
        sample(served, at(hour), 0, 0, total, started=start)
        total += count
        sample(served, at(hour, 59, 59), 0, 0, total, started=start)
    settle_usage(LATER)
    seal_hours(LATER)
    post_revenue(LATER)

    expected = Decimal(0)
    for hour, count in by_hour.items():
        rate = usd_per_token * (2 if hour < 6 else 1)
        expected += count * rate * ((1 - fraction) if hour >= 5 else 1)
    own = {"deployment": served.deployment}
    lines = sum(RevenueLine.objects.filter(**own).values_list("amount_usd", flat=True))
    carry = sum(RevenueCarry.objects.filter(**own).values_list("remainder_usd", flat=True))
    assert lines + carry == expected
