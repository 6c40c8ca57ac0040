import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import Deployment, Pod
from tests.factories import make_user
from tests.plan_sheet import CONFIRM, open_sheet

POST_ONLY = [
    ("fleet:action-confirm", {}),
    ("fleet:order-fit", {}),
    ("fleet:demo-start", {}),
    ("fleet:job-run", {"name": "fleet.tasks.reconcile"}),
]


@pytest.mark.parametrize(("name", "arguments"), POST_ONLY)
def test_a_deed_is_not_done_by_opening_its_address(
    operator: Client, name: str, arguments: dict[str, str]
):
    assert operator.get(reverse(name, kwargs=arguments)).status_code == 405


def test_opening_a_confirmation_changes_nothing(operator: Client, pod: Pod):
    open_sheet(operator, "terminate", pod=pod.name)
    open_sheet(operator, "stop", deployment=pod.deployment.slug)

    pod.refresh_from_db()
    assert pod.status == "serving"
    assert Deployment.objects.get().replicas == 1


def test_a_post_without_the_token_is_refused_with_a_sentence(pod: Pod):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user("eve"))

    answer = client.post(CONFIRM)

    assert answer.status_code == 403
    assert "The form was not accepted" in answer.content.decode()
    pod.refresh_from_db()
    assert pod.status == "serving"
