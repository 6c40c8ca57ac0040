from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.auth.models import User
from django.db import connection

from fleet.services.roles import Role
from kerne_site import people
from tests.factories import NOW, make_user


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_take_each_others_role_leave_one_admin():
    ada, grace = (make_user(name, role=Role.ADMIN) for name in ("ada", "grace"))
    together = Barrier(2, timeout=10)

    def demote(pair: tuple[User, User]) -> bool:
        acting, other = pair
        together.wait()
        try:
            return people.set_role(
                other, Role.VIEWER, acting_user=acting.get_username(), now=NOW
            )
        except people.PeopleRefused:
            return False
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        done = list(pool.map(demote, [(ada, grace), (grace, ada)]))

    assert sorted(done) == [False, True]
    assert people.admins().count() == 1
