"""What a stranger sends: each gets an answer, none an error page, nothing is saved."""

import pytest
from django.test import Client

from fleet.models import Deployment, ModelVariant, Pod
from tests.factories import make_fleet
from tests.plan_sheet import open_sheet

NUL = "a\x00b"
LONG = "x" * 100_000


@pytest.fixture
def fields(llama: ModelVariant, catalog: None) -> dict[str, str]:
    return {
        "slug": "llama-b",
        "fleet_id": str(make_fleet(simulated=True).pk),
        "variant_id": str(llama.pk),
        "gpu_type_id": "NVIDIA GeForce RTX 4090",
        "cloud": "SECURE",
        "gpu_count": "1",
        "replicas": "1",
        "rental_kind": "on_demand",
        "max_model_len": "8192",
        "gpu_memory_utilization": "0.90",
        "container_disk_gb": "60",
    }


def test_a_null_character_in_the_filter_is_left_out(operator: Client, pod: Pod):
    page = operator.get("/fleet/", {"q": "llama\x00-a"})

    assert page.status_code == 200 and pod.name in page.content.decode()


def test_a_null_character_in_the_order_key_places_nothing(
    operator: Client, fields: dict[str, str]
):
    page = operator.post("/actions/confirm/", fields | {"key": "\x00"})

    assert "The confirmation is incomplete" in page.content.decode()
    assert not Deployment.objects.exists()


@pytest.mark.parametrize("replicas", ["9" * 5_000, "²", "٣", "\x00", "-1", "21", "1e3"])
def test_replicas_that_are_no_small_number_get_a_sentence(
    operator: Client, deployment: Deployment, play_money: None, replicas: str
):
    page = open_sheet(operator, "scale", deployment=deployment.slug, replicas=replicas)

    assert "write a whole number from 1 to 20" in page


@pytest.mark.parametrize(
    ("kind", "parameters"),
    [
        ("scale", {"deployment": "nobody", "replicas": "2"}),
        ("stop", {}),
        ("stop", {"deployment": NUL}),
        ("terminate", {"pod": "x" * 5_000}),
        ("adopt", {"orphan": "gone", "deployment": "nobody"}),
        ("end_orphan", {"orphan": "\x00"}),
        (
            "rental",
            {"deployment": "nobody\x00", "rental_kind": "scheduled", "zone": "../\x00"},
        ),
        ("launch", {"slug": "half"}),
    ],
)
def test_an_action_on_nothing_gets_a_sentence(
    operator: Client, kind: str, parameters: dict[str, str]
):
    page = open_sheet(operator, kind, **parameters)

    assert "Nothing was changed." in page


def test_an_action_of_no_kind_is_not_found(operator: Client):
    assert operator.get("/actions/plan/explode/").status_code == 404


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("slug", "Name"),
        ("gpu_type_id", "GPU"),
        ("cloud", "Cloud"),
        ("rental_kind", "Rental"),
    ],
)
def test_a_name_that_can_not_be_one_is_named_and_not_echoed(
    operator: Client, fields: dict[str, str], field: str, label: str
):
    long = operator.post("/fleet/order/", fields | {field: LONG}).content.decode()
    null = operator.post("/fleet/order/", fields | {field: NUL}).content.decode()

    assert f"{label} has 100,000 characters; write at most 120." in long
    assert f"{label} is" in null and "without the null character" in null
    assert long.count(LONG) <= 1  # the field itself, never the sentence


@pytest.mark.parametrize("gpus", ["0", "-1"])
def test_no_gpus_have_no_price(operator: Client, fields: dict[str, str], gpus: str):
    page = operator.post("/fleet/order/fit/", fields | {"gpu_count": gpus})

    assert "Does not fit" in page.content.decode() and "$" not in page.content.decode()


def test_a_request_that_is_too_large_gets_our_page(operator: Client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000

    page = operator.post("/fleet/order/", {"slug": LONG})

    assert page.status_code == 400
    assert "nothing was changed" in page.content.decode()
