"""A change of settings: one replica more, drain an old one, repeat; or take it back."""

from datetime import timedelta
from decimal import Decimal

import pytest

from fleet.models import (
    AuditEntry,
    Deployment,
    Health,
    Pod,
    PodStatus,
    Rollout,
    RolloutState,
)
from fleet.services import rolling
from fleet.services.replicas import settle_deployment
from tests.clock import NOON
from tests.factories import make_deployment, make_llama, make_pod

pytestmark = pytest.mark.django_db


@pytest.fixture
def deployment() -> Deployment:
    """Two serving replicas of Llama 3.1 8B on an RTX 4090, each ready after 4 min."""
    row = make_deployment(variant=make_llama(), replicas=2, max_model_len=4096)
    for _ in range(2):
        make_pod(deployment=row)
    return row


def change(deployment: Deployment, **changes: object) -> rolling.RollingPlan:
    return rolling.change(deployment, changes, acting_user="ada", now=NOON)


def turn(deployment: Deployment, *, minutes: float = 0) -> list[str]:
    """A tick: a step of the rollout, then as many pods as wanted."""
    now, troubles = NOON + timedelta(minutes=minutes), list[str]()
    done = rolling.step_all(simulated=False, now=now, troubles=troubles)
    settle_deployment(
        deployment.pk,
        provider="runpod",
        simulated=False,
        now=now,
        new_key=lambda: "sk-0123456789abcdef",
    )
    assert troubles == []
    return done


def pods(**facts: object) -> list[int]:
    """Revisions of the pods that are wanted and fit `facts`."""
    rows = Pod.objects.wanted().filter(**facts).order_by("revision", "pk")
    return list(rows.values_list("revision", flat=True))


def becomes_ready() -> None:
    Pod.objects.filter(status=PodStatus.REQUESTED).update(
        status=PodStatus.SERVING, health=Health.READY, ready_at=NOON
    )


def test_the_plan_says_how_long_one_replica_more_is_paid(deployment):
    planned = rolling.plan(deployment, {"max_model_len": 2048}, now=NOON)

    # Two replicas, 4 minutes each, at the limit of $1.00/h with a disk of 40 GB.
    assert planned.sentence == (
        "For about 8 min one replica more: $0.13 (2 to replace, from the first "
        "billed second to READY, median of the last 2 starts)."
    )
    assert Deployment.objects.get().max_model_len == 4096


def test_it_goes_on_one_by_one_and_never_below_what_is_wanted(deployment):
    change(deployment, max_model_len=2048)
    seen = []
    for minute in range(6):
        turn(deployment, minutes=minute)
        seen.append((pods(status=PodStatus.SERVING), pods(status=PodStatus.REQUESTED)))
        becomes_ready()

    assert seen[:3] == [([1, 1], [2]), ([1, 2], [2]), ([2, 2], [])]
    assert all(len(serving) >= 2 for serving, _ in seen)
    assert pods() == [2, 2]
    assert Rollout.objects.get().state == RolloutState.DONE
    assert Deployment.objects.get().surge == 0


def test_a_new_replica_that_is_never_ready_takes_the_change_back(deployment):
    change(deployment, max_model_len=2048, gpu_memory_utilization="0.80")
    turn(deployment)
    turn(deployment, minutes=1)
    Pod.objects.filter(status=PodStatus.REQUESTED).update(
        status=PodStatus.FAILED, status_reason="CUDA out of memory"
    )

    turn(deployment, minutes=2)

    row = Deployment.objects.get()
    kept = (row.max_model_len, row.gpu_memory_utilization)
    assert kept == (4096, Decimal("0.90"))
    assert (row.revision, row.surge) == (3, 0)  # no number is used twice
    assert pods() == [1, 1]
    rollout = Rollout.objects.get()
    assert rollout.state == RolloutState.ABORTED
    assert "CUDA out of memory" in rollout.reason


def test_a_late_failure_keeps_the_new_replicas_that_serve(deployment):
    change(deployment, max_model_len=2048)
    turn(deployment)
    becomes_ready()
    turn(deployment, minutes=1)
    Pod.objects.filter(status=PodStatus.REQUESTED).update(
        status=PodStatus.FAILED, status_reason="a bad host"
    )

    turn(deployment, minutes=2)

    assert Rollout.objects.get().state == RolloutState.ABORTED
    assert pods(status=PodStatus.SERVING) == [1, 2]


def test_an_old_intent_that_waits_is_not_rented_as_half_old_half_new(deployment):
    waiting = Pod.objects.order_by("pk").last()
    Pod.objects.filter(pk=waiting.pk).update(status=PodStatus.REQUESTED)
    change(deployment, max_model_len=2048)

    turn(deployment)

    waiting.refresh_from_db()
    assert waiting.status == PodStatus.FAILED


def test_it_is_not_done_before_new_replicas_proved_the_settings(deployment):
    change(deployment, max_model_len=2048)
    Pod.objects.update(status=PodStatus.TERMINATED)

    turn(deployment)

    assert Rollout.objects.get().state == RolloutState.RUNNING


def test_a_deployment_that_was_given_up_gets_another_try_with_new_settings(deployment):
    Deployment.objects.update(launch_failures=3)
    change(deployment, max_model_len=2048)

    assert not Deployment.objects.get().is_given_up


def test_a_price_limit_replaces_nothing(deployment):
    planned = change(deployment, max_usd_per_gpu_hour="2.00")

    assert planned.sentence == "No replica is replaced."
    assert Deployment.objects.get().max_usd_per_gpu_hour == Decimal("2.00")
    assert not Rollout.objects.exists()


def test_the_deed_is_audited_with_old_and_new(deployment):
    change(deployment, max_model_len=2048)

    row = AuditEntry.objects.get(verb="change settings")
    assert row.acting_user == "ada"
    assert (row.figures["was"], row.figures["becomes"]) == (
        {"max_model_len": 4096},
        {"max_model_len": 2048},
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "changes has nothing new"),
        ({"max_model_len": 4096}, "changes has nothing new"),
        ({"slug": "other"}, "changes has slug; what can be changed is"),
        ({"max_model_len": "many"}, "max_model_len is 'many'"),
        ({"max_model_len": 0}, "max_model_len is 0"),
        ({"max_model_len": 10_000_000}, "reads at most"),
        ({"gpu_memory_utilization": "1.5"}, "gpu_memory_utilization is 1.5"),
        ({"max_usd_per_gpu_hour": "0"}, "it must be above 0"),
        ({"gpu_memory_utilization": "0.30"}, "It does not fit"),
    ],
)
def test_nonsense_is_refused_and_nothing_is_saved(deployment, changes, words):
    with pytest.raises(ValueError, match=words):
        change(deployment, **changes)

    assert Deployment.objects.get().revision == 1
    assert not AuditEntry.objects.exists() and not Rollout.objects.exists()


def test_one_change_at_a_time(deployment):
    change(deployment, max_model_len=2048)

    with pytest.raises(ValueError, match="is being changed already"):
        change(deployment, max_model_len=1024)


def test_a_stop_meanwhile_ends_the_change_with_the_new_settings(deployment):
    change(deployment, max_model_len=2048)
    turn(deployment)
    Deployment.objects.update(replicas=0)
    turn(deployment, minutes=1)
    turn(deployment, minutes=2)

    assert pods() == []
    assert Deployment.objects.get().max_model_len == 2048
    assert Rollout.objects.get().state == RolloutState.DONE
