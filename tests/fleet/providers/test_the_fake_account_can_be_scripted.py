from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from fleet.providers.base import GpuOffer, ProviderUnavailable, Rejected
from fleet.providers.fake import FakeProvider
from tests.fleet.providers.conftest import a_request

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
OFFER = GpuOffer(
    "NVIDIA GeForce RTX 4090", "RTX 4090", 24, "SECURE", Decimal("0.69"), 4, "HIGH"
)


@pytest.fixture
def account() -> FakeProvider:
    return FakeProvider(now=lambda: NOON, offers=[OFFER])


def test_a_lost_answer_leaves_the_pod_in_the_list(account):
    account.lose_next_answer("create")

    with pytest.raises(ProviderUnavailable):
        account.create(a_request())

    assert [pod.name for pod in account.pods()] == ["kerne-demo-llama-1"]


def test_a_scripted_failure_changes_nothing_and_is_raised_once(account):
    account.fail_next("create", Rejected("no capacity"))

    with pytest.raises(Rejected):
        account.create(a_request())
    assert account.pods() == []

    account.create(a_request())
    assert len(account.pods()) == 1


def test_the_price_of_a_pod_is_that_of_all_its_gpus(account):
    pod = account.create(a_request(gpu_count=4))

    assert pod.usd_per_pod_hour == Decimal("2.76")


@pytest.mark.parametrize("changes", [{"gpu_count": 5}, {"cloud": "COMMUNITY"}])
def test_what_the_catalog_does_not_have_is_rejected(account, changes):
    with pytest.raises(Rejected):
        account.create(a_request(**changes))


def test_a_list_can_lag_behind(account):
    pod = account.create(a_request())
    account.hidden.add(pod.provider_id)

    assert account.pods() == []
    assert account.pod(pod.provider_id) == pod


def test_a_stopped_pod_costs_nothing(account):
    pod = account.create(a_request())
    account.stop(pod.provider_id)

    stopped = account.pod(pod.provider_id)
    assert stopped is not None
    assert (stopped.status, stopped.usd_per_pod_hour) == ("EXITED", Decimal(0))


def test_the_calls_are_kept_in_order(account):
    pod = account.create(a_request())
    account.terminate(pod.provider_id)
    account.billing(NOON, NOON + timedelta(hours=1), bucket="hour")

    assert account.calls == [
        ("create", "kerne-demo-llama-1"),
        ("terminate", pod.provider_id),
        ("billing", "hour"),
    ]
