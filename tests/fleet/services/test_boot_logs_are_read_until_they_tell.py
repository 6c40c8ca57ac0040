from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.models import Pod, PodBoot, PodStatus
from fleet.providers.base import CloudPod, LogLine, ProviderUnavailable
from fleet.services.boot_logs import MOST_PER_RUN, due, read_due
from tests.clock import NOON
from tests.factories import make_deployment, make_pod

pytestmark = pytest.mark.django_db


@pytest.fixture
def pod(account) -> Pod:
    """It boots; its log says that the weights are being loaded."""
    found = booting("pod-1")
    account.lines["pod-1"] = [LogLine(NOON, "container", "Starting to load model x...")]
    account.adopt(listed("pod-1"))
    return found


def listed(provider_id: str) -> CloudPod:
    return CloudPod(
        provider_id=provider_id,
        name="any",
        status="RUNNING",
        usd_per_pod_hour=Decimal("0.74"),
        gpu_type_id="NVIDIA GeForce RTX 4090",
        gpu_count=1,
        cloud="SECURE",
        data_center_id=None,
        created_at=NOON,
        started_at=NOON,
    )


def booting(provider_id: str, **columns: object) -> Pod:
    boots = {"status": PodStatus.PROVISIONING, "ready_at": None, "provider": "fake"}
    return make_pod(
        deployment=columns.pop("deployment", None) or make_deployment(),
        provider_id=provider_id,
        **(boots | columns),
    )


def test_a_booting_pod_is_read_again_until_its_weights_are_loaded(account, pod):
    read_due(provider=account, now=NOON)
    account.lines["pod-1"].append(
        LogLine(NOON + timedelta(seconds=50), "container", "Model loading took 15 GiB")
    )
    read_due(provider=account, now=NOON + timedelta(minutes=1))

    boot = PodBoot.objects.get(pod=pod)
    assert boot.weights_from == NOON
    assert boot.weights_until == NOON + timedelta(seconds=50)
    assert not due(provider_name="fake", now=NOON + timedelta(minutes=2)).exists()


def test_a_log_that_is_not_to_be_had_is_asked_for_again(account, pod):
    account.fail_next("logs", ProviderUnavailable("timeout"))

    said = read_due(provider=account, now=NOON)

    assert said == "0 boot logs read, 1 not to be had"
    assert list(due(provider_name="fake", now=NOON)) == [pod]


def test_a_pod_that_became_ready_is_read_once_more_and_no_longer_than_an_hour(account, pod):
    read_due(provider=account, now=NOON)
    ready = NOON + timedelta(minutes=5)
    Pod.objects.update(status=PodStatus.SERVING, ready_at=ready)

    assert list(due(provider_name="fake", now=ready)) == [pod]
    assert not due(provider_name="fake", now=ready + timedelta(hours=1)).exists()
    read_due(provider=account, now=ready)
    assert not due(provider_name="fake", now=ready).exists()


def test_a_run_reads_a_few_the_longest_unread_first(account, pod):
    read_due(provider=account, now=NOON)
    others = [booting(f"other-{n}", deployment=pod.deployment) for n in range(MOST_PER_RUN)]

    assert list(due(provider_name="fake", now=NOON)) == others


def test_no_pod_of_another_provider_of_the_past_or_without_a_machine_is_read(account):
    booting("demo-1")
    booting("x", provider="runpod")
    booting("")

    assert not due(provider_name="fake", now=NOON).exists()
