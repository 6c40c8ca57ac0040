from datetime import timedelta

import pytest
from django.test import Client, RequestFactory
from django.utils import timezone

from kerne_site import api_tokens
from kerne_site.api import Problem, api_view
from kerne_site.api.urls import urlpatterns
from kerne_site.models import ApiToken
from tests.api.addresses import READS, asked_rightly
from tests.api.tokens import SECRET

ADDRESSES = [each.address for each in READS]
RIGHTLY = [asked_rightly(each) for each in READS]


def problem_of(answer, status: int) -> dict:
    assert answer.status_code == status
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert set(body) == {"type", "title", "status", "detail", "errors"}
    assert body["status"] == status
    return body


def bearer(text: str) -> Client:
    return Client(headers={"Authorization": f"Bearer {text}"})


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_stranger_gets_a_401_and_no_login_page(db, client, address):
    answer = client.get(address)

    body = problem_of(answer, 401)
    assert answer["WWW-Authenticate"].startswith("Bearer")
    assert "/account/tokens/" in body["detail"]


@pytest.mark.parametrize("address", RIGHTLY)
def test_a_token_and_a_session_open_the_same(ada, script, client, address):
    client.force_login(ada)

    assert script.get(address).status_code == 200
    assert client.get(address).status_code == 200
    assert client.head(address).status_code == 200


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "options"])
def test_another_method_is_a_405_that_names_the_right_ones(script, address, method):
    answer = getattr(script, method)(address)

    problem_of(answer, 405)
    assert answer["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("address", ["/api/", "/api/v1", "/api/v1/nothing", "/api/v2/x"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_an_unknown_address_is_a_404_for_everybody(db, address, method):
    client = Client(enforce_csrf_checks=True)

    assert address in problem_of(getattr(client, method)(address), 404)["detail"]


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "kerne_0_0", f"kerne_{'f' * 12}_{SECRET}", "kerne_é_é", "x" * 5_000],
)
def test_what_is_no_token_of_ours_is_a_401(db, text):
    answer = bearer(text).get("/api/v1/")

    problem_of(answer, 401)
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


def test_an_expired_token_is_a_401(script, token):
    past = timezone.now() - timedelta(days=100)
    ApiToken.objects.update(created_at=past, expires_at=past + timedelta(days=1))

    assert "expired" in problem_of(script.get("/api/v1/"), 401)["detail"]


def test_a_revoked_token_is_a_401_beside_a_good_session_too(ada, script, token):
    script.force_login(ada)
    api_tokens.revoke(token.row, acting_user="ada", now=timezone.now())

    assert "revoked" in problem_of(script.get("/api/v1/"), 401)["detail"]


def test_an_inactive_account_is_a_401_by_token_and_by_session(ada, script, client):
    client.force_login(ada)
    ada.is_active = False
    ada.save(update_fields=["is_active"])

    problem_of(script.get("/api/v1/"), 401)
    problem_of(client.get("/api/v1/"), 401)


def test_no_answer_is_kept_by_a_cache(script):
    answer = script.get("/api/v1/")

    assert answer["Cache-Control"] == "no-store"
    assert {"Authorization", "Cookie"} <= set(answer["Vary"].split(", "))


def test_a_post_without_the_forms_token_gets_json_too(ada):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ada)

    problem_of(client.post("/api/v1/fleets"), 405)


def test_a_foreign_host_name_gets_json_too(script):
    problem_of(script.get("/api/v1/", headers={"Host": "evil.example"}), 400)


def test_a_session_is_refused_where_a_view_takes_a_post(ada, token):
    view = api_view(methods=("POST",), only_reads=True)(
        lambda request: {"seen": str(request.user)}
    )
    by_session = RequestFactory().post("/api/v1/x")
    by_session.user = ada
    by_token = RequestFactory().post(
        "/api/v1/x", headers={"Authorization": f"Bearer {token.text}"}
    )

    assert view(by_session).status_code == 403
    assert view(by_token).content == b'{"seen": "ada"}\n'


def test_a_view_refuses_with_a_sentence(ada):
    @api_view()
    def view(request):
        raise Problem(404, "There is no GPU of that name.")

    request = RequestFactory().get("/api/v1/x")
    request.user = ada

    assert b"There is no GPU of that name." in view(request).content


def test_a_fault_of_ours_is_a_500_in_json(rf):
    from kerne_site.views.errors import server_error

    answer = server_error(rf.get("/api/v1/fleets"))

    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")


def test_every_endpoint_went_through_the_door():
    doors = [pattern for pattern in urlpatterns if pattern.name != "nothing"]

    assert all(getattr(door.callback, "is_api_view", False) for door in doors)
