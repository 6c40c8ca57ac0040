"""N workers launch at once where there is room for k: exactly k pass. Real threads with
connections of their own, real PostgreSQL, the real guard inside the real claim."""

from decimal import Decimal

import pytest
from django.db import connection

from economics.calc.guardrails import Rule
from economics.guards import veto
from economics.models import GuardrailTrip
from economics.services.guardrails.check import check
from fleet.models import AuditEntry, Pod, PodStatus
from fleet.providers.base import GpuOffer
from fleet.providers.fake import FakeProvider
from fleet.services.provisioning import provision
from fleet.services.spending import stop_spending
from tests import factories
from tests.at_once import at_once
from tests.economics.guardrails.story import NOW, rented

WORKERS = 8
RTX_4090 = "NVIDIA GeForce RTX 4090"


@pytest.fixture(autouse=True)
def books(transactional_db, settings):
    """Threads see each other's rows only when they are committed."""
    settings.PROVIDER_NAME = "fake"


@pytest.fixture
def account() -> FakeProvider:
    return FakeProvider(
        now=lambda: NOW,
        offers=[GpuOffer(RTX_4090, "RTX 4090", 24, "SECURE", Decimal("3.99"), 8, "HIGH")],
    )


def wait_longer() -> None:
    """A busy machine may keep the eighth in the queue for longer than production waits;
    what is asked here is how many pass, not how soon."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '30s'; SET statement_timeout = '30s'")


def wanted(count: int, **fleet) -> list[Pod]:
    """Intents at $4/h with their disk, each of a deployment of its own."""
    factories.make_balance(provider="fake", balance_usd=Decimal(9999), read_at=NOW)
    factories.make_lists("fake", read_at=NOW)
    fleet = factories.make_fleet(**fleet)
    return [
        factories.make_requested_pod(
            deployment=factories.make_deployment(
                fleet=fleet, created_at=NOW, max_usd_per_gpu_hour=Decimal(4)
            ),
            provider="fake",
            api_key="sk-0123456789abcdef",
            requested_at=NOW,
            container_disk_gb=73,  # $0.01/h
            quoted_usd_per_pod_hour=Decimal("3.99"),
        )
        for _ in range(count)
    ]


def launches(pods: list[Pod], account: FakeProvider) -> list[object]:
    """Whether each was rented, all asked at once."""
    asked = [
        lambda pk=pod.pk: provision(pk, provider=account, guard=veto, now=NOW)
        for pod in pods
    ]
    return at_once(*asked, before=wait_longer)


@pytest.mark.parametrize(
    ("rule", "number"),
    [
        (Rule.COMMITTED, "12"),  # three at 4 USD/h
        (Rule.DAY_SPEND, "3"),  # three times 15 minutes of 4 USD/h
        (Rule.DAILY_LOSS, "3"),
        (Rule.EXPOSURE, "3"),
    ],
)
@pytest.mark.parametrize("of_fleet", [False, True])
def test_exactly_as_many_pass_as_there_is_room_for(limit, account, rule, number, of_fleet):
    pods = wanted(WORKERS)
    limit(rule, fleet=pods[0].deployment.fleet if of_fleet else None, refuse=number)

    rented_now = launches(pods, account)

    assert sum(map(bool, rented_now)) == 3
    assert len(account.requests) == 3
    refused = Pod.objects.filter(status=PodStatus.REQUESTED)
    assert refused.count() == WORKERS - 3
    assert all("not launched: " in pod.status_reason for pod in refused)


def test_a_runway_is_not_halved_by_two_at_once(limit, account):
    pods = wanted(WORKERS)
    limit(Rule.RUNWAY, refuse="833")  # 9,999 USD: 833.25 h at 12 USD/h, 624.9 h at 16

    assert sum(map(bool, launches(pods, account))) == 3


def test_the_accounts_own_limit_holds_for_all_of_them(settings, account):
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(8)
    pods = wanted(WORKERS)

    assert sum(map(bool, launches(pods, account))) == 2


def test_a_switch_that_is_pulled_in_between_lets_none_through_afterwards(account):
    pods = wanted(WORKERS)

    def pull() -> int:
        stop_spending(acting_user="ada", now=NOW)
        return Pod.objects.exclude(status=PodStatus.REQUESTED).count()

    asked = [
        lambda pk=pod.pk: provision(pk, provider=account, guard=veto, now=NOW)
        for pod in pods
    ]
    done = at_once(pull, *asked, before=wait_longer)

    claimed_when_it_returned = done[0]
    assert sum(map(bool, done[1:])) <= claimed_when_it_returned
    assert len(account.requests) <= claimed_when_it_returned


def test_four_checks_at_once_open_one_trip_and_say_the_stop_once(deployment, limit):
    rented(deployment, provider="fake")
    limit(Rule.DAY_SPEND, drain="18")

    at_once(*[lambda: check(now=NOW)] * 4, before=wait_longer)

    assert GuardrailTrip.objects.count() == 1
    assert AuditEntry.objects.filter(verb="terminate").count() == 1
