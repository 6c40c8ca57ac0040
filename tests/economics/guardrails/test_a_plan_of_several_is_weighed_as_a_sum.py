"""Limits see the new rent of one plan together: of all, of each fleet, of each account."""

from dataclasses import replace
from decimal import Decimal

import pytest

from economics.guards import veto
from economics.models import GuardrailLimit
from fleet.models import Deployment
from fleet.services.launch_guard import Beside, LaunchRequest
from tests import factories
from tests.economics.services.rows import at

NOW = at(12)
pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def account(settings):
    settings.PROVIDER_NAME = "runpod"
    settings.KERNE_SANDBOX = False
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(10)
    factories.make_lists(read_at=NOW)
    factories.make_balance(balance_usd=Decimal(1000), read_at=NOW)


@pytest.fixture
def two() -> tuple[Deployment, Deployment]:
    """Deployments of two fleets, nothing rented."""
    first = factories.make_deployment(slug="a", fleet=factories.make_fleet(name="One"))
    other = factories.make_deployment(slug="b", fleet=factories.make_fleet(name="Two"))
    return first, other


def asked(of: Deployment, usd: str, *beside: Beside) -> LaunchRequest:
    return LaunchRequest(
        deployment=of.slug,
        usd_per_hour=Decimal(usd),
        committed_usd_per_hour=Decimal(0),
        provider="runpod",
        now=NOW,
        fleet_id=of.fleet_id,
        deployment_id=of.pk,
        beside=beside,
    )


def beside(of: Deployment, usd: str, provider: str = "runpod") -> Beside:
    return Beside(of.pk, provider, Decimal(usd))


def limit(fleet=None, refuse: str = "10") -> None:
    GuardrailLimit.objects.create(
        rule="committed",
        fleet=fleet,
        version=1,
        refuse=Decimal(refuse),
        effective_from=NOW,
        set_by="ada",
        set_at=NOW,
    )


def test_the_spend_limit_counts_the_sum_and_says_so(two):
    first, other = two

    assert veto(asked(first, "6")) is None
    assert veto(asked(first, "6", beside(other, "4"))) is None  # exactly at the limit
    assert veto(asked(first, "6", beside(other, "5"))) == (
        "spend limit: a and 1 more costs $11.00/h and $0.00/h is rented already; together "
        "$11.00/h is above the limit of $10.00/h."
    )


def test_a_limit_of_all_fleets_counts_the_sum(two, settings):
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(999)
    first, other = two
    limit(refuse="10")

    assert veto(asked(first, "6", beside(other, "4"))) is None
    said = veto(asked(first, "6", beside(other, "5")))

    assert said is not None and "becomes $11.00/h with a and 1 more at $11.00/h" in said


def test_a_limit_of_a_fleet_counts_only_what_is_of_it(two, settings):
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(999)
    first, other = two
    limit(fleet=first.fleet, refuse="7")

    assert veto(asked(first, "6", beside(other, "50"))) is None
    sibling = factories.make_deployment(slug="c", fleet=first.fleet)
    assert veto(asked(first, "6", beside(sibling, "2"))) is not None


def test_the_balance_lasts_for_the_sum_at_its_own_account(two, settings):
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(9999)
    first, other = two
    request = asked(first, "600", beside(other, "300"))

    assert veto(request) is None
    assert "runway: a balance of $1,000.00 lasts 0.91 h at $1,100.00/h" in str(
        veto(asked(first, "600", beside(other, "500")))
    )
    elsewhere = (beside(other, "500", provider="spotmarket"),)
    assert veto(replace(request, beside=elsewhere)) is None
