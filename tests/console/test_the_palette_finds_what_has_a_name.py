import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fleet.models import Deployment, Pod


def found(client: Client, words: str) -> list[tuple[str, str]]:
    """Names and addresses of what the words find, in their order."""
    page = client.get("/palette/", {"q": words}).content.decode()
    return re.findall(r'href="([^"]+)"[^>]*>.*?<span>([^<]+)</span>', page, re.DOTALL)


def test_without_words_it_shows_where_one_can_begin(operator: Client):
    assert found(operator, "")[0] == ("/", "Overview")


def test_a_page_is_found_in_any_case(operator: Client):
    assert found(operator, "STATEM")[0] == ("/books/statements/", "Statements")


def test_a_deployment_comes_with_the_plan_sheets_that_fit_it(
    operator: Client, deployment: Deployment, pod: Pod
):
    names = [name for _, name in found(operator, "llama-a")]

    assert names[0] == "llama-a"
    assert {"Scale llama-a", "Stop llama-a", f"Terminate {pod.name}"} <= set(names)


def test_a_verb_and_a_name_find_the_plan_sheet_and_do_nothing(
    operator: Client, deployment: Deployment
):
    address, name = found(operator, "stop llama-a")[0]

    assert (address, name) == ("/actions/plan/stop/?deployment=llama-a", "Stop llama-a")
    deployment.refresh_from_db()
    assert deployment.replicas == 1


def test_a_stopped_deployment_is_offered_to_start(operator: Client, deployment: Deployment):
    Deployment.objects.update(replicas=0)

    names = [name for _, name in found(operator, "llama-a")]
    assert "Start llama-a" in names and "Stop llama-a" not in names


def test_a_viewer_is_offered_no_deed(deployment: Deployment):
    client = Client()
    client.force_login(User.objects.create_user("vera"))

    assert found(client, "llama-a") == [(f"/fleet/deployments/{deployment.pk}/", "llama-a")]


def test_a_pod_is_found_by_the_providers_id(operator: Client, pod: Pod):
    Pod.objects.update(provider_id="xk2p9qf0")

    assert found(operator, "xk2p9")[0] == (f"/fleet/pods/{pod.pk}/", pod.name)


def test_an_ended_pod_is_found_by_its_whole_name_only(operator: Client, pod: Pod):
    Pod.objects.update(status="terminated")

    assert pod.name not in [name for _, name in found(operator, pod.name[:-1])]
    assert found(operator, pod.name)[0] == (f"/fleet/pods/{pod.pk}/", pod.name)


def test_a_model_leads_to_its_plan(operator: Client, deployment: Deployment):
    model = deployment.variant.served_model

    assert (f"/plan/?model={model.slug}", f"Plan {model.name}") in found(
        operator, model.slug
    )


@pytest.mark.parametrize("words", ["%", "\x00", "<b>", "x" * 500, "a b c d e f g h"])
def test_nonsense_finds_nothing_and_says_so(operator: Client, words: str):
    page = operator.get("/palette/", {"q": words}).content.decode()

    assert "Nothing is called" in page or "option" in page
    assert "<b>" not in page
