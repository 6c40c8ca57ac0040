from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.test import Client
from django.utils import timezone

from kerne_site import login_links
from kerne_site.client_ip import client_ip
from tests.factories import make_user

PASSWORD = "a-long-passphrase"

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def ada():
    return make_user("ada")


def tried(password: str = "wrong", *, name: str = "ada", address: str = "10.0.0.1"):
    fields = {"username": name, "password": password}
    return Client(REMOTE_ADDR=address).post("/login/", fields)


def test_the_fifth_wrong_password_closes_the_door_for_a_right_one_too():
    statuses = [tried().status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 200, 429]
    assert tried(PASSWORD).status_code == 429


def test_the_page_says_why_and_when_it_ends():
    for _ in range(5):
        answer = tried()

    page = answer.content.decode()
    ends = AccessAttempt.objects.get().attempt_time + timedelta(minutes=15)
    assert "There were 5 wrong logins from your address." in page
    assert f"{ends:%H:%M} UTC" in page


def test_a_name_that_does_not_exist_is_answered_alike():
    known = [tried().content.decode() for _ in range(5)]
    unknown = [tried(name="nobody").content.decode() for _ in range(5)]

    sentence = "correct username and password"
    assert all(sentence in page for page in (*known[:4], *unknown[:4]))
    assert "Too many tries" in known[4] and "Too many tries" in unknown[4]


def test_another_address_and_another_name_are_not_locked_out():
    make_user("grace")
    for _ in range(5):
        tried()

    assert tried(PASSWORD, address="10.0.0.2").status_code == 302
    assert tried(PASSWORD, name="grace").status_code == 302


def test_another_browser_does_not_help():
    for n in range(5):
        answer = Client(REMOTE_ADDR="10.0.0.1", headers={"User-Agent": f"b{n}"}).post(
            "/login/", {"username": "ada", "password": "wrong"}
        )

    assert answer.status_code == 429


def test_it_ends_after_15_minutes_and_trying_does_not_make_it_longer():
    for _ in range(8):
        tried()
    AccessAttempt.objects.update(attempt_time=timezone.now() - timedelta(minutes=16))

    assert tried(PASSWORD).status_code == 302


def test_a_right_password_in_between_counts_from_the_start_again():
    for _ in range(4):
        tried()
    tried(PASSWORD)

    assert [tried().status_code for _ in range(4)] == [200] * 4


def test_no_password_is_kept():
    tried("planted-password-1")

    assert "planted" not in str(list(AccessAttempt.objects.values()))


def test_wrong_login_links_are_counted_too():
    guesses = [Client().get(f"/login/{'x' * 42}{n}").status_code for n in range(6)]
    good = login_links.make_link(base_url="", token="t" * 43, now=timezone.now())

    assert guesses == [410] * 5 + [429]
    assert Client().get(good).status_code == 429
    assert Client(REMOTE_ADDR="10.0.0.9").get(good).status_code == 200


@pytest.mark.parametrize(
    ("proxies", "header", "address"),
    [
        (0, "1.1.1.1", "10.0.0.1"),
        (1, "6.6.6.6, 1.1.1.1", "1.1.1.1"),
        (2, "6.6.6.6, 1.1.1.1, 2.2.2.2", "1.1.1.1"),
        (2, "1.1.1.1", "10.0.0.1"),
        (1, "", "10.0.0.1"),
    ],
)
def test_the_address_is_what_the_outermost_of_our_proxies_saw(
    rf, settings, proxies, header, address
):
    settings.TRUSTED_PROXIES = proxies
    request = rf.get("/", headers={"X-Forwarded-For": header}, REMOTE_ADDR="10.0.0.1")

    assert client_ip(request) == address
