"""Volumes, endpoints, strays, limits and the list of models as CSV: the page's rows."""

import csv
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from economics.models import GuardrailLimit, GuardrailTrip
from economics.services.guardrails.limits import ensure_limits
from fleet.models import Deployment, ResourceStatus, StrayResource
from tests.console.conftest import PROVIDER
from tests.factories import NOW, make_price
from tests.fleet.services.resource_rows import make_endpoint, make_volume

pytestmark = pytest.mark.django_db

VOLUMES, ENDPOINTS = "/volumes/volumes.csv", "/serverless/endpoints.csv"
STRAYS, LISTINGS = "/volumes/strays.csv", "/market/listings.csv"
LIMITS, TRIPS = "/guardrails/limits.csv", "/guardrails/trips.csv"


def rows(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(address, query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(answer.content.decode().splitlines()))


def live(**columns: object) -> dict[str, object]:
    return {
        "provider": PROVIDER,
        "provider_id": "abc123",
        "status": ResourceStatus.LIVE,
        "billed_from": timezone.now() - timedelta(hours=10),
    } | columns


def make_stray(**columns: object) -> StrayResource:
    seen = {"first_seen_at": NOW, "last_seen_at": NOW, "provider": PROVIDER, "ours": False}
    return StrayResource.objects.create(**seen | columns)


def test_a_volume_has_its_price_and_its_cost_to_the_last_digit(
    operator: Client, deployment: Deployment
):
    make_volume(deployment=deployment, size_gb=730, **live())

    (row,) = rows(operator, VOLUMES)

    assert (row["size_gb"], row["usd_per_hour"]) == ("730", "0.07")
    assert Decimal(row["usd_per_month_of_730_hours"]) == Decimal("51.10")
    assert round(Decimal(row["cost_to_date_usd"]), 2) == Decimal("0.70")  # and seconds
    assert (row["status"], row["mounted_by"], row["billed_until_utc"]) == ("live", "", "")


def test_a_volume_that_ended_long_ago_is_left_out_as_on_the_page(
    operator: Client, deployment: Deployment
):
    over = {"status": ResourceStatus.ENDED}
    since = timezone.now() - timedelta(days=8)
    make_volume(deployment=deployment, **live(**over, status_since=since))

    assert rows(operator, VOLUMES) == []


def test_an_endpoint_costs_nothing_known_before_its_workers_were_counted(
    operator: Client, deployment: Deployment
):
    make_endpoint(deployment=deployment, **live())

    (row,) = rows(operator, ENDPOINTS)

    assert (row["usd_per_hour"], row["workers_seen"]) == ("", "")
    assert Decimal(row["most_usd_per_hour"]) == Decimal("3.348")  # 3 workers of 1.116


def test_an_endpoint_costs_what_its_workers_seen_cost(
    operator: Client, deployment: Deployment
):
    columns = live(workers_seen=2, workers_seen_at=timezone.now())
    make_endpoint(deployment=deployment, **columns)

    assert Decimal(rows(operator, ENDPOINTS)[0]["usd_per_hour"]) == Decimal("2.232")


def test_a_name_that_the_provider_told_is_no_formula(operator: Client):
    make_stray(kind="volume", name="=1+1", provider_id="v1", size_gb=100)
    make_stray(kind="endpoint", name="theirs", provider_id="e1")

    found = {row["kind"]: row for row in rows(operator, STRAYS)}

    assert found["volume"]["name"] == "'=1+1"
    assert (found["volume"]["size_gb"], found["endpoint"]["size_gb"]) == ("100", "")
    assert (found["endpoint"]["usd_per_hour"], found["endpoint"]["billed_usd"]) == ("", "")


def test_a_model_of_the_list_has_every_digit_of_its_price(
    operator: Client, deployment: Deployment
):
    model = deployment.variant.served_model
    make_price(served_model=model, completion_usd_per_token=Decimal("0.0000000541234567"))

    found = {row["model"]: row for row in rows(operator, LISTINGS)}

    assert found[model.slug]["usd_per_million_completion"] == "0.0541234567"


def test_a_model_off_the_list_says_why_and_is_neither_ready_nor_not(
    operator: Client, deployment: Deployment
):
    found = {row["model"]: row for row in rows(operator, LISTINGS)}
    row = found[deployment.variant.served_model.slug]

    assert (row["is_listed"], row["is_ready"]) == ("no", "")
    assert row["why_not_listed"].startswith("no token price is in force")


def test_a_limit_has_its_numbers_beside_its_unit(operator: Client):
    ensure_limits(now=timezone.now())

    found = {row["rule"]: row for row in rows(operator, LIMITS)}

    assert found["daily_loss"]["unit"] == "USD"
    expected = GuardrailLimit.objects.get(rule="daily_loss", fleet=None)
    assert Decimal(found["daily_loss"]["warn"]) == expected.warn
    assert found["daily_loss"]["fleet"] == "all fleets"


def test_every_trip_is_there_and_an_unknown_value_is_empty(operator: Client):
    ensure_limits(now=timezone.now())
    limit = GuardrailLimit.objects.filter(rule="daily_loss").first()
    assert limit is not None
    for n in range(60):  # the page shows 50
        GuardrailTrip.objects.create(
            rule="daily_loss",
            level="warn",
            limit=limit,
            limit_value=Decimal(50),
            sentence="=SUM(1)",
            opened_at=NOW,
            last_seen_at=NOW,
            closed_at=NOW + timedelta(minutes=n),
        )

    found = rows(operator, TRIPS)

    assert len(found) == 60
    assert (found[0]["seen"], found[0]["limit"]) == ("", "50.0000")
    assert found[0]["sentence"] == "'=SUM(1)"


@pytest.mark.parametrize(
    ("page", "file"),
    [
        ("/volumes/", VOLUMES),
        ("/serverless/", ENDPOINTS),
        ("/volumes/", STRAYS),
        ("/market/listing/", LISTINGS),
        ("/guardrails/", LIMITS),
    ],
)
def test_the_page_leads_to_its_file(
    operator: Client, deployment: Deployment, page: str, file: str
):
    make_volume(deployment=deployment, **live())
    make_endpoint(deployment=deployment, **live(provider_id="abc124"))
    make_stray(kind="volume", name="theirs", provider_id="v1", size_gb=100)
    ensure_limits(now=timezone.now())

    assert f'href="{file}"' in operator.get(page).content.decode()


@pytest.mark.parametrize("address", [VOLUMES, ENDPOINTS, STRAYS, LISTINGS, LIMITS, TRIPS])
def test_a_file_needs_a_login(client: Client, address: str):
    assert client.get(address).status_code == 302
