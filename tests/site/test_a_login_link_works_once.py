from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from fleet.models import AuditEntry
from kerne_site import login_links
from kerne_site.models import LoginToken
from tests.clock import NOON

pytestmark = pytest.mark.django_db

TOKEN = "an-unguessable-token-of-a-test"
PASSWORD = "correct horse battery"
ACCOUNT = {"username": "ada", "password1": PASSWORD, "password2": PASSWORD}


@pytest.fixture
def link() -> str:
    """A fresh link's path."""
    return login_links.make_link(base_url="", token=TOKEN, now=timezone.now())


@pytest.fixture
def owner() -> User:
    return User.objects.create_superuser("ada", password=PASSWORD)


def logged_in(client) -> bool:
    return "_auth_user_id" in client.session


def test_the_first_link_makes_the_owners_account(client, link):
    page = client.get(link)
    answer = client.post(link, ACCOUNT)

    assert "Make the owner" in page.content.decode()
    assert answer.status_code == 302
    assert answer.url == reverse("economics:overview")
    assert logged_in(client)
    assert User.objects.get().is_superuser
    assert User.objects.get().check_password(PASSWORD)


def test_coming_in_from_the_server_is_audited(client, link):
    client.post(link, ACCOUNT)

    rows = AuditEntry.objects.order_by("pk").values_list("acting_user", "verb", "target")
    assert list(rows) == [("ada", "make account", "ada"), ("ada", "log in by link", "ada")]


def test_a_later_link_logs_the_owner_in(client, owner, link):
    page = client.get(link)
    client.post(link)

    assert "Log in as ada" in page.content.decode()
    assert client.session["_auth_user_id"] == str(owner.pk)


def test_a_preview_of_the_link_does_not_spend_it(client, owner, link):
    client.get(link)
    client.head(link)
    assert not logged_in(client)

    client.post(link)

    assert logged_in(client)


def test_a_link_works_once(client, owner, link):
    client.post(link)
    client.logout()

    answer = client.post(link)

    assert answer.status_code == 410
    assert not logged_in(client)
    page = answer.content.decode()
    assert "each one works once" in page
    assert "make login-link" in page


def test_of_two_requests_with_one_link_the_second_is_refused(owner, link):
    login_links.use_link(TOKEN, now=timezone.now(), new_owner=None)

    with pytest.raises(login_links.LinkRefused):
        login_links.use_link(TOKEN, now=timezone.now(), new_owner=None)


def test_a_link_is_good_for_fifteen_minutes_and_not_a_second_longer(owner):
    login_links.make_link(base_url="", token=TOKEN, now=NOON)

    last = login_links.check_link(TOKEN, now=NOON + timedelta(minutes=15, seconds=-1))
    with pytest.raises(login_links.LinkRefused, match="expired at 12:15 UTC"):
        login_links.check_link(TOKEN, now=NOON + timedelta(minutes=15))

    assert last.used_at is None


def test_an_expired_link_gets_a_sentence_on_the_page(client, owner):
    path = login_links.make_link(
        base_url="", token=TOKEN, now=timezone.now() - timedelta(minutes=16)
    )

    answer = client.post(path)

    assert answer.status_code == 410
    assert "This login link expired" in answer.content.decode()
    assert not logged_in(client)


def test_an_invented_link_is_refused(client, owner):
    answer = client.get("/login/not-a-token-of-ours")

    assert answer.status_code == 410
    assert "not one of ours" in answer.content.decode()


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"password2": "something else 12"}, "didn’t match"),
        ({"password1": "short", "password2": "short"}, "at least 12 characters"),
        ({"username": ""}, "This field is required"),
    ],
)
def test_a_wrong_account_is_refused_and_the_link_stays_good(client, link, wrong, sentence):
    answer = client.post(link, ACCOUNT | wrong)

    assert sentence in answer.content.decode()
    assert not User.objects.exists()
    assert LoginToken.objects.get().used_at is None


def test_the_database_holds_no_token_that_could_be_used(link):
    assert TOKEN not in str(list(LoginToken.objects.values_list()))


def test_the_command_prints_a_link_that_works(client, owner, capsys):
    call_command("login_link")

    client.post(capsys.readouterr().out.strip().removeprefix("http://127.0.0.1:8700"))

    assert logged_in(client)
