"""Serverless on the pages: ordered by the form, shown with its workers, and scaled."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import Deployment, ResourceStatus, ServerlessEndpoint
from fleet.services.roles import Role
from tests.console.conftest import PROVIDER
from tests.console.test_order_form_asks_for_hours import fields  # noqa: F401
from tests.console.test_order_is_planned_then_confirmed import CONFIRM, FORM, hidden_fields
from tests.factories import make_deployment, make_fleet, make_offer, make_user
from tests.fleet.services.resource_rows import make_endpoint, serverless_columns
from tests.plan_sheet import confirm

SERVERLESS = {
    "rental_kind": "serverless",
    "workers_min": "1",
    "workers_max": "3",
    "idle_timeout": "10",
    "queue_delay": "4",
}
pytestmark = pytest.mark.usefixtures("play_money")


@pytest.fixture(autouse=True)
def _worker_price(db: None) -> None:
    make_offer(
        provider=PROVIDER,
        kind="serverless",
        cloud="",
        usd_per_gpu_hour=Decimal("1.116"),
        seen_at=timezone.now(),
    )


@pytest.fixture
def row() -> ServerlessEndpoint:
    """The live endpoint of a serverless deployment; nobody has looked at it yet."""
    deployment = make_deployment(
        slug="chat", fleet=make_fleet(simulated=True), **serverless_columns()
    )
    return make_endpoint(
        deployment=deployment,
        is_rental=True,
        provider=PROVIDER,
        provider_id="abc123",
        status=ResourceStatus.LIVE,
        billed_from=timezone.now() - timedelta(hours=1),
    )


def page(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def of(row: ServerlessEndpoint) -> str:
    return f"/fleet/deployments/{row.deployment_id}/"


def looked(row: ServerlessEndpoint, **columns: object) -> None:
    now = timezone.now()
    facts = {
        "workers_seen": 2,
        "workers_seen_at": now,
        "worker_states": {"IDLE": 1, "RUNNING": 1},
        "cold_starts": 7,
        "jobs_queued": 4,
        "jobs_running": 1,
        "jobs_completed": 30,
        "jobs_failed": 2,
        "health_at": now,
    }
    ServerlessEndpoint.objects.filter(pk=row.pk).update(**(facts | columns))


def test_the_order_is_planned_with_its_money_and_confirmed(
    operator: Client,
    fields: dict[str, str],  # noqa: F811
):
    shown = operator.post(FORM, fields | SERVERLESS).content.decode()

    assert "1.116" in shown and "3.348" in shown
    assert "Set up, at most $3.35/h" in shown
    operator.post(CONFIRM, hidden_fields(shown))
    made = Deployment.objects.get(slug="llama-b")
    assert (made.rental_kind, made.workers_min, made.workers_max) == ("serverless", 1, 3)


def test_a_wrong_number_stands_beside_its_field(
    operator: Client,
    fields: dict[str, str],  # noqa: F811
):
    asked = fields | SERVERLESS | {"workers_min": "5"}

    shown = operator.post(FORM, asked).content.decode()

    assert "Least workers is 5, above the most, 3" in shown
    assert not Deployment.objects.filter(slug="llama-b").exists()


def test_workers_jobs_and_cost_are_shown_with_their_age(
    operator: Client, row: ServerlessEndpoint
):
    looked(row)

    shown = page(operator, of(row))

    assert "<strong>2</strong> of 0 to 3, 1 idle, 1 running" in shown
    assert "4 in the queue, 1 in progress, 30 completed, 2 failed" in shown
    assert "at least 7" in shown
    assert "2.232" in shown and "3.348" in shown
    assert "live" in shown and "2 workers now" in shown


def test_tokens_are_a_dash_with_the_reason_and_never_0(
    operator: Client, row: ServerlessEndpoint
):
    shown = page(operator, of(row))

    assert "can not be read on serverless workers" in shown
    assert "import of the request log" in shown


def test_before_the_first_look_every_number_is_a_dash(
    operator: Client, row: ServerlessEndpoint
):
    shown = page(operator, of(row))

    assert shown.count('title="its workers were not counted yet"') == 3
    assert 'title="its health was not told yet"' in shown
    assert 'title="no bill of today was read yet"' in shown
    assert "has not told its state lately" in shown


def test_a_look_that_is_old_is_unknown_and_not_healthy(
    operator: Client, row: ServerlessEndpoint
):
    looked(row, health_at=timezone.now() - timedelta(minutes=10))

    assert "has not told its state lately" in page(operator, of(row))
    assert "has not told its health lately" in page(operator, of(row))


def test_the_fleet_page_counts_its_workers_into_the_spend(
    operator: Client, row: ServerlessEndpoint
):
    looked(row)

    shown = page(operator, "/fleet/")

    assert "2 workers of 0 to 3" in shown
    assert "$2.232" in shown


def test_its_sheet_asks_for_workers_and_changes_them(
    operator: Client, row: ServerlessEndpoint
):
    sheet = "/actions/plan/scale/?deployment=chat"
    assert 'name="workers_max"' in page(operator, sheet)
    planned = page(operator, f"{sheet}&workers_min=0&workers_max=5&idle_timeout=30")
    confirm(operator, planned)

    row.refresh_from_db()
    assert (row.wanted_max, row.wanted_idle_seconds) == (5, 30)
    assert "0 to 5, idle 30 s, asked for and not in the list yet" in page(operator, of(row))


def test_nonsense_gets_a_sentence_and_changes_nothing(
    operator: Client, row: ServerlessEndpoint
):
    sheet = (
        "/actions/plan/scale/?deployment=chat&workers_min=x&workers_max=5&idle_timeout=9"
    )

    shown = page(operator, sheet)

    assert "Workers min is &#x27;x&#x27;; write a whole number from 0 to 100." in shown


def test_a_viewer_sees_the_plan_and_can_not_confirm_it(row: ServerlessEndpoint):
    client = Client()
    client.force_login(make_user("vera", role=Role.VIEWER))
    sheet = (
        "/actions/plan/scale/?deployment=chat&workers_min=0&workers_max=5&idle_timeout=9"
    )
    shown = page(client, sheet)

    client.post(CONFIRM, hidden_fields(shown))

    row.refresh_from_db()
    assert row.wanted_max is None
