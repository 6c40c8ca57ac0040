from datetime import timedelta
from decimal import Decimal

import pytest

from economics.guards import veto
from fleet.models import CloudListing, JobRun
from fleet.services.launch_guard import LaunchRequest
from tests import factories
from tests.economics.services.rows import at

NOW = at(12)


@pytest.fixture(autouse=True)
def account(settings):
    settings.PROVIDER_NAME = "runpod"
    settings.KERNE_SANDBOX = False
    settings.SPEND_LIMIT_USD_PER_HOUR = Decimal(80)
    factories.make_lists(read_at=NOW)


def launch(usd="2", committed="0", provider="runpod"):
    return LaunchRequest(
        deployment="glm-5",
        usd_per_hour=Decimal(usd),
        committed_usd_per_hour=Decimal(committed),
        provider=provider,
        now=NOW,
    )


def test_a_launch_within_limit_and_balance_goes_ahead():
    factories.make_balance(balance_usd=Decimal(100), read_at=NOW)
    assert veto(launch()) is None


def test_a_launch_above_the_spend_limit_is_refused_with_the_numbers():
    factories.make_balance(balance_usd=Decimal(9999), read_at=NOW)
    assert veto(launch("36.72", committed="54.32")) == (
        "spend limit: glm-5 costs $36.72/h and $54.32/h is rented already; together "
        "$91.04/h is above the limit of $80.00/h."
    )


def test_exactly_at_the_limit_is_allowed():
    factories.make_balance(balance_usd=Decimal(9999), read_at=NOW)
    assert veto(launch("30", committed="50")) is None


def test_less_than_an_hour_of_runway_is_refused():
    factories.make_balance(balance_usd=Decimal(3), read_at=NOW)
    assert veto(launch("2", committed="2")) == (
        "runway: a balance of $3.00 lasts 0.75 h at $4.00/h, less than 1 h. "
        "Add credit first."
    )


def test_exactly_an_hour_of_runway_is_allowed():
    factories.make_balance(balance_usd=Decimal(4), read_at=NOW)
    assert veto(launch("2", committed="2")) is None


def test_an_unknown_balance_starts_no_new_spend():
    assert "balance unknown" in (veto(launch()) or "")


def test_a_stale_balance_starts_no_new_spend():
    factories.make_balance(balance_usd=Decimal(100), read_at=NOW - timedelta(hours=2))
    assert "the last balance is of 2026-03-04 10:00 UTC" in (veto(launch()) or "")


def test_with_play_money_an_unknown_balance_stops_nothing(settings):
    settings.PROVIDER_NAME = "sandbox"
    assert veto(launch(provider="sandbox")) is None


def test_without_a_fresh_cloud_list_no_new_spend_starts():
    factories.make_balance(balance_usd=Decimal(100), read_at=NOW)
    JobRun.objects.update(started_at=NOW - timedelta(minutes=11))
    assert veto(launch()) == (
        "cloud list: the list of the pods that runpod bills is of 2026-03-04 11:49 UTC, "
        "11 min ago, so no new spend is started. It starts once the list can be read."
    )


def test_a_cloud_list_that_failed_is_no_list():
    factories.make_balance(balance_usd=Decimal(100), read_at=NOW)
    JobRun.objects.update(result="failed")
    assert "has not been read" in (veto(launch()) or "")


@pytest.mark.parametrize(
    ("what", "words"),
    [("volumes", "network volumes"), ("endpoints", "serverless endpoints")],
)
def test_without_a_fresh_list_of_what_bills_beside_pods_no_new_spend_starts(what, words):
    factories.make_balance(balance_usd=Decimal(100), read_at=NOW)
    CloudListing.objects.filter(what=what).update(read_at=NOW - timedelta(minutes=11))
    assert veto(launch()) == (
        f"cloud list: the list of the {words} that runpod bills is of 2026-03-04 11:49 "
        "UTC, 11 min ago, so no new spend is started. It starts once the list can be read."
    )
    CloudListing.objects.filter(what=what).delete()
    assert f"the {words} that runpod bills has not been read" in (veto(launch()) or "")


def test_lists_of_ten_minutes_are_fresh_enough():
    factories.make_balance(balance_usd=Decimal(100), read_at=NOW)
    CloudListing.objects.update(read_at=NOW - timedelta(minutes=10))
    assert veto(launch()) is None
