import pytest
from django.test import RequestFactory

from fleet.models import AuditEntry
from fleet.services.roles import Role
from kerne_site import api_tokens
from kerne_site.api import api_view
from kerne_site.models import ApiToken
from tests.api.tokens import token_of
from tests.factories import make_user

pytestmark = pytest.mark.django_db


def sent(token: api_tokens.NewToken, **rules):
    """A POST to an endpoint that would change something, and whether it did."""
    done = []
    view = api_view(methods=("GET", "POST"), **rules)(
        lambda request: done.append(request.user) or {"done": True}
    )
    headers = {"Authorization": f"Bearer {token.text}"}
    return view(RequestFactory().post("/api/v1/x", headers=headers)), bool(done)


def test_a_read_token_changes_nothing_and_the_try_is_audited():
    token = token_of(make_user("ada"))

    answer, done = sent(token)

    assert (answer.status_code, done) == (403, False)
    assert b"may only read" in answer.content and b"Nothing was changed." in answer.content
    row = AuditEntry.objects.get(verb="refused")
    assert (row.acting_user, row.target) == ("ada", "/api/v1/x")


def test_an_operate_token_of_an_operator_may():
    answer, done = sent(token_of(make_user("ada"), scope="operate"))

    assert (answer.status_code, done) == (200, True)


def test_a_token_can_not_do_more_than_its_account_may_by_now():
    ada = make_user("ada")
    token = token_of(ada, scope="operate")
    ada.groups.clear()

    answer, done = sent(token)

    assert (answer.status_code, done) == (403, False)
    assert b"ada is a viewer" in answer.content


def test_a_post_that_only_reads_takes_a_read_token():
    answer, done = sent(token_of(make_user("ada")), only_reads=True)

    assert (answer.status_code, done) == (200, True)


def test_a_viewer_gets_no_token_that_operates():
    with pytest.raises(api_tokens.TokenRefused, match="vera is a viewer; choose read"):
        token_of(make_user("vera", role=Role.VIEWER), scope="operate")
    assert not ApiToken.objects.exists()


@pytest.mark.parametrize("scope", ["admin", "", "\x00", "x" * 5000])
def test_a_scope_that_is_none_gets_a_sentence(scope):
    with pytest.raises(api_tokens.TokenRefused, match="choose one of read, operate"):
        token_of(make_user("ada"), scope=scope)


def test_the_page_makes_and_shows_the_scope(client):
    client.force_login(make_user("ada"))

    client.post("/account/tokens/", {"name": "a", "days": "9", "scope": "operate"})
    client.post("/account/tokens/", {"name": "b", "days": "9"})

    assert sorted(ApiToken.objects.values_list("name", "scope")) == [
        ("a", "operate"),
        ("b", "read"),
    ]
    assert "read and operate" in client.get("/account/tokens/").content.decode()
