from decimal import Decimal

from economics.selectors import deployment_break_even
from economics.services.accrual import accrue
from economics.services.metering import settle_usage
from tests.economics.services.rows import at, pod, price, sample


def test_a_young_pod_is_not_called_twice_as_busy_as_it_is():
    served = pod()  # billed from 10:30, at most 1,000 tokens a second
    price(served)
    sample(served, at(10, 59), 900_000, 0, 0)  # half of what 30 min allow
    sample(served, at(11, 59, 59), 2_700_000, 0, 0)  # and half of the next hour
    settle_usage(at(11, 59, 59))
    accrue(at(11, 10))  # books the first half hour; the second hour runs up

    seen = deployment_break_even(served.deployment, at(12))

    assert seen.utilization_now == Decimal("0.5")


def test_the_first_hour_has_a_utilization_before_any_line():
    served = pod()
    price(served)
    sample(served, at(10, 40), 300_000, 0, 0)
    settle_usage(at(10, 40))

    seen = deployment_break_even(served.deployment, at(10, 40))

    assert seen.utilization_now == Decimal("0.5")
