"""The veto over a launch at a second provider: its own balance, its own list, all money."""

from datetime import timedelta
from decimal import Decimal

import pytest

from economics.guards import veto
from fleet.models import JobRun
from fleet.services.launch_guard import LaunchRequest
from tests import factories
from tests.economics.services.rows import at

NOW = at(12)


@pytest.fixture(autouse=True)
def two_accounts(settings):
    settings.PROVIDER_NAME, settings.SPOT_PROVIDER_NAME = "runpod", "othercloud"
    settings.KERNE_SANDBOX = False
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(80)
    factories.make_balance(balance_usd=Decimal(1000), read_at=NOW)
    factories.make_balance(provider="othercloud", balance_usd=Decimal(9), read_at=NOW)
    factories.make_job_run("list_cloud", started_at=NOW)
    factories.make_job_run("list_cloud@othercloud", started_at=NOW)


def launch(usd="2", committed="0", provider="othercloud", own="0"):
    return LaunchRequest(
        deployment="glm-5",
        usd_per_hour=Decimal(usd),
        committed_usd_per_hour=Decimal(committed),
        provider=provider,
        now=NOW,
        account_usd_per_hour=Decimal(own),
    )


def test_what_is_rented_anywhere_counts_against_the_spend_limit():
    assert veto(launch(committed="78")) is None
    assert "spend limit" in (veto(launch(committed="78.01")) or "")


def test_the_runway_is_that_of_the_account_that_pays():
    assert veto(launch("9", committed="70")) is None
    assert "a balance of $9.00 lasts 0.90 h" in (veto(launch("9", own="1")) or "")


def test_a_blind_list_stops_launches_at_its_own_provider_only():
    JobRun.objects.filter(name="list_cloud@othercloud").update(
        started_at=NOW - timedelta(minutes=11)
    )

    assert "cloud list: the list of the pods that othercloud bills" in (
        veto(launch()) or ""
    )
    # Volumes and endpoints are the main provider's, whose lists were never read here.
    assert "the list of the network volumes that runpod bills" in (
        veto(launch(provider="runpod")) or ""
    )
