import pytest
from django.contrib.auth.models import Group
from pytest_django import DjangoAssertNumQueries

from fleet.services.roles import Role, role_of
from kerne_site.accounts import AccountBackend
from tests.factories import make_user

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role)
def test_a_request_reads_the_account_and_its_role_by_one_query(
    role: Role, django_assert_num_queries: DjangoAssertNumQueries
):
    user = make_user(role=role)

    with django_assert_num_queries(1):
        read = AccountBackend().get_user(user.pk)
        assert read is not None
        assert role_of(read) == role


def test_a_role_that_was_taken_away_is_gone_at_the_next_request():
    user = make_user(role=Role.ADMIN)
    user.groups.set([Group.objects.get(name=Role.VIEWER)])

    read = AccountBackend().get_user(user.pk)

    assert read is not None and role_of(read) == Role.VIEWER


def test_an_account_that_was_switched_off_is_nobody():
    user = make_user()
    user.is_active = False
    user.save(update_fields=["is_active"])

    assert AccountBackend().get_user(user.pk) is None
