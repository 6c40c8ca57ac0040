"""A definite no keeps the intent: one row, its reason, and a time for the next try."""

from datetime import timedelta

import pytest

from fleet.models import AuditEntry, Deployment, Pod, PodStatus
from fleet.providers.base import (
    BalanceTooLow,
    InvalidRequest,
    ProviderUnavailable,
    RateLimited,
    Rejected,
)
from fleet.services.cloud_list import compare
from fleet.services.provisioning import due, provision, settle_refusal
from fleet.services.replicas import settle_deployment
from fleet.services.termination import request_termination
from tests.clock import NOON, seconds
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db


def rent(pod: Pod, account, *, guard=allow, now=NOON) -> bool:
    return provision(pod.pk, provider=account, guard=guard, now=now)


def names_of_creates(account) -> list[str]:
    return [subject for method, subject in account.calls if method == "create"]


def test_a_night_without_capacity_is_one_row_that_is_rented_in_the_end(
    make_wanted, account, clock
):
    pod = make_wanted()
    account.fail_next("create", *[Rejected("no capacity")] * 20)
    for _ in range(20):
        assert not rent(pod, account, now=clock.forward(seconds=120))
        settle_deployment(
            pod.deployment_id,
            provider="fake",
            simulated=False,
            now=clock.now,
            new_key=lambda: "sk-0123456789abcdef",
        )

    assert rent(pod, account, now=clock.forward(seconds=120))
    assert Pod.objects.count() == 1
    assert set(names_of_creates(account)) == {pod.name}


@pytest.mark.parametrize("refusal", [Rejected("no"), RateLimited("slow down"), None])
def test_nothing_is_sent_before_the_wait_is_over(make_wanted, account, refusal):
    pod = make_wanted()
    if refusal is not None:
        account.fail_next("create", refusal)
    rent(pod, account, guard=allow if refusal else lambda request: "spend limit")
    not_before = Deployment.objects.get().not_before
    sent = len(names_of_creates(account))

    assert due(provider_name="fake", now=not_before - seconds(1)) == []
    assert not rent(pod, account, now=not_before - seconds(1))
    assert len(names_of_creates(account)) == sent
    assert due(provider_name="fake", now=not_before) == [pod.pk]
    assert rent(pod, account, now=not_before)


def test_the_deadline_counts_from_the_create_and_not_from_the_order(
    make_wanted, account, settings
):
    pod = make_wanted()
    hours_later = NOON + timedelta(hours=5)

    rent(pod, account, now=hours_later)

    pod.refresh_from_db()
    deadline = timedelta(seconds=settings.PROVISIONING_DEADLINE_SECONDS)
    assert pod.ready_by == hours_later + deadline


@pytest.mark.parametrize(
    "refusal",
    [RateLimited("slow down", retry_after_seconds=90), BalanceTooLow("no credit")],
)
def test_a_refusal_of_the_account_lets_everybody_wait(make_wanted, account, refusal):
    first, second = make_wanted(), make_wanted()
    account.fail_next("create", refusal)

    rent(first, account)

    assert due(provider_name="fake", now=NOON + seconds(89)) == []
    second.refresh_from_db()
    assert second.status_reason == str(refusal)


def test_a_pool_without_capacity_lets_only_its_own_deployment_wait(make_wanted, account):
    first, second = make_wanted(), make_wanted()
    account.fail_next("create", Rejected("no capacity"))

    rent(first, account)

    assert due(provider_name="fake", now=NOON) == [second.pk]


def test_a_short_wait_does_not_cut_a_longer_one(make_wanted, account):
    pod = make_wanted()
    Deployment.objects.update(not_before=NOON + seconds(600))
    Pod.objects.update(status=PodStatus.CREATING)
    settle_refusal(
        Pod.objects.get(), RateLimited("slow down", retry_after_seconds=5), now=NOON
    )

    pod.deployment.refresh_from_db()
    assert pod.deployment.not_before == NOON + seconds(600)


def test_an_intent_that_waits_is_not_mistaken_for_a_create_without_an_answer(
    make_wanted, account, clock
):
    pod = make_wanted()
    account.fail_next("create", Rejected("no capacity"))
    rent(pod, account)
    for _ in range(5):
        compare(provider=account, now=clock.forward(minutes=3))

    pod.refresh_from_db()
    assert (pod.status, pod.list_misses) == (PodStatus.REQUESTED, 0)


def test_misses_of_an_earlier_try_do_not_count_against_the_next(
    make_wanted, account, clock
):
    pod = make_wanted(list_misses=1)
    account.fail_next("create", ProviderUnavailable("timeout"))
    rent(pod, account)
    compare(provider=account, now=clock.forward(seconds=121))

    pod.refresh_from_db()
    assert (pod.status, pod.list_misses) == (PodStatus.CREATING, 1)


def test_a_pod_called_off_while_it_was_refused_has_ended(make_wanted, account):
    pod = make_wanted()

    class Account:
        name = "fake"

        def create(self, request):
            row = Pod.objects.get(pk=pod.pk)
            assert request_termination(row, acting_user="ada", now=NOON, reason="enough")
            raise Rejected("no capacity")

    rent(pod, Account())

    pod.refresh_from_db()
    assert (pod.status, pod.status_reason) == ("failed", "called off; no capacity")


def test_a_pod_called_off_while_it_was_rented_keeps_its_id_and_ends(make_wanted, account):
    pod = make_wanted()

    class Account:
        name = "fake"
        pod_url = account.pod_url

        def create(self, request):
            row = Pod.objects.get(pk=pod.pk)
            assert request_termination(row, acting_user="ada", now=NOON, reason="enough")
            return account.create(request)

    rent(pod, Account())

    pod.refresh_from_db()
    assert (pod.status, pod.provider_id) == ("terminating", "fake-1")


def test_a_pod_that_is_listed_though_its_intent_still_waits_is_adopted(
    make_wanted, account, clock
):
    """As after a backup of the database was restored."""
    pod = make_wanted()
    rent(pod, account)
    Pod.objects.update(status=PodStatus.REQUESTED, provider_id="", base_url="")

    done = compare(provider=account, now=clock.forward(seconds=60))

    assert done.adopted == [pod.name]
    assert not rent(pod, account)
    assert len(names_of_creates(account)) == 1


def test_an_order_that_can_not_be_sent_is_given_up_at_once_and_says_why(
    make_wanted, account
):
    pod = make_wanted()
    Deployment.objects.update(extra_env={"not a name": "x"})

    assert not rent(pod, account)

    pod.refresh_from_db()
    assert pod.status == PodStatus.FAILED
    assert "env has the key 'not a name'" in pod.status_reason
    assert account.calls == []
    assert Deployment.objects.get().launch_failures == 3
    assert "not a name" in AuditEntry.objects.get().figures["last_reason"]


def test_after_giving_up_the_other_replicas_are_not_sent_either(make_wanted, account):
    first = make_wanted()
    second = make_wanted(deployment=first.deployment, name="kerne-demo-x-2", attempt=2)
    account.fail_next("create", InvalidRequest("$.gpu: unknown"))

    rent(first, account)

    assert not rent(second, account)
    assert due(provider_name="fake", now=NOON + timedelta(days=1)) == []
    assert len(names_of_creates(account)) == 1


@pytest.mark.parametrize("fault", [ValueError("odd id"), KeyError("cost"), OSError(5)])
def test_a_create_that_breaks_on_our_side_may_have_happened_and_is_counted(
    make_wanted, fault
):
    pod = make_wanted()

    class Account:
        name = "fake"

        def create(self, request):
            raise fault

    assert not rent(pod, Account())
    assert not rent(pod, Account())

    pod.refresh_from_db()
    assert pod.status == PodStatus.CREATING
    assert pod.status_reason == (
        f"the create broke on our side ({type(fault).__name__}); looking for it by name"
    )
    assert Deployment.objects.get().launch_failures == 1


class SoftLimit(Exception):
    """As celery's: an Exception of no family of ours."""


def test_a_time_limit_in_the_middle_of_a_create_is_maybe_created(
    make_wanted, account, clock
):
    pod = make_wanted()

    class Account:
        name = "fake"

        def create(self, request):
            account.create(request)
            raise SoftLimit

    with pytest.raises(SoftLimit):
        rent(pod, Account())
    pod.refresh_from_db()
    assert pod.status_reason == "the create is on its way to the provider"

    compare(provider=account, now=clock.forward(seconds=5))
    pod.refresh_from_db()
    assert (pod.status, pod.provider_id) == ("provisioning", "fake-1")


def test_no_answer_is_said_on_the_row(make_wanted, account):
    pod = make_wanted()
    account.fail_next("create", ProviderUnavailable("502"))
    rent(pod, account)

    pod.refresh_from_db()
    assert pod.status_reason == (
        "the create was not answered (502); looking for it by name"
    )
