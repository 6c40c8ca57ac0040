"""Volumes and endpoints that nobody ordered: what they cost, and what can be done."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from economics.models import ResourceObservation
from fleet.models import Deployment, StrayResource
from tests.console.conftest import PROVIDER

pytestmark = pytest.mark.usefixtures("play_money", "db")
VOLUMES, SERVERLESS = "/volumes/", "/serverless/"


def stray(kind: str = "volume", **columns: Any) -> StrayResource:
    now = timezone.now()
    defaults: dict[str, Any] = {
        "kind": kind,
        "provider": PROVIDER,
        "provider_id": "stray1",
        "name": "somebodys-work",
        "ours": False,
        "size_gb": 730 if kind == "volume" else 0,
        "workers_max": 3 if kind == "endpoint" else 0,
        "first_seen_at": now,
        "last_seen_at": now,
    }
    return StrayResource.objects.create(**(defaults | columns))


def billed(kind: str, usd: str) -> None:
    hour = timezone.now().replace(minute=0, second=0, microsecond=0)
    ResourceObservation.objects.create(
        provider=PROVIDER,
        kind=kind,
        provider_id="stray1",
        bucket_start=hour,
        bucket_end=hour + timedelta(hours=1),
        total_usd=Decimal(usd),
        observed_at=hour,
    )


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize(
    ("kind", "address"), [("volume", VOLUMES), ("endpoint", SERVERLESS)]
)
def test_what_it_was_billed_so_far_is_shown(operator: Client, kind: str, address: str):
    stray(kind)
    assert 'title="no bill has named it yet"' in page(operator, address)
    billed(kind, "4.20")

    assert "$4.20" in page(operator, address)


def test_an_endpoint_shows_its_workers_and_what_they_cost(operator: Client):
    stray(
        "endpoint",
        workers_seen=2,
        workers_seen_at=timezone.now(),
        usd_per_worker_hour=Decimal("1.116"),
    )

    assert "2.232" in page(operator, SERVERLESS)


def test_a_price_that_nobody_knows_is_unknown_and_not_0(operator: Client):
    stray("endpoint", workers_seen=2, workers_seen_at=timezone.now())

    shown = page(operator, SERVERLESS)

    assert "their GPU has no price in the catalog" in shown and ">unknown<" in shown


def test_the_overview_raises_the_alarm_with_what_is_known(
    operator: Client, deployment: Deployment
):
    stray()
    assert "<strong>1 volume nobody ordered</strong>, billed at $0.07" in page(
        operator, "/"
    )
    stray("endpoint", provider_id="stray2", workers_seen=1)

    shown = page(operator, "/")

    assert "<strong>1 volume 1 endpoint nobody ordered</strong>" in shown
    assert "and an unknown price of 1 endpoint" in shown
    assert "Account spends at least" in shown and "1 at a price that is unknown" in shown


def test_what_no_row_explains_is_told_with_its_bill(operator: Client):
    billed("volume", "4.20")

    shown = page(operator, "/overview/alarms/")

    assert "$4.20 billed for the network volume <code>stray1</code>" in shown
    assert 'href="/volumes/"' in shown
