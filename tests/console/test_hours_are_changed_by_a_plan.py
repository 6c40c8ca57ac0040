"""Other hours for a deployment that exists: asked for, planned, confirmed, audited."""

import re
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import Action, AuditEntry, Deployment
from fleet.services.roles import Role
from tests.factories import make_deployment, make_fleet, make_pod, make_user

PLAN = "/actions/plan/rental/"
CONFIRM = "/actions/confirm/"
OFFICE = {
    "rental_kind": "scheduled",
    **{"days": "weekdays", "from_time": "09:00", "to_time": "17:00"},
    "zone": "Europe/Berlin",
}


@pytest.fixture
def always(catalog: None) -> Deployment:
    """One replica on an RTX 4090, around the clock; 73 GB of disk cost $0.01/h."""
    return make_deployment(
        slug="llama",
        fleet=make_fleet(simulated=True),
        container_disk_gb=73,
        max_usd_per_gpu_hour=Decimal("0.80"),
    )


def sent_along(page: str) -> dict[str, str]:
    form = page.split(f'action="{CONFIRM}"')[1].split("</form>")[0]
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', form))


def test_the_sheet_asks_for_hours_and_proposes_what_is_now(
    operator: Client, always: Deployment
):
    page = operator.get(PLAN, {"deployment": "llama"}).content.decode()

    assert 'id="id_from_time"' in page and 'value="09:00"' in page
    assert 'id="confirm"' not in page


def test_the_plan_says_what_becomes_what_and_the_cost_of_a_week(
    operator: Client, always: Deployment
):
    page = operator.get(PLAN, OFFICE | {"deployment": "llama"}).content.decode()

    after = "Mon to Fri 09:00 to 17:00 Europe/Berlin, 0 outside"
    assert f"on-demand, always on → <strong>{after}</strong>" in page
    # 168 h and 40 h at $0.74 + $0.01
    assert "cost 126.00 USD as it is, and 30.00 USD by the new hours" in page
    assert "$13.71" in page and "(mean of the next 7 days)" in page
    assert not AuditEntry.objects.exists()


def test_confirmed_hours_hold_once_and_are_audited(operator: Client, always: Deployment):
    page = operator.get(PLAN, OFFICE | {"deployment": "llama"}).content.decode()
    for _ in range(2):
        operator.post(CONFIRM, sent_along(page))

    always.refresh_from_db()
    assert always.hours_in_words == "Mon to Fri 09:00 to 17:00 Europe/Berlin"
    entry = AuditEntry.objects.get(verb="change rental")
    assert entry.figures["before"] == "on-demand, always on"
    assert Action.objects.count() == 1


def test_back_to_always_forgets_the_hours(operator: Client, always: Deployment):
    Deployment.objects.update(
        rental_kind="scheduled",
        schedule_starts="0 9 * * *",
        schedule_seconds=3600,
        schedule_zone="UTC",
        baseline_replicas=1,
    )
    asked = {"deployment": "llama", "rental_kind": "on_demand"}
    page = operator.get(PLAN, asked).content.decode()
    operator.post(CONFIRM, sent_along(page))

    always.refresh_from_db()
    assert (always.rental_kind, always.schedule_starts) == ("on_demand", "")
    assert always.replicas_wanted(now=timezone.now()) == 1


def test_pods_that_end_by_the_new_hours_are_told_with_what_is_lost(
    operator: Client, always: Deployment
):
    make_pod(deployment=always, provider="sandbox")
    # A leap day two years ahead: nothing is wanted now.
    rare = {"days": "cron", "cron": "0 9 29 2 *", "window_hours": "8"}
    page = operator.get(PLAN, OFFICE | rare | {"deployment": "llama"}).content.decode()

    assert "1 → <strong>0</strong>" in page
    assert "Container disks of 73 GB are erased" in page


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (
            {"rental_kind": "burst"},
            "Rental is &#x27;burst&#x27;; use scheduled or on_demand",
        ),
        ({"rental_kind": "on_demand"}, "llama is rented like that already."),
        ({"from_time": "dawn"}, "From is &#x27;dawn&#x27;; write a time such as 09:00."),
        (
            {"zone": "Berlin"},
            "Time zone is &#x27;Berlin&#x27;; use a name of the IANA list",
        ),
        (
            {"baseline_replicas": "-1"},
            "Replicas outside the hours is &#x27;-1&#x27;; write",
        ),
        ({"baseline_replicas": "2"}, "Replicas outside the hours is 2; use 0 to 1"),
        ({"deployment": "nobody"}, "Deployment &#x27;nobody&#x27; does not exist"),
    ],
)
def test_each_wrong_value_gets_its_sentence(
    operator: Client, always: Deployment, changes: dict[str, str], sentence: str
):
    page = operator.get(PLAN, OFFICE | {"deployment": "llama"} | changes).content.decode()

    assert sentence in page
    assert 'id="confirm"' not in page


def test_a_viewer_sees_the_plan_and_can_not_confirm_it(client: Client, always: Deployment):
    client.force_login(make_user("vera", role=Role.VIEWER))
    page = client.get(PLAN, OFFICE | {"deployment": "llama"}).content.decode()
    answer = client.post(CONFIRM, sent_along(page))

    always.refresh_from_db()
    assert answer.status_code == 403
    assert always.rental_kind == "on_demand"
