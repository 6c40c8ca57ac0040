"""Volumes and endpoints that nobody ordered: what they cost, and what can be done."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from economics.models import ResourceObservation
from fleet.models import Action, Deployment, NetworkVolume, ResourceStatus, StrayResource
from fleet.services.roles import Role
from tests.console.conftest import PROVIDER
from tests.factories import make_user
from tests.fleet.services.resource_rows import make_volume
from tests.plan_sheet import confirm, open_sheet

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


def test_a_bill_below_a_cent_is_not_told_as_nothing(operator: Client):
    billed("volume", "0.0041")

    assert "$0.0041 billed for the network volume" in page(operator, "/overview/alarms/")


def test_a_stray_volume_is_ended_by_its_typed_name(operator: Client):
    row = stray()
    assert "left alone until you end or adopt it" in page(operator, VOLUMES)
    sheet = open_sheet(operator, "end_stray", stray="volume:stray1")
    assert "730 GB on it are erased" in sheet and "somebodys-work" in sheet

    confirm(operator, sheet, typed="somebody")
    row.refresh_from_db()
    assert row.end_wanted_by == ""
    confirm(operator, sheet, typed="somebodys-work")

    row.refresh_from_db()
    assert row.end_wanted_by == "ada"
    assert Action.objects.get().kind == "end_stray"
    assert "ada ended it; the next list sends the order" in page(operator, VOLUMES)


def test_what_the_provider_says_to_its_end_is_shown(operator: Client):
    stray(end_wanted_by="ada", end_sent_at=timezone.now(), end_refused="it is mounted")

    assert "The provider says: it is mounted" in page(operator, VOLUMES)


def test_a_stray_volume_is_adopted_by_a_chosen_deployment(
    operator: Client, deployment: Deployment
):
    stray(data_center_id="EU-RO-1")
    sheet = open_sheet(operator, "adopt_volume", stray="volume:stray1")
    assert "For the weights of" in sheet and deployment.slug in sheet
    sheet = open_sheet(
        operator, "adopt_volume", stray="volume:stray1", deployment=deployment.slug
    )
    confirm(operator, sheet)

    assert NetworkVolume.objects.get().deployment == deployment


def test_a_volume_is_grown_by_a_size_that_is_asked_for(
    operator: Client, deployment: Deployment
):
    volume = make_volume(
        deployment=deployment,
        size_gb=730,
        provider=PROVIDER,
        provider_id="abc",
        status=ResourceStatus.LIVE,
        billed_from=timezone.now(),
    )
    assert f"grow_volume/?volume={volume.name}" in page(operator, VOLUMES)
    asks = open_sheet(operator, "grow_volume", volume=volume.name)
    assert 'name="size_gb"' in asks and "It can only grow" in asks
    said = open_sheet(operator, "grow_volume", volume=volume.name, size_gb="100")
    assert "a volume can not shrink" in said and "Nothing was changed" in said
    sheet = open_sheet(operator, "grow_volume", volume=volume.name, size_gb="876")
    assert "Grow to 876 GB for $0.014/h" in sheet

    confirm(operator, sheet)

    assert "grows to 876 GB" in page(operator, VOLUMES)


@pytest.mark.parametrize("kind", ["end_stray", "adopt_volume", "grow_volume"])
@pytest.mark.parametrize("value", ["", "volume:", ":", "volume:\x00", "x" * 500])
def test_nonsense_is_told_and_changes_nothing(
    operator: Client, deployment: Deployment, kind: str, value: str
):
    stray()
    named = {"deployment": deployment.slug, "size_gb": "20", "volume": value}

    said = open_sheet(operator, kind, stray=value, **named)

    assert "Nothing was changed" in said
    assert not Action.objects.exists()


def test_a_viewer_ends_nothing(operator: Client):
    row = stray()
    sheet = open_sheet(operator, "end_stray", stray="volume:stray1")
    viewer = Client()
    viewer.force_login(make_user("vera", role=Role.VIEWER))

    assert confirm(viewer, sheet, typed="somebodys-work").status_code == 403
    row.refresh_from_db()
    assert row.end_wanted_by == ""
