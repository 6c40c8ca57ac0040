"""Other workers asked for while an endpoint is set up: none of both numbers is lost."""

import pytest

from fleet.models import ServerlessEndpoint
from fleet.selectors.serverless import Workers
from fleet.services import endpoint_changes, resource_rent
from tests.clock import NOON
from tests.fleet.services.conftest import allow
from tests.fleet.services.resource_rows import make_endpoint

pytestmark = pytest.mark.django_db


def test_a_create_sends_the_workers_that_were_asked_for_since_it_was_due(account, clock):
    make_endpoint(workers_max=10)
    (due,) = resource_rent.due("fake", now=NOON)
    asked = ServerlessEndpoint.objects.get()
    endpoint_changes.wish(asked, Workers(0, 1, 30), acting_user="ada", now=NOON)

    resource_rent.create(due, provider=account, guard=allow, now=NOON)

    (made,) = account.cloud_endpoints.values()
    assert (made.workers_max, made.idle_timeout_seconds) == (1, 30)


def test_the_guard_weighs_the_workers_that_are_sent(account, clock):
    make_endpoint(workers_max=1)
    (due,) = resource_rent.due("fake", now=NOON)
    asked = ServerlessEndpoint.objects.get()
    endpoint_changes.wish(asked, Workers(0, 10, 30), acting_user="ada", now=NOON)
    weighed = []

    resource_rent.create(
        due, provider=account, guard=lambda request: weighed.append(request), now=NOON
    )

    (request,) = weighed
    assert request.usd_per_hour == 10 * asked.usd_per_worker_hour
