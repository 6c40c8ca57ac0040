import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client

from fleet.models import AuditEntry
from tests.factories import make_user

OLD, NEW = "a-long-passphrase", "another long passphrase"
PAGE = "/account/password/"


@pytest.fixture
def ada(db: None) -> User:
    return make_user("ada")


def logged_in(password: str = OLD) -> Client:
    client = Client()
    client.post("/login/", {"username": "ada", "password": password})
    return client


def is_in(client: Client) -> bool:
    return client.get("/account/security/").status_code == 200


def change(client: Client, old: str = OLD, new: str = NEW, again: str = ""):
    fields = {
        "old_password": old,
        "new_password1": new,
        "new_password2": again or new,
    }
    return client.post(PAGE, fields, follow=True)


def test_it_is_changed_and_every_other_session_ends(ada):
    here, there = logged_in(), logged_in()

    page = change(here).content.decode()

    assert "Your password is changed; 1 other session has ended." in page
    assert is_in(here) and not is_in(there)
    assert is_in(logged_in(NEW)) and not is_in(logged_in(OLD))
    entry = AuditEntry.objects.get(verb="change password")
    assert (entry.acting_user, entry.target) == ("ada", "ada")
    assert NEW not in str(AuditEntry.objects.values())


def test_the_session_that_changed_it_gets_a_new_key(ada):
    client = logged_in()
    before = client.session.session_key

    change(client)

    assert client.session.session_key != before and is_in(client)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"old": "wrong"}, "This is not your password"),
        ({"new": "password1234"}, "too common"),
        ({"new": "short"}, "at least 12 characters"),
        ({"again": "something else now"}, "didn’t match"),
        ({"old": "", "new": ""}, "This field is required"),
    ],
)
def test_what_does_not_do_gets_a_sentence_and_changes_nothing(ada, fields, sentence):
    client, there = logged_in(), logged_in()

    assert sentence in change(client, **fields).content.decode()

    assert is_in(there) and is_in(logged_in())
    assert not AuditEntry.objects.filter(verb="change password").exists()


def test_wrong_ones_are_throttled_like_wrong_logins(ada):
    client = logged_in()

    statuses = [change(client, old="wrong").status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 200, 429]
    assert change(client).status_code == 429
    assert AccessAttempt.objects.get().username == "ada"
    assert User.objects.get().check_password(OLD)


def test_a_stranger_is_sent_to_the_login(db):
    assert Client().get(PAGE).url.startswith("/login/")


def test_the_security_page_leads_there(ada):
    page = logged_in().get("/account/security/").content.decode()

    assert f'href="{PAGE}"' in page
