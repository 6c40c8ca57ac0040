"""Scheduled hours: asked for by presets or a cron expression, planned with their cost."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import Deployment, ModelVariant
from tests.console.test_order_is_planned_then_confirmed import CONFIRM, FORM, hidden_fields
from tests.factories import daily_hours, make_deployment, make_fleet, make_pod


@pytest.fixture
def fields(llama: ModelVariant, catalog: None) -> dict[str, str]:
    """A good order for every day, 14:00 to 22:00 UTC."""
    return {
        "slug": "llama-b",
        "fleet_id": str(make_fleet(simulated=True).pk),
        "variant_id": str(llama.pk),
        "gpu_type_id": "NVIDIA GeForce RTX 4090",
        "cloud": "SECURE",
        "gpu_count": "1",
        "replicas": "2",
        "rental_kind": "scheduled",
        "days": "every",
        "from_time": "14:00",
        "to_time": "22:00",
        "zone": "UTC",
        "max_model_len": "8192",
        "gpu_memory_utilization": "0.90",
        "container_disk_gb": "60",
    }


def test_a_plan_shows_the_windows_the_hours_and_their_cost(
    operator: Client, fields: dict[str, str]
):
    page = operator.post(FORM, fields).content.decode()

    assert "Every day 14:00 to 22:00 UTC; " in page
    # 7 x 8 h x 2 replicas x (0.74 + 60 GB x 0.10 / 730 h), and the mean day of it
    assert '56<span class="unit">h</span>' in page and "$83.80" in page
    assert "$11.97" in page and "(mean of the next 7 days)" in page
    assert "Windows of the next 7 days" in page


def test_a_lead_is_a_part_of_the_cost(operator: Client, fields: dict[str, str]):
    early = fields | {"is_ready_at_start": "yes"}
    page = operator.post(FORM, early).content.decode()

    # 120 s and 16.06 GB x 4 s/GB = 184 s before each of 7 starts
    assert "estimate: 120 s of boot, 16.06 GB at 0.25 GB/s" in page
    assert '56.3578<span class="unit">h</span>' in page


def test_the_confirmed_order_is_saved_with_its_hours(
    operator: Client, fields: dict[str, str]
):
    own = {"days": "cron", "cron": "0 9 * * MON-FRI", "window_hours": "8"}
    berlin = fields | own | {"zone": "Europe/Berlin", "baseline_replicas": "1"}
    page = operator.post(FORM, berlin).content.decode()
    operator.post(CONFIRM, hidden_fields(page))

    deployment = Deployment.objects.get()
    assert deployment.hours_in_words == "Mon to Fri 09:00 to 17:00 Europe/Berlin"
    assert (deployment.replicas, deployment.baseline_replicas) == (2, 1)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("from_time", "noon", "From is &#x27;noon&#x27;; write a time such as 09:00."),
        ("to_time", "", "To is empty; write a time such as 17:00."),
        ("zone", "Mars/Base", "Time zone is &#x27;Mars/Base&#x27;; use a name of the IANA"),
        ("days", "payday", "Days is &#x27;payday&#x27;; use one of every, weekdays"),
        ("baseline_replicas", "x", "Replicas outside the hours is &#x27;x&#x27;; write a"),
        ("is_ready_at_start", "soon", "Begin of rental is &#x27;soon&#x27;; choose one"),
    ],
)
def test_each_wrong_value_gets_its_sentence(
    operator: Client, fields: dict[str, str], field: str, value: str, sentence: str
):
    page = operator.post(FORM, fields | {field: value}).content.decode()

    assert sentence in page
    assert 'id="confirm"' not in page
    assert not Deployment.objects.exists()


def test_the_page_of_a_deployment_shows_its_hours_and_the_next_change(operator: Client):
    hour = timezone.now().hour
    deployment = make_deployment(**daily_hours((hour + 2) % 24, (hour + 2) % 24 + 1))
    page = operator.get(f"/fleet/deployments/{deployment.pk}/").content.decode()

    assert "Scheduled hours" in page and "next start in 1 h" in page
    assert "No new requests now: outside its hours, or about to drain." in page
    assert page.count('class="seg-healthy"') == 7


def test_a_measured_start_up_takes_the_place_of_the_estimate(
    operator: Client, fields: dict[str, str], llama: ModelVariant
):
    now = timezone.now()
    for minutes in (5, 6, 10):
        make_pod(
            deployment=make_deployment(variant=llama, fleet=make_fleet(simulated=True)),
            requested_at=now - timedelta(minutes=minutes),
            ready_at=now,
            provider="sandbox",
        )
    page = operator.post(FORM, fields).content.decode()

    assert (
        "after each start (from the request to READY, measured on the last 3 pods)" in page
    )
