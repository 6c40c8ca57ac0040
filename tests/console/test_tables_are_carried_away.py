"""Tables of the fleet as CSV: what is filtered, exact, and no formula for a spreadsheet."""

import csv
from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from economics.calc.hours import hour_start
from economics.models import UsageHour
from fleet.models import Action, Deployment, Incident, Pod
from tests.factories import NOW, make_job_run

pytestmark = pytest.mark.django_db

FILES = {
    "pods": "/fleet/pods.csv",
    "actions": "/actions/actions.csv",
    "incidents": "/alerts/incidents.csv",
    "runs": "/jobs/runs.csv",
}


def rows(client: Client, address: str, **query: str) -> list[dict[str, str]]:
    answer = client.get(address, query)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    return list(csv.DictReader(answer.content.decode().splitlines()))


def make_action(deployment: Deployment, **changes) -> Action:
    columns = {
        "kind": "stop",
        "key": "k1",
        "target": deployment.slug,
        "deployment": deployment,
        "plan": {"usd_per_hour": "-0.7452", "usd_per_day": "-17.8848"},
        "confirmed_by": "ada",
        "confirmed_at": NOW,
    }
    return Action.objects.create(**columns | changes)


def test_a_pod_has_its_price_with_the_disk_and_no_rate_that_nobody_measured(
    operator: Client, pod: Pod
):
    (row,) = rows(operator, FILES["pods"])

    assert (row["pod"], row["deployment"]) == (pod.name, "llama-a")
    assert float(row["usd_per_hour"]) > 0
    assert row["tokens_per_minute"] == ""
    assert row["billed_from_utc"] == f"{pod.billed_from:%Y-%m-%dT%H:%M:%SZ}"


def test_pods_are_those_of_the_filter(operator: Client, pod: Pod):
    assert rows(operator, FILES["pods"], q="nothing-like-it") == []


def test_an_action_keeps_every_digit_and_a_loss_stays_a_number(
    operator: Client, deployment: Deployment
):
    make_action(deployment)

    (row,) = rows(operator, FILES["actions"])

    assert (row["usd_per_hour"], row["usd_per_day"]) == ("-0.7452", "-17.8848")
    assert (row["state"], row["ended_at_utc"]) == ("running", "")


def test_actions_are_those_of_the_filter(operator: Client, deployment: Deployment):
    make_action(deployment)

    assert rows(operator, FILES["actions"], state="ended") == []


def test_an_incident_that_never_counted_is_left_out(operator: Client):
    seen = {"first_seen_at": NOW, "last_seen_at": NOW}
    Incident.objects.create(key="late:a", title="not yet", **seen)
    Incident.objects.create(key="late:b", title="=1+1", opened_at=NOW, **seen)

    (row,) = rows(operator, FILES["incidents"])

    assert (row["rule"], row["title"], row["closed_at_utc"]) == ("late", "'=1+1", "")


def test_a_run_that_goes_on_has_no_duration(operator: Client):
    make_job_run("probe", started_at=NOW, ended_at=None, result="running")
    make_job_run("probe", started_at=NOW, ended_at=NOW + timedelta(seconds=1.5))

    assert sorted(row["seconds"] for row in rows(operator, FILES["runs"])) == ["", "1.500"]


def test_served_hours_are_all_there(operator: Client, pod: Pod):
    newest = hour_start(timezone.now())
    for n in range(60):  # the page shows 48
        UsageHour.objects.create(
            pod=pod, hour_start=newest - timedelta(hours=n), completion_tokens=n
        )

    found = rows(operator, reverse("economics:served-csv", args=[pod.deployment_id]))

    assert [row["completion_tokens"] for row in found] == [str(n) for n in range(60)]


@pytest.mark.parametrize(
    ("page", "file"),
    [
        ("/fleet/?q=llama", "/fleet/pods.csv?q=llama"),
        ("/actions/?state=ended", "/actions/actions.csv?state=ended"),
        ("/alerts/", FILES["incidents"]),
        ("/jobs/", FILES["runs"]),
    ],
)
def test_the_page_leads_to_its_file(operator: Client, pod: Pod, page: str, file: str):
    assert f'href="{file}"' in operator.get(page).content.decode()


@pytest.mark.parametrize("address", FILES.values())
def test_a_file_needs_a_login(client: Client, address: str):
    assert client.get(address).status_code == 302
