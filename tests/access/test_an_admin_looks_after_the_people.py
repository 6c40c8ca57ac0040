import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from fleet.models import AuditEntry
from fleet.services.roles import Role, role_of
from kerne_site import people
from kerne_site.models import LoginToken
from tests.factories import NOW, make_user

PASSWORD = "correct horse battery"


def invited(admin: Client, username: str = "grace", role: str = "operator") -> str:
    """The path of the link that the page shows once."""
    page = admin.post("/account/people/", {"username": username, "role": role})
    found = re.search(
        r"http://127\.0\.0\.1:8700(/login/[A-Za-z0-9_-]+)", page.content.decode()
    )
    assert found, page.content.decode()
    return found[1]


def accepted(link: str, password: str = PASSWORD, client: Client | None = None):
    fields = {"password1": password, "password2": password}
    return (client or Client()).post(link, fields)


def test_an_invitation_makes_one_account_with_its_role(admin):
    link = invited(admin)
    newcomer = Client()

    assert "ada invited you as operator" in newcomer.get(link).content.decode()
    assert accepted(link, client=newcomer).status_code == 302
    grace = User.objects.get(username="grace")
    assert (role_of(grace), grace.is_superuser) == (Role.OPERATOR, False)
    assert newcomer.session["_auth_user_id"] == str(grace.pk)
    assert accepted(link).status_code == 410
    verbs = list(AuditEntry.objects.order_by("pk").values_list("verb", "acting_user"))
    assert verbs == [("invite", "ada"), ("make account", "grace")]


def test_the_link_is_shown_once_and_only_its_hash_is_kept(admin):
    link = invited(admin)

    assert link not in admin.get("/account/people/").content.decode()
    assert link.rpartition("/")[2] not in str(LoginToken.objects.values_list())


def test_a_weak_password_is_named_and_spends_nothing(admin):
    link = invited(admin)

    page = accepted(link, "password1234").content.decode()

    assert "too common" in page
    assert not User.objects.filter(username="grace").exists()
    assert accepted(link).status_code == 302


def test_an_invitation_ends_after_three_days_and_can_be_withdrawn(admin):
    link = invited(admin)
    LoginToken.objects.update(good_until=timezone.now() - timedelta(seconds=1))
    assert "This link ended" in Client().get(link).content.decode()

    other = invited(admin, "linus")
    row = LoginToken.objects.get(username="linus")
    admin.post(f"/account/invitations/{row.pk}/withdraw/")
    assert accepted(other).status_code == 410


def test_an_admin_who_was_closed_leaves_no_door_behind(admin):
    link = invited(admin, role="admin")
    User.objects.filter(username="ada").update(is_active=False)

    answer = accepted(link)

    assert answer.status_code == 410
    assert "is no admin any more" in answer.content.decode()
    assert not User.objects.filter(username="grace").exists()


def test_an_invitation_does_not_log_the_owner_in(admin, django_user_model):
    django_user_model.objects.create_superuser("owner")
    link = invited(admin)

    client = Client()
    accepted(link, client=client)

    assert client.session["_auth_user_id"] == str(User.objects.get(username="grace").pk)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"username": "", "role": "viewer"}, "Name is empty; write the name"),
        ({"username": "a b", "role": "viewer"}, "write letters, digits and @ . + - _ only"),
        ({"username": "ADA", "role": "viewer"}, "is taken; choose another"),
        ({"username": "x" * 200, "role": "viewer"}, "write at most 120"),
        ({"username": "a\x00", "role": "viewer"}, "without the null character"),
        ({"username": "grace", "role": "root"}, "choose one of viewer, operator, admin"),
        ({}, "Role is"),
    ],
)
def test_nonsense_gets_a_sentence_and_invites_nobody(admin, fields, sentence):
    page = admin.post("/account/people/", fields).content.decode()

    assert sentence in page
    assert not LoginToken.objects.exists()


def test_a_role_is_changed_and_audited(admin):
    otto = make_user("otto", role=Role.VIEWER)

    admin.post(f"/account/people/{otto.pk}/role/", {"role": "operator"})

    assert role_of(User.objects.get(pk=otto.pk)) is Role.OPERATOR
    row = AuditEntry.objects.get(verb="change role")
    assert (row.target, row.figures) == ("otto", {"was": "viewer", "role": "operator"})


@pytest.mark.parametrize("role", ["", "root", "\x00", "x" * 5000])
def test_a_role_that_is_none_changes_nothing(admin, role):
    otto = make_user("otto", role=Role.OPERATOR)

    page = admin.post(f"/account/people/{otto.pk}/role/", {"role": role}, follow=True)

    assert "choose one of viewer, operator, admin" in page.content.decode()
    assert role_of(User.objects.get(pk=otto.pk)) is Role.OPERATOR


def test_nobody_takes_the_last_admins_role(admin):
    ada = User.objects.get(username="ada")

    page = admin.post(f"/account/people/{ada.pk}/role/", {"role": "viewer"}, follow=True)

    assert "ada is the last admin" in page.content.decode()
    assert role_of(User.objects.get(pk=ada.pk)) is Role.ADMIN
    assert not AuditEntry.objects.filter(verb="change role").exists()


def test_a_closed_admin_does_not_count_as_one(admin):
    make_user("gone", role=Role.ADMIN, is_active=False)
    ada = User.objects.get(username="ada")

    with pytest.raises(people.PeopleRefused, match="last admin"):
        people.set_role(ada, Role.OPERATOR, acting_user="gone", now=NOW)


def test_an_owner_who_hands_on_is_a_superuser_no_more(admin, django_user_model):
    owner = django_user_model.objects.create_superuser("owner")

    people.set_role(owner, Role.VIEWER, acting_user="ada", now=NOW)

    owner = User.objects.get(pk=owner.pk)
    assert (owner.is_superuser, role_of(owner)) == (False, Role.VIEWER)


def test_a_closed_account_is_out_at_once_and_can_come_back(admin, operator):
    otto = User.objects.get(username="otto")
    address = f"/account/people/{otto.pk}/active/"

    admin.post(address, {"active": "no"})
    assert operator.get("/fleet/").status_code == 302
    admin.post(address, {"active": "yes"})

    assert operator.get("/fleet/").status_code == 200
    assert AuditEntry.objects.filter(verb="close account", target="otto").count() == 1


def test_nobody_closes_the_own_account(admin):
    ada = User.objects.get(username="ada")

    page = admin.post(f"/account/people/{ada.pk}/active/", {"active": "no"}, follow=True)

    assert "ask another admin" in page.content.decode()


def test_only_an_admin_sees_the_page_and_its_link(admin, operator):
    assert operator.get("/account/people/").status_code == 403
    assert "/account/people/" not in operator.get("/guardrails/").content.decode()
    assert "/account/people/" in admin.get("/guardrails/").content.decode()
