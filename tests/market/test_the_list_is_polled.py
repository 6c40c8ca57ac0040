"""The address itself: who may read it, for how long it holds, and what is refused."""

import json

import pytest
from django.test import Client
from django.utils import timezone

from tests.market.listings import ADDRESS, priced, serving_deployment, told

pytestmark = pytest.mark.django_db
KEY = "market-key-of-thirty-characters"


def test_a_stranger_reads_it_where_no_key_is_set():
    assert told() == []


def test_with_a_key_only_its_bearer_reads_it(settings):
    settings.MARKET_API_KEYS = ["another-key-of-the-same-length!", KEY]

    refused = Client().get(ADDRESS)

    assert refused.status_code == 401
    assert refused["WWW-Authenticate"].startswith("Bearer")
    wrong = Client().get(ADDRESS, headers={"Authorization": "Bearer wrong"})
    assert wrong.status_code == 401
    assert KEY not in wrong.content.decode()
    assert told(Authorization=f"Bearer {KEY}") == []


def test_a_login_is_no_key(settings, django_user_model):
    settings.MARKET_API_KEYS = [KEY]
    client = Client()
    client.force_login(django_user_model.objects.create_user("ada"))

    assert client.get(ADDRESS).status_code == 401


@pytest.mark.parametrize(("keys", "who"), [([], "public"), ([KEY], "private")])
def test_an_answer_holds_for_ten_seconds(settings, keys, who):
    settings.MARKET_API_KEYS = keys
    answer = Client().get(ADDRESS, headers={"Authorization": f"Bearer {KEY}"})

    assert answer["Cache-Control"] == f"{who}, max-age=10"
    assert "Authorization" in answer["Vary"]


def test_what_has_not_changed_is_not_sent_again():
    deployment = serving_deployment(now=timezone.now())
    priced(deployment)
    first = Client().get(ADDRESS)

    same = Client().get(ADDRESS, headers={"If-None-Match": first["ETag"]})

    assert (same.status_code, same.content) == (304, b"")
    assert same["Cache-Control"] == "public, max-age=10"
    deployment.replicas = 0
    deployment.save(update_fields=["replicas"])
    changed = Client().get(ADDRESS, headers={"If-None-Match": first["ETag"]})
    assert json.loads(changed.content)["data"][0]["is_ready"] is False


def test_both_formats_tell_the_same_models():
    priced(serving_deployment(now=timezone.now()))

    new, old = told(), told(query="?format=flat")

    assert new[0]["schema_version"] == "2.4"
    assert "schema_version" not in old[0]
    assert (new[0]["id"], new[0]["is_ready"]) == (old[0]["id"], old[0]["is_ready"])


def test_a_format_that_nobody_knows_is_refused_with_a_sentence():
    answer = Client().get(f"{ADDRESS}?format=\x00xml")

    assert answer.status_code == 400
    assert "write one of: 2.4, flat" in answer.json()["detail"]


def test_a_parameter_of_a_monitor_is_left_alone():
    assert Client().get(f"{ADDRESS}?t=17").status_code == 200


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_it_is_only_read(method):
    answer = getattr(Client(enforce_csrf_checks=True), method)(ADDRESS)

    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_play_money_says_so(settings):
    assert Client().get(ADDRESS)["X-Kerne-Simulated"] == "true"
    settings.KERNE_SANDBOX = False
    assert "X-Kerne-Simulated" not in Client().get(ADDRESS)


def test_it_names_no_pod_and_no_fleet():
    deployment = serving_deployment(now=timezone.now())
    priced(deployment)

    said = Client().get(ADDRESS).content.decode()

    assert deployment.slug not in said and deployment.fleet.slug not in said
    assert deployment.pods.get().name not in said
