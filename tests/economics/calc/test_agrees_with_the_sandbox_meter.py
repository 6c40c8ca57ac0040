from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from economics.calc.accrual import compute_cost, disk_cost
from economics.calc.money import STORED_STEP
from fleet.sandbox.money import CONTAINER_DISK, Charge, Segment
from fleet.selectors.burn import CONTAINER_DISK_USD_PER_GB_MONTH


@given(
    seconds=st.integers(0, 10**7),
    usd_per_hour=st.decimals(min_value=0, max_value=100, places=4),
    disk_gb=st.integers(0, 2000),
)
def test_what_is_accrued_is_what_the_sandbox_charges(seconds, usd_per_hour, disk_gb):
    meter = Segment(0, None, usd_per_hour, CONTAINER_DISK * disk_gb)
    charged: Charge = meter.charge(0, seconds)

    rent = compute_cost(seconds=seconds, usd_per_hour=usd_per_hour)
    disk = disk_cost(
        seconds=seconds, disk_gb=disk_gb, usd_per_gb_month=CONTAINER_DISK_USD_PER_GB_MONTH
    )

    assert abs(rent - charged.compute_usd) < STORED_STEP
    assert abs(disk - charged.storage_usd) < STORED_STEP


def test_both_know_the_same_price_of_a_disk():
    assert CONTAINER_DISK_USD_PER_GB_MONTH == CONTAINER_DISK == Decimal("0.10")
