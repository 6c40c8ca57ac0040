"""What today is compared with: the same weekday, with what volumes and endpoints cost."""

from datetime import timedelta
from decimal import Decimal

import pytest

from economics.services.accrual import accrue
from economics.views.last_week import profit_a_week_ago
from fleet.models import ResourceStatus
from tests.clock import MIDNIGHT, NOON
from tests.fleet.services.resource_rows import make_volume

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def test_a_volume_counts_up_to_the_same_clock_time():
    make_volume(  # 730 GB: 0.07 USD/h
        size_gb=730,
        status=ResourceStatus.ENDED,
        billed_from=MIDNIGHT - WEEK,
        billed_until=MIDNIGHT - WEEK + timedelta(days=1),
    )
    accrue(NOON)

    assert profit_a_week_ago(NOON, simulated=False) == Decimal("-0.84")
    half_past = NOON + timedelta(minutes=30)
    assert profit_a_week_ago(half_past, simulated=False) == Decimal("-0.875")
    assert profit_a_week_ago(NOON, simulated=True) is None
