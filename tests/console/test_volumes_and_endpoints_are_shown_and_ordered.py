"""The pages of volumes and endpoints, and the actions that they lead to."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import (
    Action,
    AuditEntry,
    Deployment,
    NetworkVolume,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.services.roles import Role
from tests.console.conftest import PROVIDER
from tests.factories import make_offer, make_user
from tests.fleet.services.resource_rows import make_endpoint, make_volume
from tests.plan_sheet import confirm, open_sheet

pytestmark = pytest.mark.usefixtures("play_money")
VOLUMES, SERVERLESS = "/volumes/", "/serverless/"


@pytest.fixture
def viewer(db: None) -> Client:
    client = Client()
    client.force_login(make_user("vera", role=Role.VIEWER))
    return client


@pytest.fixture
def worker_price(db: None) -> None:
    make_offer(
        provider=PROVIDER,
        kind="serverless",
        cloud="",
        usd_per_gpu_hour=Decimal("1.116"),
        seen_at=timezone.now(),
    )


def live(**columns: object) -> dict[str, object]:
    now = timezone.now()
    return {
        "provider": PROVIDER,
        "provider_id": "abc123",
        "status": ResourceStatus.LIVE,
        "billed_from": now - timedelta(hours=10),
    } | columns


def confirm_sheet(client: Client, sheet: str, **answers: str) -> str:
    """The page after a confirmation."""
    text: str = confirm(client, sheet, **answers).content.decode()
    return text


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


@pytest.mark.parametrize("address", [VOLUMES, SERVERLESS])
def test_an_empty_page_says_so_and_offers_the_first(operator: Client, address: str):
    assert "yet</h2>" in page(operator, address)
    assert "Show what it costs" in page(operator, address)


def test_a_volume_is_shown_with_its_cost_per_hour_month_and_to_date(
    operator: Client, deployment: Deployment
):
    make_volume(deployment=deployment, size_gb=730, **live())

    shown = page(operator, VOLUMES)

    assert "0.07" in shown and "$51.10" in shown and "$0.70" in shown
    assert 'title="no pod mounts it now"' in shown


def test_an_endpoint_is_shown_with_what_its_workers_cost_now(
    operator: Client, deployment: Deployment
):
    columns = live(workers_seen=2, workers_seen_at=timezone.now())
    make_endpoint(deployment=deployment, **columns)

    shown = page(operator, SERVERLESS)

    assert "2.232" in shown and "3.348" in shown  # now; at most, with 3 workers


def test_workers_that_nobody_counted_are_a_dash_and_not_0(
    operator: Client, deployment: Deployment
):
    make_endpoint(deployment=deployment, **live())

    assert 'title="its workers were not counted"' in page(operator, SERVERLESS)


@pytest.mark.parametrize(
    ("kind", "address", "said"),
    [
        ("volume", VOLUMES, "it holds data: left alone"),
        ("endpoint", SERVERLESS, "ended after a grace time"),
    ],
)
def test_strays_are_shown_with_what_happens_to_them(
    operator: Client, kind: str, address: str, said: str
):
    now = timezone.now()
    StrayResource.objects.create(
        kind=kind,
        provider=PROVIDER,
        provider_id="stray1",
        name="kerne-demo-forgotten",
        ours=True,
        size_gb=730,
        first_seen_at=now,
        last_seen_at=now,
    )

    shown = page(operator, address)

    assert "that nobody ordered" in shown and said in shown


def test_a_volume_is_planned_with_its_month_and_then_wanted(
    operator: Client, deployment: Deployment
):
    asked = {"deployment": deployment.slug, "size_gb": "730", "data_center": "EU-RO-1"}
    sheet = open_sheet(operator, "add_volume", **asked)
    assert "51.10 USD a month" in sheet and "Rent 730 GB for $0.07/h" in sheet

    confirm_sheet(operator, sheet)
    confirm_sheet(operator, sheet)

    volume = NetworkVolume.objects.get()
    assert (volume.status, volume.size_gb) == (ResourceStatus.REQUESTED, 730)
    assert volume.name == f"kerne-demo-{deployment.slug}-vol-1"
    assert Action.objects.get().kind == "add_volume"
    assert AuditEntry.objects.filter(verb="order volume", acting_user="ada").exists()


@pytest.mark.usefixtures("worker_price")
def test_an_endpoint_is_planned_at_most_and_then_wanted(
    operator: Client, deployment: Deployment
):
    asked = {"deployment": deployment.slug, "workers_max": "2"}
    sheet = open_sheet(operator, "add_endpoint", **asked)
    assert "2.2320 USD/h is the most" in sheet

    confirm_sheet(operator, sheet)

    endpoint = ServerlessEndpoint.objects.get()
    assert (endpoint.workers_min, endpoint.workers_max) == (0, 2)
    assert endpoint.usd_per_worker_hour == Decimal("1.116")


def test_deleting_a_volume_asks_for_its_name(operator: Client, deployment: Deployment):
    volume = make_volume(deployment=deployment, **live())
    sheet = open_sheet(operator, "end_volume", volume=volume.name)
    assert "erased" in sheet

    refused = confirm_sheet(operator, sheet)
    assert f"type {volume.name}" in refused
    volume.refresh_from_db()
    assert volume.status == ResourceStatus.LIVE
    confirm_sheet(operator, sheet, typed=volume.name)

    volume.refresh_from_db()
    assert volume.status == ResourceStatus.ENDING


@pytest.mark.parametrize(
    ("kind", "parameters", "said"),
    [
        ("add_volume", {"size_gb": "9"}, "from 10 to 4096"),
        ("add_volume", {"size_gb": "1e3"}, "write a whole number"),
        ("add_volume", {"size_gb": "100"}, "data_center is missing"),
        ("add_endpoint", {"workers_max": "0"}, "from 1 to 100"),
        ("add_endpoint", {"workers_min": "3"}, "may not exceed"),
        ("add_endpoint", {}, "sells no serverless workers"),
        ("end_volume", {"volume": "\x00"}, "volume is missing"),
        ("end_endpoint", {"endpoint": "gone"}, "There is no endpoint called"),
    ],
)
def test_what_can_not_be_had_gets_a_sentence(
    operator: Client,
    deployment: Deployment,
    kind: str,
    parameters: dict[str, str],
    said: str,
):
    sheet = open_sheet(operator, kind, **({"deployment": deployment.slug} | parameters))

    assert said in sheet
    assert not NetworkVolume.objects.exists() and not ServerlessEndpoint.objects.exists()


def test_a_second_volume_for_a_deployment_is_refused(
    operator: Client, deployment: Deployment
):
    make_volume(deployment=deployment, **live())
    asked = {"deployment": deployment.slug, "size_gb": "100", "data_center": "EU-RO-1"}

    assert "a pod mounts one" in open_sheet(operator, "add_volume", **asked)


def test_a_viewer_reads_and_can_not_confirm(viewer: Client, deployment: Deployment):
    page(viewer, VOLUMES)
    page(viewer, SERVERLESS)

    assert viewer.post("/actions/confirm/", {}).status_code == 403


@pytest.mark.parametrize("address", [VOLUMES, SERVERLESS])
def test_many_rows_cost_few_queries(
    operator: Client, deployment: Deployment, django_assert_max_num_queries, address: str
):
    for number in range(12):
        make_volume(**live(provider_id=f"v{number}"))
        make_endpoint(**live(provider_id=f"e{number}"))

    with django_assert_max_num_queries(20):
        page(operator, address)
