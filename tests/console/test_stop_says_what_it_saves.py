import pytest
from django.test import Client

from fleet.models import Action, AuditEntry, Deployment, Pod
from tests.factories import make_requested_pod
from tests.plan_sheet import confirm, do, hidden_fields, open_sheet


@pytest.fixture(autouse=True)
def _prices(catalog: None, play_money: None) -> None:
    """A catalog, a balance and a deployment of this cloud for every test here."""


def test_terminate_asks_first_and_names_saving_runway_and_consequence(
    operator: Client, pod: Pod
):
    page = open_sheet(operator, "terminate", pod=pod.name)

    assert f"Terminate {pod.name}?" in page
    assert '<strong>$0.7455</strong><span class="unit">/h' in page
    assert "$17.89" in page and "less" in page
    assert "6.7 days → <strong>no spend" in page
    assert "It can not be taken back." in page
    assert page.index("autofocus") < page.index("Terminate, saves $0.7455/h")


def test_terminate_stops_the_pod_and_lowers_the_replicas(operator: Client, pod: Pod):
    answer = do(operator, "terminate", pod=pod.name)

    pod.refresh_from_db()
    assert pod.status == "terminating"
    assert Deployment.objects.get().replicas == 0
    assert "told to stop" in answer.content.decode()
    assert AuditEntry.objects.filter(acting_user="ada", verb="confirm terminate").exists()


def test_a_second_click_on_terminate_is_the_same_action(operator: Client, pod: Pod):
    page = open_sheet(operator, "terminate", pod=pod.name)
    confirm(operator, page)
    confirm(operator, page)

    assert Action.objects.count() == 1
    assert pod.transitions.count() == 1


def test_a_second_sheet_for_an_ending_pod_says_so(operator: Client, pod: Pod):
    do(operator, "terminate", pod=pod.name)

    page = open_sheet(operator, "terminate", pod=pod.name)

    assert "was already ending or has ended. Nothing was changed." in page


def test_a_pod_that_was_only_requested_is_called_off(
    operator: Client, deployment: Deployment
):
    pod = make_requested_pod(deployment=deployment, provider="sandbox")

    page = open_sheet(operator, "terminate", pod=pod.name)
    confirm(operator, page)

    assert "Nothing is rented yet." in page
    pod.refresh_from_db()
    assert pod.status == "failed"


def test_stop_names_the_pods_and_ends_them_all(operator: Client, pod: Pod):
    page = open_sheet(operator, "stop", deployment=pod.deployment.slug)
    confirm(operator, page)

    assert f"Ends: {pod.name}." in page
    pod.refresh_from_db()
    assert pod.status == "terminating"
    assert Deployment.objects.get().replicas == 0


def test_start_says_what_it_costs(operator: Client, deployment: Deployment):
    Deployment.objects.update(replicas=0)

    page = open_sheet(operator, "start", deployment=deployment.slug)

    assert "Rent 1 for $0.7455/h" in page


def test_start_wants_the_replicas_again(operator: Client, deployment: Deployment):
    Deployment.objects.update(replicas=0, launch_failures=3)

    do(operator, "start", deployment=deployment.slug, replicas=2)

    deployment.refresh_from_db()
    assert (deployment.replicas, deployment.launch_failures) == (2, 0)


@pytest.mark.parametrize("nonsense", ["0", "-1", "two", "1.5", "21", "9" * 400])
def test_start_refuses_nonsense_with_a_sentence(
    operator: Client, deployment: Deployment, nonsense: str
):
    Deployment.objects.update(replicas=0)

    page = open_sheet(operator, "start", deployment=deployment.slug, replicas=nonsense)

    assert "write a whole number from 1 to 20" in page
    assert 'name="plan"' not in page


def test_scaling_up_rents_the_missing_one_and_keeps_the_other(operator: Client, pod: Pod):
    page = open_sheet(operator, "scale", deployment=pod.deployment.slug, replicas=2)
    confirm(operator, page)

    assert "Rent 1 more for $0.7455/h" in page
    assert Deployment.objects.get().replicas == 2
    pod.refresh_from_db()
    assert pod.status == "serving"


def test_a_forged_confirmation_changes_nothing(operator: Client, pod: Pod):
    page = open_sheet(operator, "terminate", pod=pod.name)

    answer = operator.post("/actions/confirm/", hidden_fields(page) | {"plan": "forged:x"})

    assert "was not made here" in answer.content.decode()
    pod.refresh_from_db()
    assert pod.status == "serving"
