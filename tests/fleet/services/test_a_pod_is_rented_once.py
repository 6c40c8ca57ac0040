"""One intent, one pod: doubled tasks, lost answers, refusals."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.models import MAX_NEVER_READY, Deployment, Pod, PodStatus
from fleet.providers.base import (
    BalanceTooLow,
    InvalidRequest,
    ProviderUnavailable,
    RateLimited,
    Rejected,
)
from fleet.services.provisioning import provision
from tests.clock import NOON
from tests.factories import make_offer
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db


def rent(pod: Pod, account, *, guard=allow, now=NOON) -> bool:
    return provision(pod.pk, provider=account, guard=guard, now=now)


def creates(account) -> list[str]:
    return [subject for method, subject in account.calls if method == "create"]


def test_a_requested_pod_is_rented_and_its_price_kept(make_wanted, account):
    pod = make_wanted()

    assert rent(pod, account)

    pod.refresh_from_db()
    assert pod.status == PodStatus.PROVISIONING
    assert pod.provider_id == "fake-1"
    assert pod.usd_per_pod_hour == Decimal("0.74")
    assert pod.billed_from == NOON
    assert pod.base_url == "http://127.0.0.1:9/fake-1/8000"
    assert [row.new for row in pod.transitions.all()] == ["creating", "provisioning"]


def test_what_it_is_launched_with_is_kept_without_its_key(make_wanted, account):
    pod = make_wanted()
    rent(pod, account)
    Deployment.objects.update(max_model_len=1024, image="vllm/vllm-openai:newer")

    pod.refresh_from_db()
    sent = account.requests["fake-1"]
    assert pod.launched["image"] == sent.image
    assert pod.launched["command"].endswith(sent.args.replace(pod.api_key, "***"))
    assert pod.api_key not in str(pod.launched)


def test_the_task_that_runs_twice_rents_once(make_wanted, account):
    pod = make_wanted()

    assert [rent(pod, account), rent(pod, account)] == [True, False]
    assert creates(account) == [pod.name]


def test_a_worker_with_an_old_copy_of_the_row_does_not_rent_again(make_wanted, account):
    pod = make_wanted()
    Pod.objects.filter(pk=pod.pk).update(status=PodStatus.CREATING)

    assert not pod.move_to(PodStatus.CREATING, now=NOON)
    assert not rent(pod, account)
    assert creates(account) == []


def test_the_command_line_and_the_key_are_sent(make_wanted, account):
    pod = make_wanted()
    rent(pod, account)

    args = account.requests["fake-1"].args
    assert f"--served-model-name {pod.deployment.variant.served_model.slug}" in args
    assert f"--api-key={pod.api_key}" in args
    assert "--enable-prompt-tokens-details" in args


@pytest.mark.parametrize("happened", [True, False])
def test_no_answer_is_left_to_the_cloud_list_because_the_pod_may_exist(
    make_wanted, account, happened
):
    pod = make_wanted()
    if happened:
        account.lose_next_answer("create")
    else:
        account.fail_next("create", ProviderUnavailable("timeout"))

    assert not rent(pod, account)
    assert not rent(pod, account)

    pod.refresh_from_db()
    assert (pod.status, pod.provider_id) == (PodStatus.CREATING, "")
    assert len(creates(account)) == 1


def test_a_refusal_rents_nothing_and_is_shown(make_wanted, account):
    pod = make_wanted()
    account.fail_next("create", Rejected("There are no instances currently available"))

    assert not rent(pod, account)

    pod.refresh_from_db()
    assert pod.status == PodStatus.REQUESTED
    assert pod.status_reason == "There are no instances currently available"
    assert pod.deployment.launch_failures == 0


@pytest.mark.parametrize(
    ("refusal", "seconds"),
    [
        (RateLimited("slow down", retry_after_seconds=37), 37),
        (Rejected("no capacity"), 120),
        (BalanceTooLow("needs credit for one hour"), 600),
    ],
)
def test_the_next_attempt_waits_as_long_as_the_refusal_asks(
    make_wanted, account, refusal, seconds
):
    pod = make_wanted()
    account.fail_next("create", refusal)

    rent(pod, account)

    deployment = Deployment.objects.get(pk=pod.deployment_id)
    assert deployment.not_before == NOON + timedelta(seconds=seconds)


def test_a_body_that_breaks_the_contract_is_never_sent_again(make_wanted, account):
    pod = make_wanted()
    account.fail_next("create", InvalidRequest("$: additional properties 'x' not allowed"))

    rent(pod, account)

    assert Deployment.objects.get(pk=pod.deployment_id).launch_failures == MAX_NEVER_READY


def test_a_veto_of_the_money_sends_nothing(make_wanted, account):
    pod = make_wanted()

    rent(
        pod, account, guard=lambda request: "the balance lasts 0.4 hours, less than 1 hour"
    )

    pod.refresh_from_db()
    assert pod.status == PodStatus.REQUESTED
    assert pod.status_reason == (
        "not launched: the balance lasts 0.4 hours, less than 1 hour"
    )
    assert account.calls == []


def test_the_guard_sees_the_price_with_the_disk_and_all_that_runs(make_wanted, account):
    pod, seen = make_wanted(), []

    rent(pod, account, guard=lambda request: seen.append(request))

    # 40 GB x $0.10 / 730 h = $0.00548/h beside the GPU's $0.74/h
    assert seen[0].usd_per_hour.quantize(Decimal("0.00001")) == Decimal("0.74548")
    assert seen[0].committed_usd_per_hour == 0


def test_a_price_above_the_limit_ends_the_pod_at_once(make_wanted, account):
    pod = make_wanted()
    Deployment.objects.update(max_usd_per_gpu_hour=Decimal("0.73"))
    Pod.objects.update(quoted_usd_per_pod_hour=Decimal("0.72"))

    rent(pod, account)

    pod.refresh_from_db()
    assert pod.status == PodStatus.TERMINATING
    assert "the price became 0.74 USD/h, above the limit of 0.73" in pod.status_reason


def test_a_price_that_is_known_to_be_above_the_limit_is_never_rented(make_wanted, account):
    pod = make_wanted(quoted_usd_per_pod_hour=Decimal("0.70"))
    make_offer(provider="fake", usd_per_gpu_hour=Decimal("1.01"))

    assert not rent(pod, account)

    pod.refresh_from_db()
    assert pod.status_reason == (
        "not launched: it costs 1.0100 USD/h today, above the limit of 1.0000 USD/h."
    )
    assert creates(account) == []


def test_the_guard_weighs_todays_price_and_not_the_one_of_the_order(make_wanted, account):
    pod, seen = make_wanted(quoted_usd_per_pod_hour=Decimal("0.10")), []
    make_offer(provider="fake", usd_per_gpu_hour=Decimal("0.74"))

    rent(pod, account, guard=lambda request: seen.append(request))

    assert seen[0].usd_per_hour > Decimal("0.74")


def test_a_pod_that_was_called_off_is_not_rented(make_wanted, account):
    pod = make_wanted()
    pod.move_to(PodStatus.FAILED, now=NOON, reason="called off")

    assert not rent(pod, account)
    assert account.calls == []
