import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fleet.models import AuditEntry
from kerne_site.models import LoginToken

NEW = "another long passphrase"


@pytest.fixture
def otto(operator: Client) -> User:
    return User.objects.get(username="otto")


def made(admin: Client, user: User) -> str:
    page = admin.post(f"/account/people/{user.pk}/password/").content.decode()
    found = re.search(r"http://127\.0\.0\.1:8700(/login/[A-Za-z0-9_-]+)", page)
    assert found, page
    return found[1]


def chosen(link: str, password: str = NEW):
    return Client().post(link, {"password1": password, "password2": password})


def test_whoever_opens_it_chooses_the_password_and_every_session_ends(
    admin, operator, otto
):
    link = made(admin, otto)

    assert "A new password for otto" in Client().get(link).content.decode()
    assert operator.get("/").status_code == 200  # opened by a preview, nothing changed
    assert chosen(link).status_code == 302
    otto.refresh_from_db()
    assert otto.check_password(NEW)
    assert operator.get("/").status_code == 302
    assert chosen(link).status_code == 410
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", "acting_user"))
    assert verbs == [("make password link", "ada"), ("reset password", "otto")]


def test_only_the_hash_is_kept_and_it_is_no_invitation(admin, otto):
    link = made(admin, otto)

    assert link.rpartition("/")[2] not in str(LoginToken.objects.values_list())
    assert "Open invitations" not in admin.get("/account/people/").content.decode()


def test_a_second_link_ends_the_first(admin, otto):
    first, second = made(admin, otto), made(admin, otto)

    assert chosen(first).status_code == 410
    assert chosen(second).status_code == 302


def test_a_weak_password_is_named_and_spends_nothing(admin, otto):
    link = made(admin, otto)

    assert "too common" in chosen(link, "password1234").content.decode()
    assert chosen(link).status_code == 302


def test_it_ends_after_a_day(admin, otto):
    link = made(admin, otto)
    LoginToken.objects.update(good_until=timezone.now() - timedelta(seconds=1))

    answer = chosen(link)

    assert answer.status_code == 410 and "ended at" in answer.content.decode()


def test_it_is_void_when_its_maker_is_no_admin_any_more(admin, otto):
    link = made(admin, otto)
    User.objects.filter(username="ada").update(is_active=False)

    assert chosen(link).status_code == 410


def test_a_closed_account_gets_none(admin, otto):
    User.objects.filter(pk=otto.pk).update(is_active=False)

    page = admin.post(f"/account/people/{otto.pk}/password/", follow=True)

    assert "is closed; open it again first" in page.content.decode()
    assert not LoginToken.objects.exists()


def test_closing_the_account_closes_the_link(admin, otto):
    link = made(admin, otto)
    User.objects.filter(pk=otto.pk).update(is_active=False)

    assert Client().get(link).status_code == 410


def test_who_has_a_second_factor_is_asked_for_it_all_the_same(admin, otto):
    from kerne_site.models import Authenticator

    Authenticator.objects.create(user=otto, key="00" * 20, confirmed=True, name="app")

    answer = chosen(made(admin, otto))

    assert answer.url.startswith("/login/code/")


def test_an_operator_makes_no_link(operator, otto):
    assert operator.post(f"/account/people/{otto.pk}/password/").status_code == 403
    assert not LoginToken.objects.exists()
