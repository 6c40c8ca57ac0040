"""A wish for workers that was changed after it was read is not sent in its place."""

from decimal import Decimal

import pytest

from fleet.models import ResourceStatus, ServerlessEndpoint
from fleet.providers.fake import FakeProvider
from fleet.services import endpoint_changes
from tests.clock import NOON, Clock
from tests.factories import make_deployment
from tests.fleet.services.conftest import allow
from tests.fleet.services.resource_rows import calls, make_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture
def row(db: None) -> ServerlessEndpoint:
    """Seven workers are wished for, weighed, and not sent yet."""
    return make_endpoint(
        deployment=make_deployment(),
        provider_id="end1",
        status=ResourceStatus.LIVE,
        usd_per_worker_hour=Decimal(4),
        wanted_min=0,
        wanted_max=7,
        wanted_idle_seconds=10,
        change_claimed_at=NOON,
    )


def test_what_is_wished_for_since_is_not_overtaken_by_the_old_wish(row):
    account = FakeProvider(now=Clock(), offers=[])
    ServerlessEndpoint.objects.update(wanted_max=2, change_claimed_at=None)

    sent = endpoint_changes.send(row, provider=account, guard=allow, now=NOON)

    assert not sent
    assert calls(account, "set_workers") == 0
    assert ServerlessEndpoint.objects.get().change_sent_at is None
