"""A balance ages in sight: fresh, then greyed and called stale, then not shown."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from fleet.models import BalanceReading, Pod
from tests.factories import make_balance

GREY = 'class="figure stale"'
WORD = ">stale</span>"


@pytest.mark.parametrize(
    ("minutes", "is_shown", "is_stale"),
    [(1, True, False), (9, True, False), (12, True, True), (31, False, False)],
)
def test_a_balance_of_so_many_minutes(
    operator: Client, pod: Pod, minutes: int, is_shown: bool, is_stale: bool
):
    BalanceReading.objects.all().delete()
    read_at = timezone.now() - timedelta(minutes=minutes)
    make_balance(provider="sandbox", read_at=read_at, balance_usd="123.45")

    page = operator.get("/").content.decode()

    assert ("$123.45" in page) == is_shown
    assert (GREY in page, WORD in page) == (is_stale, is_stale)
