import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from fleet.models import AuditEntry
from kerne_site.models import ApiToken

PAGE = "/account/tokens/"
WISH = {"name": "nightly report", "days": "30"}


@pytest.fixture
def ada(db) -> User:
    return User.objects.create_user("ada", password="a-long-passphrase")


@pytest.fixture
def browser(ada) -> Client:
    client = Client()
    client.force_login(ada)
    return client


def token_in(page: str) -> str:
    return re.search(r'<pre class="command" id="token">([^<]+)</pre>', page)[1]


def test_the_answer_to_the_form_shows_the_token_and_no_page_after_it(browser):
    answer = browser.post(PAGE, WISH)
    text = token_in(answer.content.decode())
    later = browser.get(PAGE).content.decode()

    assert re.fullmatch(r"kerne_[0-9a-f]{12}_[0-9a-f]{64}", text)
    assert text[-64:] not in later
    assert f"{text[:18]}_***" in later
    assert "no-store" in answer["Cache-Control"]


def test_the_shown_token_opens_the_api(browser):
    text = token_in(browser.post(PAGE, WISH).content.decode())

    answer = Client().get("/api/v1/", headers={"Authorization": f"Bearer {text}"})

    assert answer.status_code == 200


def test_a_form_sent_twice_makes_one_token(browser):
    browser.post(PAGE, WISH)
    again = browser.post(PAGE, WISH).content.decode()

    assert "ada already has a token named" in again
    assert ApiToken.objects.count() == 1


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"days": "400"}, "Days is 400; write a whole number from 1 to 365."),
        ({"days": "soon"}, "write a whole number such as 90."),
        ({"days": ""}, "Days is empty"),
        ({"name": ""}, "Name is empty"),
        ({"name": "a\x00"}, "without the null character"),
    ],
)
def test_a_wrong_wish_gets_a_sentence_and_makes_nothing(browser, wrong, sentence):
    assert sentence in browser.post(PAGE, WISH | wrong).content.decode()
    assert not ApiToken.objects.exists()


def test_an_operator_revokes_a_token_once(browser):
    browser.post(PAGE, WISH)
    address = f"{PAGE}{ApiToken.objects.get().public_id}/revoke/"

    first = browser.post(address, follow=True).content.decode()
    second = browser.post(address, follow=True).content.decode()

    assert "Revoked &#x27;nightly report&#x27;." in first
    assert "was revoked before" in second
    assert ApiToken.objects.get().revoked_at is not None


def test_opening_the_address_of_a_revocation_revokes_nothing(browser):
    browser.post(PAGE, WISH)

    answer = browser.get(f"{PAGE}{ApiToken.objects.get().public_id}/revoke/")

    assert answer.status_code == 405
    assert ApiToken.objects.get().revoked_at is None


def test_the_tokens_of_others_are_neither_seen_nor_revoked(browser, db):
    browser.post(PAGE, WISH)
    outsider = Client()
    outsider.force_login(User.objects.create_user("eve"))

    page = outsider.get(PAGE).content.decode()
    answer = outsider.post(f"{PAGE}{ApiToken.objects.get().public_id}/revoke/")

    assert "nightly report" not in page.replace('placeholder="nightly report"', "")
    assert answer.status_code == 404
    assert ApiToken.objects.get().revoked_at is None


def test_making_and_revoking_leave_audit_rows_without_the_secret(browser):
    text = token_in(browser.post(PAGE, WISH).content.decode())
    row = ApiToken.objects.get()
    browser.post(f"{PAGE}{row.public_id}/revoke/")

    entries = list(AuditEntry.objects.order_by("pk"))

    assert [entry.verb for entry in entries] == ["create api token", "revoke api token"]
    assert {entry.target for entry in entries} == {f"api token {row.public_id}"}
    assert {entry.acting_user for entry in entries} == {"ada"}
    assert text[-64:] not in str([entry.figures for entry in entries])


def test_every_page_leads_to_the_tokens(browser):
    assert f'href="{PAGE}"' in browser.get("/jobs/").content.decode()
