"""The provider's own price of a pod, as its list said it last; the agreed one stays."""

from decimal import Decimal

import pytest

from fleet.models import Pod
from fleet.services.cloud_list import compare
from fleet.services.provisioning import provision
from tests.clock import NOON
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db


@pytest.fixture
def rented(make_wanted, account) -> Pod:
    pod = make_wanted()
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    pod.refresh_from_db()
    return pod


def listed(pod: Pod, account, clock) -> tuple[Decimal | None, Decimal | None]:
    compare(provider=account, now=clock.forward(seconds=60))
    pod.refresh_from_db()
    return pod.listed_usd_per_pod_hour, pod.usd_per_pod_hour


def test_the_answer_of_the_create_is_its_first_word(rented):
    assert rented.listed_usd_per_pod_hour == Decimal("0.74")


def test_another_price_in_the_list_is_kept_beside_the_agreed_one(rented, account, clock):
    account.reprice("fake-1", Decimal("0.8123456789"))

    assert listed(rented, account, clock) == (Decimal("0.81234568"), Decimal("0.74"))


def test_the_zero_of_a_stopped_pod_is_no_price(rented, account, clock):
    account.reprice("fake-1", Decimal(0))

    assert listed(rented, account, clock) == (Decimal("0.74"), Decimal("0.74"))


def test_an_unchanged_price_writes_no_more(
    rented, account, clock, django_assert_num_queries
):
    compare(provider=account, now=clock.forward(seconds=60))  # its status has changed

    with django_assert_num_queries(7):
        compare(provider=account, now=clock.forward(seconds=60))
