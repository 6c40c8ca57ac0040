"""A volume or endpoint that is billed and no row explains: kept, counted, alarmed."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction

from economics.alerts import stray_bills
from economics.models import ResourceCostLine, ResourceObservation
from economics.selectors import unattributed_resources
from economics.selectors.guardrails.open_money import stray_spend
from economics.services.billing import read_billing
from fleet.models import ResourceStatus, StrayResource
from fleet.providers.fake import FakeProvider
from fleet.providers.resources import ResourceBucket
from tests.clock import NOON, Clock
from tests.fleet.services.resource_rows import make_endpoint, make_volume

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def account() -> FakeProvider:
    return FakeProvider(now=Clock())


def bucket(provider_id: str, usd: str, start=NOON) -> ResourceBucket:
    return ResourceBucket(provider_id, start, start + HOUR, Decimal(usd), Decimal(0))


def read(account, *, now=NOON + HOUR) -> str:
    return read_billing(provider=account, now=now).sentence()


def test_what_is_billed_is_kept_and_is_a_loose_end(account):
    account.endpoint_buckets = [bucket("theirs", "3.00")]
    account.volume_buckets = [bucket("vol9", "0.07"), bucket("vol9", "0.07", NOON + HOUR)]

    said = read(account)

    found = {(each.what, each.provider_id): each for each in unattributed_resources()}
    assert found["serverless endpoint", "theirs"].usd == Decimal("3.00")
    assert found["network volume", "vol9"].usd == Decimal("0.14")
    assert found["network volume", "vol9"].last_at == NOON + 2 * HOUR
    assert "3 buckets of volumes or endpoints that no row of ours explains" in said
    assert not ResourceCostLine.objects.exists()


def test_the_same_figure_is_kept_once_and_a_new_one_replaces_it(account):
    for usd in ("1.00", "1.00", "2.50"):
        account.endpoint_buckets = [bucket("theirs", usd)]
        read(account)

    assert ResourceObservation.objects.count() == 2
    assert [each.usd for each in unattributed_resources()] == [Decimal("2.50")]


def test_a_bill_of_nothing_is_no_loose_end(account):
    account.volume_buckets = [bucket("vol9", "0")]
    read(account)

    assert not ResourceObservation.objects.exists()


def test_one_that_turns_out_to_be_ours_is_in_the_ledger_and_no_loose_end(account):
    account.endpoint_buckets = [bucket("end1", "0.50")]
    read(account)
    make_endpoint(status=ResourceStatus.LIVE, provider_id="end1", billed_from=NOON)

    for _ in range(2):
        read(account)

    assert unattributed_resources() == []
    assert ResourceCostLine.objects.get().amount_usd == Decimal("0.50")
    assert ResourceObservation.objects.count() == 2


def test_a_volume_and_an_endpoint_of_one_id_are_two(account):
    make_volume(status=ResourceStatus.LIVE, provider_id="same", billed_from=NOON)
    account.endpoint_buckets = [bucket("same", "0.50")]

    read(account)

    (found,) = unattributed_resources()
    assert (found.kind, found.usd) == ("endpoint", Decimal("0.50"))


def test_what_was_seen_can_not_be_changed(account):
    account.volume_buckets = [bucket("vol9", "0.07")]
    read(account)

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        ResourceObservation.objects.update(total_usd=0)


def test_it_is_alarmed_for_three_days(account):
    account.volume_buckets = [bucket("vol9", "0.07")]
    read(account)

    (finding,) = stray_bills(NOON + 2 * HOUR, Decimal(0))

    assert finding.subject == "network-volume-vol9"
    assert finding.title == "0.07 USD billed for network volume vol9, which is not ours"
    assert stray_bills(NOON + 74 * HOUR, Decimal(0)) == []
    assert stray_bills(NOON + 2 * HOUR, Decimal("0.07")) == []


def test_today_it_counts_by_the_bill_or_by_our_seconds_whichever_is_more(account):
    StrayResource.objects.create(
        kind="volume",
        provider="fake",
        provider_id="vol9",
        name="somebodys",
        ours=False,
        size_gb=730,
        first_seen_at=NOON,
        last_seen_at=NOON,
    )
    assert stray_spend(providers=("fake",), now=NOON + 2 * HOUR) == Decimal("0.14")
    account.volume_buckets = [bucket("vol9", "0.30")]
    account.endpoint_buckets = [bucket("theirs", "1.00")]
    read(account)

    assert stray_spend(providers=("fake",), now=NOON + 2 * HOUR) == Decimal("1.30")
