"""Volumes and endpoints in the books: accrued by the hour, corrected by the bill, in the
day's cost; nothing of them is missing and nothing is there twice."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db.models import Sum

from economics.models import DailyProfit, Provenance, ResourceCostLine, Scope
from economics.selectors.day_sums import open_day_sums
from economics.selectors.resource_cost import cost_to_date
from economics.services.accrual import accrue
from economics.services.billing import read_billing
from economics.services.close import close_day
from fleet.models import NetworkVolume, ResourceStatus, ServerlessEndpoint
from fleet.providers.fake import FakeProvider
from fleet.providers.resources import ResourceBucket
from tests.clock import MIDNIGHT, NOON, TODAY, Clock
from tests.fleet.services.resource_rows import make_endpoint, make_volume

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def account() -> FakeProvider:
    return FakeProvider(now=Clock())


def live_volume(**columns: object) -> NetworkVolume:
    """730 GB: 0.07 USD/h."""
    given = {"size_gb": 730, "status": ResourceStatus.LIVE, "provider_id": "vol1"}
    return make_volume(**(given | {"billed_from": NOON} | columns))


def live_endpoint(**columns: object) -> ServerlessEndpoint:
    given = {"status": ResourceStatus.LIVE, "provider_id": "end1", "billed_from": NOON}
    return make_endpoint(**(given | columns))


def bucket(provider_id: str, start, usd: str) -> ResourceBucket:
    return ResourceBucket(provider_id, start, start + HOUR, Decimal(usd), Decimal(0))


def booked() -> Decimal:
    total = ResourceCostLine.objects.aggregate(usd=Sum("amount_usd"))["usd"]
    return total or Decimal(0)


def test_a_volume_gets_a_line_for_each_hour_that_is_over():
    live_volume(billed_from=NOON + timedelta(minutes=30))

    assert accrue(NOON + 3 * HOUR) == 3
    assert accrue(NOON + 3 * HOUR) == 0
    amounts = ResourceCostLine.objects.values_list("amount_usd", flat=True)
    assert list(amounts) == [Decimal("0.035"), Decimal("0.07"), Decimal("0.07")]


def test_an_ended_volume_is_booked_to_its_last_second():
    live_volume(billed_until=NOON + timedelta(minutes=90), status=ResourceStatus.ENDED)

    accrue(NOON + 2 * HOUR)
    accrue(NOON + 5 * HOUR)

    assert booked() == Decimal("0.105")


def test_the_lines_of_a_long_life_add_up_without_drift():
    live_volume(size_gb=100, billed_from=MIDNIGHT - timedelta(days=30))

    accrue(MIDNIGHT)

    assert booked() == Decimal("6.904110")  # 100 GB x 0.07 x 720 h / 730 h


def test_the_bill_corrects_a_volume_once(account):
    live_volume()
    account.volume_buckets = [bucket("vol1", NOON, "0.08")]

    for _ in range(3):
        read_billing(provider=account, now=NOON + 2 * HOUR)

    assert booked() == Decimal("0.07") * 2 + Decimal("0.01")
    line = ResourceCostLine.objects.get(billed_usd__isnull=False)
    assert (line.amount_usd, line.provenance) == (Decimal("0.01"), Provenance.BILLED)


def test_a_bill_that_agrees_says_so_with_a_line_of_nothing(account):
    live_volume()
    account.volume_buckets = [bucket("vol1", NOON, "0.07")]

    read_billing(provider=account, now=NOON + HOUR)

    assert ResourceCostLine.objects.get(billed_usd__isnull=False).amount_usd == 0
    (sums,) = open_day_sums(TODAY, NOON + HOUR).values()
    assert {tag.value for tag in sums.tags} == {"billed"}


def test_the_hour_that_runs_waits_for_its_own_line(account):
    live_volume()
    account.volume_buckets = [bucket("vol1", NOON, "0.03")]

    read_billing(provider=account, now=NOON + timedelta(minutes=30))

    assert ResourceCostLine.objects.count() == 0


def test_an_endpoint_costs_what_the_bill_says_while_the_hour_grows(account):
    live_endpoint()
    for usd in ("0.10", "0.10", "0.25"):
        account.endpoint_buckets = [bucket("end1", NOON, usd)]
        read_billing(provider=account, now=NOON + timedelta(minutes=40))

    assert booked() == Decimal("0.25")
    assert ResourceCostLine.objects.count() == 2


def test_a_bill_of_something_unknown_is_booked_to_nobody_and_told(account):
    account.endpoint_buckets = [bucket("theirs", NOON, "3.00")]

    said = read_billing(provider=account, now=NOON + HOUR).sentence()

    assert ResourceCostLine.objects.count() == 0
    assert "1 buckets of volumes or endpoints that no row of ours explains" in said


def test_the_open_day_counts_what_runs_up_since_the_last_line():
    volume = live_volume()
    accrue(NOON + HOUR)

    sums = open_day_sums(TODAY, NOON + timedelta(minutes=90))

    assert sums[volume.deployment_id].cost_usd == Decimal("0.105")


def test_a_closed_day_holds_the_cost_of_volumes_and_endpoints(account):
    volume = live_volume(billed_from=MIDNIGHT)
    live_endpoint(deployment=volume.deployment)
    account.endpoint_buckets = [bucket("end1", NOON, "0.50")]
    after = MIDNIGHT + timedelta(days=1, minutes=20)
    read_billing(provider=account, now=after)

    assert close_day(TODAY, after)

    row = DailyProfit.objects.get(scope=Scope.DEPLOYMENT)
    assert row.cost_usd == Decimal("0.07") * 24 + Decimal("0.50")
    assert row.profit_usd == -row.cost_usd


def test_a_correction_of_a_closed_day_counts_in_the_open_one(account):
    live_volume(billed_from=MIDNIGHT)
    after = MIDNIGHT + timedelta(days=1, minutes=20)
    close_day(TODAY, after)
    account.volume_buckets = [bucket("vol1", NOON, "0.09")]

    read_billing(provider=account, now=after + HOUR)

    line = ResourceCostLine.objects.get(billed_usd__isnull=False)
    assert (line.amount_usd, line.day) == (Decimal("0.02"), TODAY + timedelta(days=1))


def test_the_cost_to_date_is_booked_and_running():
    volume = live_volume()
    accrue(NOON + HOUR)

    costs = cost_to_date([volume], now=NOON + timedelta(minutes=90))

    assert costs == {volume.name: Decimal("0.105")}


def test_hours_of_an_ended_volume_that_the_bill_does_not_name_were_free(account):
    live_volume(billed_until=NOON + 2 * HOUR, status=ResourceStatus.ENDED)
    account.volume_buckets = [bucket("vol1", NOON, "0.07")]
    read_billing(provider=account, now=NOON + 4 * HOUR)
    assert booked() == Decimal("0.14")

    for _ in range(2):
        read_billing(provider=account, now=NOON + 6 * HOUR)

    assert booked() == Decimal("0.07")


def test_an_empty_bill_proves_nothing(account):
    live_volume(billed_until=NOON + 2 * HOUR, status=ResourceStatus.ENDED)

    read_billing(provider=account, now=NOON + 9 * HOUR)

    assert booked() == Decimal("0.14")
