"""A sheet shows the account whose spending it changes, not always the main one's.

The main account has $60; the spot market's has $3, of which the pod there takes $0.25 an
hour: it lasts 12 hours.
"""

from decimal import Decimal

import pytest

from fleet.models import ActionKind, Deployment, Pod
from tests.clock import NOON
from tests.factories import make_balance, make_orphan, make_pod
from tests.fleet.services.actions.conftest import plan_of


@pytest.fixture
def spot_pod(deployment: Deployment, settings) -> Pod:
    settings.SPOT_PROVIDER_NAME = "spotmarket"
    make_balance(provider="spotmarket", balance_usd=Decimal(3), read_at=NOON)
    return make_pod(
        deployment=deployment,
        name="kerne-demo-llama-a-2",
        provider="spotmarket",
        attempt=2,
        container_disk_gb=0,
        usd_per_pod_hour=Decimal("0.25"),
        billed_from=NOON.replace(hour=10),
    )


def test_stopping_pods_of_the_spot_market_shows_its_balance(spot_pod: Pod):
    account = plan_of(ActionKind.STOP, deployment="llama-a").account

    assert account.balance is not None and account.balance.balance_usd == 3
    assert account.runway_hours_before == 12
    assert account.usd_per_hour_after == 0


def test_where_pods_of_both_end_the_account_that_saves_more_is_shown(
    pod: Pod, spot_pod: Pod
):
    account = plan_of(ActionKind.STOP, deployment="llama-a").account

    assert account.balance is not None and account.balance.balance_usd == 60
    assert account.usd_per_hour_before - account.usd_per_hour_after == Decimal("0.75")


def test_ending_an_orphan_of_the_spot_market_shows_its_balance(spot_pod: Pod):
    orphan = make_orphan(provider="spotmarket", usd_per_pod_hour=Decimal("0.50"))

    account = plan_of(ActionKind.END_ORPHAN, orphan=orphan.provider_id).account

    assert account.balance is not None and account.balance.balance_usd == 3
