from decimal import Decimal

import pytest

from fleet.models import ActionKind, AuditEntry, Deployment, Orphan, Pod
from fleet.providers.base import PodRequest
from fleet.providers.fake import FakeProvider
from fleet.services.cloud_list import compare
from fleet.services.refused import Refused
from tests.clock import seconds
from tests.fleet.services.actions.conftest import confirmed, plan_of

KEY = {"api_key": "sk-somebody-elses-key"}


@pytest.fixture
def stray(deployment: Deployment, account: FakeProvider, clock) -> str:
    """A pod that somebody rented by hand, listed once. Its id."""
    Deployment.objects.update(replicas=0)
    request = PodRequest(
        name="by-hand",
        image="vllm/vllm-openai:v0.32.0",
        args="--model x",
        env={},
        gpu_type_id="NVIDIA GeForce RTX 4090",
        gpu_count=1,
        cloud="SECURE",
        disk_gb=40,
    )
    rented = account.create(request)
    compare(provider=account, now=clock.forward(seconds=60))
    return rented.provider_id


def adopt(stray: str, clock, **answers: str):
    plan = plan_of(ActionKind.ADOPT, orphan=stray, deployment="llama-a", now=clock.now)
    return plan, confirmed(plan, now=clock.now, answers=answers)


def test_adopting_rents_nothing_and_says_so(stray, clock):
    plan = plan_of(ActionKind.ADOPT, orphan=stray, deployment="llama-a", now=clock.now)

    assert plan.delta_usd_per_hour == 0
    assert plan.account.usd_per_hour_before == plan.account.usd_per_hour_after
    assert [each.name for each in plan.asks] == ["api_key"]


def test_an_adopted_pod_is_billed_from_its_true_begin(stray, account, clock):
    begin = clock.now - seconds(60)
    adopt(stray, clock, **KEY)
    compare(provider=account, now=clock.forward(seconds=60))

    pod = Pod.objects.get()
    assert (pod.name, pod.provider_id, pod.status) == ("by-hand", stray, "provisioning")
    assert pod.billed_from == begin
    assert pod.usd_per_pod_hour == Decimal("0.74")
    assert Deployment.objects.get().replicas == 1
    assert not Orphan.objects.filter(gone_at__isnull=True).exists()


def test_the_key_is_kept_out_of_the_action_and_the_audit(stray, clock):
    _, action = adopt(stray, clock, **KEY)

    written = f"{action.parameters}{action.plan}"
    written += "".join(str(row.figures) for row in AuditEntry.objects.all())
    assert KEY["api_key"] not in written


@pytest.mark.parametrize("key", ["", "short", "with space in it", "x" * 81])
def test_a_key_that_vllm_can_not_have_adopts_nothing(stray, clock, key):
    with pytest.raises(Refused, match="Key must be 8 to 80"):
        adopt(stray, clock, api_key=key)
    assert not Pod.objects.exists()


def test_another_gpu_can_not_become_a_replica(stray, clock):
    Deployment.objects.update(gpu_count=2)

    with pytest.raises(Refused, match=r"has 1× NVIDIA GeForce RTX 4090, and llama-a"):
        adopt(stray, clock, **KEY)


def test_ending_a_foreign_pod_asks_for_its_name(stray, clock, account):
    plan = plan_of(ActionKind.END_ORPHAN, orphan=stray, now=clock.now)

    with pytest.raises(Refused, match="type by-hand exactly"):
        confirmed(plan, now=clock.now)
    compare(provider=account, now=clock.forward(seconds=60))
    assert account.pod(stray) is not None


def test_an_ended_foreign_pod_is_gone_with_the_next_list(stray, clock, account):
    plan = plan_of(ActionKind.END_ORPHAN, orphan=stray, now=clock.now)
    confirmed(plan, now=clock.now, answers={"typed": "by-hand"})

    compare(provider=account, now=clock.forward(seconds=60))
    compare(provider=account, now=clock.forward(seconds=60))

    assert account.pods() == []
    assert Orphan.objects.get().gone_at is not None
    assert AuditEntry.objects.filter(verb="terminate orphan", acting_user="ada").exists()


def test_a_foreign_pod_that_nobody_ends_is_left_alone(stray, clock, account):
    for _ in range(30):
        compare(provider=account, now=clock.forward(minutes=5))

    assert [each.provider_id for each in account.pods()] == [stray]
