"""The provider's list against our rows, both ways."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.models import AuditEntry, Deployment, Orphan, Pod, PodStatus
from fleet.providers.base import CloudPod, ProviderUnavailable
from fleet.services.cloud_list import compare
from fleet.services.provisioning import provision
from fleet.services.termination import request_termination
from tests.clock import NOON
from tests.fleet.services.conftest import allow

pytestmark = pytest.mark.django_db


@pytest.fixture
def rented(make_wanted, account) -> Pod:
    pod = make_wanted()
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    pod.refresh_from_db()
    return pod


@pytest.fixture
def unanswered(make_wanted, account) -> Pod:
    """A pod that exists at the provider; our worker died before it read the answer."""
    pod = make_wanted()
    account.lose_next_answer("create")
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    pod.refresh_from_db()
    return pod


def stray(name: str, clock, provider_id: str = "stray-1") -> CloudPod:
    return CloudPod(
        provider_id=provider_id,
        name=name,
        status="RUNNING",
        usd_per_pod_hour=Decimal("2.69"),
        gpu_type_id="NVIDIA H100 80GB HBM3",
        gpu_count=1,
        cloud="SECURE",
        data_center_id="FAKE-1",
        created_at=clock.now,
        started_at=clock.now,
    )


def test_a_pod_whose_answer_was_lost_is_adopted_by_its_name(unanswered, account, clock):
    done = compare(provider=account, now=clock.forward(seconds=5))

    unanswered.refresh_from_db()
    assert done.adopted == [unanswered.name]
    assert unanswered.status == PodStatus.PROVISIONING
    assert unanswered.provider_id == "fake-1"
    assert unanswered.billed_from == NOON


def test_an_answer_that_comes_after_the_adoption_changes_nothing(
    unanswered, account, clock
):
    late_copy = Pod.objects.get(pk=unanswered.pk)
    compare(provider=account, now=clock.forward(seconds=5))

    assert not late_copy.move_to(PodStatus.PROVISIONING, now=clock.now)
    assert Pod.objects.get(pk=unanswered.pk).transitions.count() == 2


def test_a_create_that_never_happened_fails_after_settling_and_two_lists(
    make_wanted, account, clock
):
    pod = make_wanted()
    account.fail_next("create", ProviderUnavailable("timeout"))
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    states = []
    for wait in (119, 2, 60):
        compare(provider=account, now=clock.forward(seconds=wait))
        states.append(Pod.objects.get(pk=pod.pk).status)

    assert states == ["creating", "creating", "failed"]


def test_a_pod_that_is_not_listed_once_is_still_believed(rented, account, clock):
    account.hidden.add(rented.provider_id)
    compare(provider=account, now=clock.forward(minutes=3))

    assert Pod.objects.get(pk=rented.pk).status == PodStatus.PROVISIONING


def test_a_pod_missing_from_two_lists_but_known_by_id_lives_on(rented, account, clock):
    account.hidden.add(rented.provider_id)
    for _ in range(4):
        compare(provider=account, now=clock.forward(minutes=3))

    assert Pod.objects.get(pk=rented.pk).status == PodStatus.PROVISIONING


def test_a_newborn_is_never_called_missing(rented, account, clock):
    account.vanish(rented.provider_id)
    for _ in range(5):
        compare(provider=account, now=clock.forward(seconds=20))

    assert Pod.objects.get(pk=rented.pk).status == PodStatus.PROVISIONING


def test_a_pod_that_vanished_is_closed_and_its_billing_ends(rented, account, clock):
    account.vanish(rented.provider_id)
    for _ in range(2):
        done = compare(provider=account, now=clock.forward(minutes=3))

    rented.refresh_from_db()
    assert done.ghosts == [rented.name]
    assert rented.status == PodStatus.TERMINATED
    assert rented.billed_until == NOON + timedelta(minutes=6)


def test_half_a_list_settles_nothing(rented, account, clock):
    account.fail_next("pods", ProviderUnavailable("502"))
    with pytest.raises(ProviderUnavailable):
        compare(provider=account, now=clock.forward(minutes=3))

    assert Pod.objects.get(pk=rented.pk).list_misses == 0


def test_a_stopped_container_ends_the_pod_and_counts_as_a_failed_launch(
    rented, account, clock
):
    account.set_status(rented.provider_id, "EXITED")
    compare(provider=account, now=clock.forward(seconds=30))

    rented.refresh_from_db()
    rented.deployment.refresh_from_db()
    assert rented.status == PodStatus.TERMINATING
    assert rented.status_reason == "the provider says EXITED"
    assert rented.deployment.launch_failures == 1


def test_a_foreign_pod_is_shown_and_never_touched(account, clock):
    account.adopt(stray("someone-elses-training", clock))
    for _ in range(20):
        compare(provider=account, now=clock.forward(minutes=10))

    orphan = Orphan.objects.get()
    assert (orphan.ours, orphan.sightings, orphan.gone_at) == (False, 20, None)
    assert ("terminate", "stray-1") not in account.calls


def test_an_orphan_of_ours_is_shown_at_once_and_ended_after_the_grace(account, clock):
    account.adopt(stray("kerne-demo-forgotten-7", clock))
    compare(provider=account, now=clock.forward(seconds=60))
    assert Orphan.objects.get().ours
    assert ("terminate", "stray-1") not in account.calls

    compare(provider=account, now=clock.forward(seconds=599))
    assert ("terminate", "stray-1") not in account.calls

    compare(provider=account, now=clock.forward(seconds=1))
    compare(provider=account, now=clock.forward(seconds=60))
    assert ("terminate", "stray-1") in account.calls
    assert Orphan.objects.get().gone_at == clock.now
    assert AuditEntry.objects.get(verb="terminate orphan").acting_user == "rule:orphan"


def test_an_orphan_is_kept_when_the_operator_wants_to_decide(account, clock, settings):
    settings.ORPHAN_TERMINATE = False
    account.adopt(stray("kerne-demo-forgotten-7", clock))
    for _ in range(5):
        compare(provider=account, now=clock.forward(minutes=10))

    assert ("terminate", "stray-1") not in account.calls


def test_of_two_pods_with_one_name_the_older_is_adopted_and_the_other_ended(
    unanswered, account, clock
):
    twin_at = clock.forward(seconds=1)
    account.adopt(stray(unanswered.name, clock, provider_id="twin"))
    compare(provider=account, now=clock.forward(seconds=30))

    unanswered.refresh_from_db()
    assert unanswered.provider_id == "fake-1"
    assert unanswered.billed_from < twin_at
    assert ("terminate", "twin") in account.calls


def test_a_pod_of_another_environment_is_foreign(account, clock):
    account.adopt(stray("kerne-staging-llama-1", clock))
    compare(provider=account, now=clock.forward(minutes=30))

    assert not Orphan.objects.get().ours


def test_a_list_that_lags_behind_a_termination_raises_no_alarm(rented, account, clock):
    request_termination(rented, acting_user="ada", now=clock.now)
    rented.move_to(PodStatus.TERMINATED, now=clock.now, facts={"billed_until": clock.now})
    compare(provider=account, now=clock.forward(seconds=60))
    assert not Orphan.objects.exists()

    compare(provider=account, now=clock.forward(seconds=120))
    assert Orphan.objects.get().name == rented.name
    assert ("terminate", rented.provider_id) in account.calls


def test_a_pod_called_off_while_its_create_was_on_its_way_is_found_and_ended(
    unanswered, account, clock
):
    request_termination(unanswered, acting_user="ada", now=clock.now)
    compare(provider=account, now=clock.forward(seconds=5))

    unanswered.refresh_from_db()
    assert (unanswered.status, unanswered.provider_id) == ("terminating", "fake-1")


def test_a_price_that_the_create_did_not_say_is_read_from_the_list_and_limited(
    make_wanted, account, clock
):
    pod = make_wanted()
    provision(pod.pk, provider=account, guard=allow, now=NOON)
    Pod.objects.update(usd_per_pod_hour=None)
    account.reprice("fake-1", Decimal("1.0001"))

    compare(provider=account, now=clock.forward(seconds=30))

    pod.refresh_from_db()
    assert pod.usd_per_pod_hour == Decimal("1.0001")
    assert pod.status == PodStatus.TERMINATING
    assert "above the limit of 1.0000 USD/h" in pod.status_reason


def test_a_rented_pod_that_costs_exactly_its_limit_stays(make_wanted, account, clock):
    pod = make_wanted()
    Deployment.objects.update(max_usd_per_gpu_hour=Decimal("0.74"))
    provision(pod.pk, provider=account, guard=allow, now=NOON)

    pod.refresh_from_db()
    assert pod.status == PodStatus.PROVISIONING
