from decimal import Decimal

from economics.calc.break_even import BreakEvenVerdict
from economics.calc.unknown import Unknown
from economics.selectors import deployment_break_even
from economics.services.accrual import accrue
from economics.services.metering import settle_usage
from tests import factories
from tests.economics.services.rows import at, pod, price, sample

NOON = at(12)


def test_break_even_follows_the_real_mix_and_never_the_average_of_two_prices():
    served = pod()
    price(served)
    sample(served, at(10, 59), 9_000_000, 8_000_000, 1_000_000)
    settle_usage(at(11))
    accrue(NOON)

    seen = deployment_break_even(served.deployment, NOON)

    # 1 M at $1, 8 M at $0.10 and 1 M at $2 are $3.80 for 10 M tokens
    assert seen.blended_per_million == Decimal("0.38")
    assert seen.usd_per_hour == Decimal("0.75")
    assert not isinstance(seen.tokens_per_day, Unknown)
    assert round(seen.tokens_per_day) == 47_368_421  # $18 a day / $0.38 per M
    assert not isinstance(seen.utilization, Unknown)
    assert round(seen.utilization.utilization, 4) == Decimal("0.5482")
    assert seen.utilization.verdict == BreakEvenVerdict.CAN


def test_above_one_the_verdict_is_that_it_can_not():
    served = pod()
    price(served)
    sample(served, at(10, 59), 9_000_000, 9_000_000, 0)
    settle_usage(at(11))

    seen = deployment_break_even(served.deployment, NOON)

    assert not isinstance(seen.utilization, Unknown)
    assert seen.utilization.verdict == "cannot break even"


def reason(figure) -> str:
    assert isinstance(figure, Unknown)
    return figure.reason


def test_every_figure_that_is_not_known_says_why():
    deployment = factories.make_deployment()

    seen = deployment_break_even(deployment, NOON)

    assert "no pod" in reason(seen.usd_per_hour)
    assert "no tokens" in reason(seen.mix)
    assert "no token price" in reason(seen.rates)
    assert "peak throughput" in reason(seen.utilization_now)
    assert "no token price" in reason(seen.blended_per_million)
    assert isinstance(seen.tokens_per_day, Unknown)
    assert isinstance(seen.utilization, Unknown)
    assert isinstance(seen.price_per_million, Unknown)


def test_the_price_that_would_pay_is_that_at_the_present_utilization():
    served = pod()
    price(served)
    sample(served, at(10, 59), 2_700_000, 0, 0)  # half of 1000/s x 5400 s
    settle_usage(at(11))
    served.billed_until = NOON
    served.save(update_fields=["billed_until"])
    accrue(NOON)

    seen = deployment_break_even(served.deployment, NOON)

    assert seen.utilization_now == Decimal("0.5")
    assert not isinstance(seen.price_per_million, Unknown)
    assert round(seen.price_per_million, 6) == Decimal("0.416667")  # $0.75 / 1.8 M tokens
