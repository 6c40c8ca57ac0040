"""Which pods have billed seconds without a line: asked of the database, or of what a page
has read already, it is the same."""

from datetime import timedelta

import pytest

from economics.selectors.pod_cost import (
    is_unaccrued,
    live_and_unaccrued_pods,
    unaccrued_pods,
)
from economics.services.accrual import accrue
from fleet.models import ENDED
from tests.economics.services.rows import STARTED, at, pod

pytestmark = pytest.mark.django_db
NOW = at(13)


def test_both_ways_find_the_same_pods():
    rows = [
        pod(),
        pod(billed_until=at(12, 30)),  # ended, with a line that does not reach its end
        pod(billed_until=at(12), status="terminated"),
        pod(billed_from=NOW + timedelta(minutes=1)),
        pod(billed_from=None, status="requested"),
        pod(billed_until=STARTED + timedelta(minutes=10), status="terminated"),
    ]
    accrue(at(12, 10))

    read = list(live_and_unaccrued_pods(NOW))

    found = [each for each in read if is_unaccrued(each, NOW)]
    assert found == list(unaccrued_pods(NOW))
    assert 0 < len(found) < len(rows)
    assert {each.pk for each in read} >= {
        each.pk for each in rows if each.status not in ENDED
    }
