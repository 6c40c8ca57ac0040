"""A pod that ends without having been ready tells why, from its own log."""

from datetime import timedelta

import pytest

from fleet.models import MAX_NEVER_READY, Deployment, Pod, PodDiagnosis, PodStatus
from fleet.providers.base import LogLine, ProviderUnavailable
from fleet.providers.fake import FakeProvider
from fleet.services.diagnosis import explain_endings
from tests.clock import NOON
from tests.factories import make_deployment, make_pod
from tests.fleet.providers.conftest import a_request

pytestmark = pytest.mark.django_db


@pytest.fixture
def ending(account: FakeProvider) -> Pod:
    rented = account.create(a_request())
    return make_pod(
        deployment=make_deployment(launch_failures=1),
        provider="fake",
        provider_id=rented.provider_id,
        status=PodStatus.TERMINATING,
        ready_at=None,
        terminate_requested_at=NOON,
    )


def explain(account: FakeProvider) -> list[str]:
    pods = list(Pod.objects.select_related("deployment"))
    return explain_endings(pods, provider=account, now=NOON)


def says(account: FakeProvider, pod: Pod, *lines: str) -> None:
    account.lines[pod.provider_id] = [LogLine(NOON, "container", each) for each in lines]


def test_an_order_that_fails_the_same_way_again_is_given_up(ending, account):
    says(account, ending, "api_server.py: error: unrecognized arguments: --no-such-flag")

    words = explain(account)

    assert words == [f"{ending.name}: vLLM does not know an argument of the command line."]
    assert Deployment.objects.get().launch_failures == MAX_NEVER_READY


def test_one_that_another_machine_may_heal_is_tried_again(ending, account):
    says(account, ending, "NCCL error: unhandled system error")

    explain(account)

    assert Deployment.objects.get().launch_failures == 1
    assert PodDiagnosis.objects.get().kind == "hardware"


def test_the_kept_lines_hold_no_key(ending, account):
    says(account, ending, f"--api-key={ending.api_key} HF_TOKEN=hf_abcdefghijkl")

    explain(account)

    tail = PodDiagnosis.objects.get().tail
    assert ending.api_key not in tail and "hf_abc" not in tail


def test_a_log_that_is_not_given_delays_nothing(ending, account):
    account.fail_next("logs", ProviderUnavailable("silence"))

    assert explain(account) == []


def test_it_is_read_once_and_not_after_the_delete(ending, account):
    says(account, ending, "nothing that anybody knows")
    explain(account)
    explain(account)
    Pod.objects.update(terminate_sent_at=NOON + timedelta(seconds=1))
    PodDiagnosis.objects.all().delete()
    explain(account)

    assert [method for method, _ in account.calls].count("logs") == 1
