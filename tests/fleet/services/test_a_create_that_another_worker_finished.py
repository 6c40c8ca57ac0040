"""A worker that comes too late for a due resource leaves it as the other one made it."""

import pytest

from fleet.models import ResourceStatus, ServerlessEndpoint
from fleet.services import resource_rent
from tests.clock import NOON
from tests.fleet.services.conftest import allow
from tests.fleet.services.resource_rows import make_endpoint

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["read before the other's create", "read after it"])
def late(request, account, clock) -> ServerlessEndpoint:
    """A due row that another worker has created meanwhile."""
    make_endpoint()
    (first,), (before,) = (resource_rent.due("fake", now=NOON) for _ in range(2))
    assert resource_rent.create(first, provider=account, guard=allow, now=NOON)
    return before if "before" in request.param else ServerlessEndpoint.objects.get()


def test_it_creates_nothing_more(late, account):
    assert not resource_rent.create(late, provider=account, guard=allow, now=NOON)

    assert [method for method, _ in account.calls] == ["create_endpoint"]


def test_a_guard_that_refuses_now_does_not_call_it_not_created(late, account):
    before = ServerlessEndpoint.objects.get()

    resource_rent.create(late, provider=account, guard=lambda _: "over", now=NOON)

    after = ServerlessEndpoint.objects.get()
    assert after.status == before.status != ResourceStatus.REQUESTED
    assert after.status_reason == before.status_reason
