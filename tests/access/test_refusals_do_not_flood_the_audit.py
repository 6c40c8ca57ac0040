from datetime import timedelta

import pytest

from fleet.models import AuditEntry
from fleet.services import refusals
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def tried(path="/prices/", *, user="vera", after=timedelta(0)):
    return refusals.note(
        acting_user=user,
        method="POST",
        path=path,
        needs="operator",
        role="viewer",
        now=NOW + after,
    )


def test_the_same_try_is_written_once_a_minute():
    first, second = tried(), tried(after=timedelta(seconds=59))
    third = tried(after=timedelta(seconds=61))

    assert (first is not None, second, third is not None) == (True, None, True)


def test_another_path_and_another_user_are_written_at_once():
    tried()

    assert tried("/fleet/order/confirm/") is not None
    assert tried(user="victor") is not None


def test_an_address_with_counting_numbers_is_bounded_too():
    for number in range(refusals.MOST + 20):
        tried(f"/fleet/pods/{number}/terminate/")

    assert AuditEntry.objects.count() == refusals.MOST


def test_a_long_path_is_cut_to_its_column():
    row = tried("/fleet/" + "x" * 500)

    assert row is not None
    assert len(row.target) == refusals.LONGEST_PATH
