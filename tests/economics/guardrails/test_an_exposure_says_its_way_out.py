import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.calc.guardrails import Rule
from economics.models import GuardrailTrip
from economics.services.accrual import accrue
from economics.services.guardrails.check import check
from fleet.models import Pod, PodStatus
from fleet.services.roles import Role
from tests import factories
from tests.factories import make_user

PAGE = "/guardrails/"
pytestmark = pytest.mark.django_db


def browser(role: Role) -> Client:
    client = Client()
    client.force_login(make_user(role.value, role=role))
    return client


@pytest.fixture
def after_an_exit(limit) -> None:
    """$16 were spent two days ago on a fleet that nothing runs of any more."""
    now = timezone.now()
    ended = now - timedelta(days=2)
    fleet = factories.make_fleet(name="Tier 2", slug="tier-2", tier=2)
    deployment = factories.make_deployment(
        fleet=fleet, slug="glm-5", created_at=now - timedelta(days=3), replicas=0
    )
    factories.make_pod(
        deployment=deployment,
        status=PodStatus.TERMINATED,
        status_since=ended,
        container_disk_gb=0,
        usd_per_pod_hour=Decimal(8),
        requested_at=ended - timedelta(hours=2),
        billed_from=ended - timedelta(hours=2),
        billed_until=ended,
        ready_at=ended - timedelta(hours=2),
    )
    limit(Rule.EXPOSURE, refuse="10")
    accrue(now)
    check(now=now)


def test_it_stays_tripped_and_says_to_an_admin_what_to_do_with_the_link(after_an_exit):
    assert not Pod.objects.rented().exists()

    page = browser(Role.ADMIN).get(PAGE).content.decode()

    assert "What was spent stays spent: this does not fall by itself" in page
    link = re.search(r'<a href="([^"]+)">name a new first day</a>', page)
    assert link and link[1] == "/guardrails/limit/?rule=exposure&amp;fleet="


def test_the_page_behind_the_link_ends_it(after_an_exit):
    admin, today = browser(Role.ADMIN), timezone.now()
    form = admin.get("/guardrails/limit/?rule=exposure&fleet=").content.decode()
    assert 'name="counted_from"' in form

    admin.post(
        "/guardrails/limit/",
        {"rule": "exposure", "refuse": "10", "counted_from": f"{today:%Y-%m-%d}"},
    )
    check(now=timezone.now())

    assert GuardrailTrip.objects.get().closed_at is not None
    page = admin.get(PAGE).content.decode()
    assert "this does not fall by itself" not in page


def test_who_may_not_set_it_reads_who_may(after_an_exit):
    page = browser(Role.VIEWER).get(PAGE).content.decode()

    assert "an admin names a new first day from which it counts." in page
    assert "name a new first day</a>" not in page


def test_what_falls_by_itself_says_nothing_of_it(limit, deployment):
    factories.make_pod(deployment=deployment, usd_per_pod_hour=Decimal(8))
    limit(Rule.COMMITTED, warn="1", now=timezone.now())
    check(now=timezone.now())

    page = browser(Role.ADMIN).get(PAGE).content.decode()

    assert "Committed spend" in page and "does not fall by itself" not in page
