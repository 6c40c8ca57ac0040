import pytest
from django.test import Client
from django.urls import reverse

from fleet.models import AuditEntry, Deployment, Pod
from tests.factories import make_requested_pod


@pytest.fixture(autouse=True)
def _prices(catalog: None) -> None:
    """A catalog and a balance for every test here."""


def test_terminate_asks_first_and_names_saving_runway_and_consequence(
    operator: Client, pod: Pod
):
    page = operator.get(reverse("fleet:pod-terminate", args=[pod.pk])).content.decode()

    assert f"Terminate {pod.name}?" in page
    assert (
        '$0.7455<span class="unit">/h</span>, $17.89<span class="unit">/day</span>' in page
    )
    assert "6.7 days → no spend" in page
    assert "This can not be undone." in page
    assert page.index("autofocus") < page.index("Terminate, saves $0.7455/h")


def test_terminate_stops_the_pod_and_lowers_the_replicas(operator: Client, pod: Pod):
    answer = operator.post(reverse("fleet:pod-terminate", args=[pod.pk]), follow=True)

    pod.refresh_from_db()
    assert pod.status == "terminating"
    assert Deployment.objects.get().replicas == 0
    assert "billed until the provider confirms its end" in answer.content.decode()
    assert AuditEntry.objects.filter(acting_user="ada").exists()


def test_terminate_twice_does_it_once(operator: Client, pod: Pod):
    address = reverse("fleet:pod-terminate", args=[pod.pk])
    operator.post(address)

    answer = operator.post(address, follow=True)

    assert "was already ending or has ended" in answer.content.decode()
    assert pod.transitions.count() == 1


def test_a_pod_that_was_only_requested_is_called_off(
    operator: Client, deployment: Deployment
):
    pod = make_requested_pod(deployment=deployment, provider="sandbox")

    answer = operator.post(reverse("fleet:pod-terminate", args=[pod.pk]), follow=True)

    assert "nothing had been rented" in answer.content.decode()


def test_stop_names_the_pods_and_ends_them_all(operator: Client, pod: Pod):
    address = reverse("fleet:deployment-stop", args=[pod.deployment_id])

    page = operator.get(address).content.decode()
    operator.post(address)

    assert "1 pod ends" in page and pod.name in page
    pod.refresh_from_db()
    assert pod.status == "terminating"
    assert Deployment.objects.get().replicas == 0


def test_start_says_what_it_costs_at_most(operator: Client, deployment: Deployment):
    page = operator.get(reverse("fleet:deployment-start", args=[deployment.pk]))

    assert "Start 1 replica for at most $1.0055/h" in page.content.decode()


def test_start_wants_the_replicas_again(operator: Client, deployment: Deployment):
    Deployment.objects.update(replicas=0, launch_failures=3)

    operator.post(
        reverse("fleet:deployment-start", args=[deployment.pk]), {"replicas": "2"}
    )

    deployment.refresh_from_db()
    assert (deployment.replicas, deployment.launch_failures) == (2, 0)


@pytest.mark.parametrize("nonsense", ["", "0", "-1", "two", "1.5", "21", "9" * 400])
def test_start_refuses_nonsense_with_a_sentence(
    operator: Client, deployment: Deployment, nonsense: str
):
    Deployment.objects.update(replicas=0)

    answer = operator.post(
        reverse("fleet:deployment-start", args=[deployment.pk]), {"replicas": nonsense}
    )

    assert "write a whole number from 1 to 20" in answer.content.decode()
    deployment.refresh_from_db()
    assert deployment.replicas == 0
