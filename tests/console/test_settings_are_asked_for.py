import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import Deployment, Pod
from fleet.services.roles import Role
from tests.factories import make_user
from tests.plan_sheet import confirm


@pytest.fixture
def address(pod: Pod, catalog: None, play_money: None) -> str:
    return reverse("fleet:deployment-settings", args=[pod.deployment_id])


@pytest.fixture
def fields(deployment: Deployment) -> dict[str, str]:
    return {
        "max_model_len": "4096",
        "gpu_memory_utilization": "0.90",
        "image": deployment.image,
        "gpu_type_id": deployment.gpu_type_id,
        "cloud": "SECURE",
        "gpu_count": "1",
        "container_disk_gb": "40",
        "max_usd_per_gpu_hour": "1.00",
    }


def test_the_form_shows_what_is(operator: Client, address: str):
    page = operator.get(address).content.decode()

    assert 'name="max_model_len" value="8192"' in page


def test_it_leads_over_the_plan_to_other_settings(
    operator: Client, address: str, fields: dict[str, str]
):
    sheet = operator.post(address, fields, follow=True).content.decode()
    confirm(operator, sheet)

    assert "8192 → <strong>4096" in sheet
    assert Deployment.objects.get().max_model_len == 4096


@pytest.mark.parametrize(
    ("field", "value"),
    [("max_model_len", "lots"), ("gpu_count", ""), ("gpu_type_id", "Voodoo 2")],
)
def test_a_wrong_field_is_marked_and_nothing_changes(
    operator: Client, address: str, fields: dict[str, str], field: str, value: str
):
    page = operator.post(address, fields | {field: value}).content.decode()

    assert 'aria-invalid="true"' in page or 'role="alert"' in page
    assert Deployment.objects.get().max_model_len == 8192


def test_a_viewer_reads_the_form_and_may_not_send_it(address: str, fields: dict[str, str]):
    viewer = Client()
    viewer.force_login(make_user("vic", role=Role.VIEWER))

    assert viewer.get(address).status_code == 200
    assert viewer.post(address, fields).status_code == 403


def test_extra_arguments_are_typed_shown_and_taken_away(
    operator: Client, address: str, fields: dict[str, str]
):
    given = fields | {"extra_args": "--max-num-seqs 64"}
    confirm(operator, operator.post(address, given, follow=True).content.decode())

    assert Deployment.objects.get().extra_args == "--max-num-seqs 64"
    page = operator.get(address).content.decode()
    assert 'name="extra_args" value="--max-num-seqs 64"' in page


def test_a_wrong_extra_argument_is_marked_beside_its_field(
    operator: Client, address: str, fields: dict[str, str]
):
    wrong = fields | {"extra_args": "--api-key sk-0123456789"}

    page = operator.post(address, wrong).content.decode()

    assert "Extra arguments hold a key or a token" in page
    assert Deployment.objects.get().extra_args == ""
