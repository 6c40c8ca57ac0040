"""What today is compared with: the same weekday, with what volumes and endpoints cost."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from economics.selectors.past import past
from economics.services.accrual import accrue
from fleet.models import Deployment, ResourceStatus
from tests.clock import MIDNIGHT, NOON
from tests.fleet.services.resource_rows import make_volume

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def week_ago(now: datetime, *, simulated: bool = False) -> Decimal | None:
    members = Deployment.objects.filter(fleet__simulated=simulated)
    return past(now, simulated=simulated, members=[each.pk for each in members]).week_ago


def test_a_volume_counts_up_to_the_same_clock_time():
    make_volume(  # 730 GB: 0.07 USD/h
        size_gb=730,
        status=ResourceStatus.ENDED,
        billed_from=MIDNIGHT - WEEK,
        billed_until=MIDNIGHT - WEEK + timedelta(days=1),
    )
    accrue(NOON)

    assert week_ago(NOON) == Decimal("-0.84")
    half_past = NOON + timedelta(minutes=30)
    assert week_ago(half_past) == Decimal("-0.875")
    assert week_ago(NOON, simulated=True) is None
