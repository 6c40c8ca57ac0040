"""Other settings by the plan sheet; the replicas follow one by one."""

from decimal import Decimal

import pytest

from fleet.models import ActionKind, Deployment, Rollout, RolloutState
from fleet.selectors.serving import serve_spec_for
from fleet.services.actions.following import cancel, finish_due
from fleet.services.refused import Refused
from fleet.vllm.command import args_string
from tests.clock import NOON, seconds
from tests.factories import make_offer
from tests.fleet.services.actions.conftest import confirmed, plan_of


def plan(**parameters: object):
    return plan_of(ActionKind.SETTINGS, deployment="llama-a", **parameters)


def test_the_plan_says_what_becomes_what_and_what_the_meantime_costs(deployment, pod):
    wanted = plan(max_model_len=4096)

    assert wanted.changes_in_words == "context 8192 to 4096"
    assert (wanted.new_pods, wanted.delta_usd_per_hour) == (1, 0)
    # Its own start took 4 minutes at $0.75/h.
    assert "For about 4 min one replica more: $0.05" in wanted.notes[0]
    assert "the old settings come back" in wanted.notes[-1]


def test_confirmed_the_rollout_begins_and_the_old_replica_serves(deployment, pod):
    confirmed(plan(max_model_len=4096))

    row = Deployment.objects.get()
    assert (row.max_model_len, row.revision) == (4096, deployment.revision + 1)
    pod.refresh_from_db()
    assert pod.status == "serving"


@pytest.mark.parametrize(
    ("state", "result"), [(RolloutState.DONE, "done"), (RolloutState.ABORTED, "failed")]
)
def test_the_action_ends_as_its_rollout_does(deployment, pod, state, result):
    action = confirmed(plan(max_model_len=4096))
    assert finish_due(now=NOON + seconds(15), troubles=[]) == []
    Rollout.objects.update(state=state, reason="said so")

    finish_due(now=NOON + seconds(30), troubles=[])

    action.refresh_from_db()
    assert (action.result, action.outcome) == (result, "Said so.")


def test_outside_the_hours_the_rent_of_the_day_is_shown_all_the_same(deployment):
    make_offer(
        provider="fake",
        gpu_type_id="NVIDIA H100 80GB HBM3",
        usd_per_gpu_hour=Decimal("3.00"),
        seen_at=NOON,
    )
    Deployment.objects.update(
        max_usd_per_gpu_hour=4,
        rental_kind="scheduled",
        schedule_starts="0 14 * * *",
        schedule_seconds=8 * 3600,
        schedule_zone="UTC",
    )

    wanted = plan(gpu_type_id="NVIDIA H100 80GB HBM3")

    assert wanted.new_pods == 0
    assert wanted.delta_usd_per_day == Decimal("18.08")  # 8 h of $2.26 more


def test_a_burst_may_not_leave_its_budget_by_another_gpu(deployment, pod):
    Deployment.objects.update(
        rental_kind="burst", replicas=2, max_replicas=3, budget_usd_per_hour=3
    )

    with pytest.raises(Refused, match="pay for 1"):
        plan(max_usd_per_gpu_hour="2.50")


def test_a_price_limit_alone_replaces_nothing(deployment, pod):
    wanted = plan(max_usd_per_gpu_hour="0.90")
    action = confirmed(wanted)
    finish_due(now=NOON + seconds(15), troubles=[])

    assert wanted.new_pods == 0
    assert Deployment.objects.get().max_usd_per_gpu_hour == Decimal("0.90")
    action.refresh_from_db()
    assert action.result == "done"


def test_it_is_not_cancelled_half_way(deployment, pod):
    action = confirmed(plan(max_model_len=4096))

    with pytest.raises(Refused, match="change the settings back instead"):
        cancel(action, acting_user="ada", now=NOON)


def test_the_replica_more_is_weighed_by_the_guardrails(deployment, pod):
    wanted = plan_of(
        ActionKind.SETTINGS,
        deployment="llama-a",
        max_model_len=4096,
        guard=lambda request: f"spend limit at {request.usd_per_hour} USD/h.",
    )

    assert wanted.blocked == "spend limit at 0.7500 USD/h."


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({}, "nothing new"),
        ({"max_model_len": "8192"}, "nothing new"),
        ({"max_model_len": "many"}, "max_model_len is 'many'"),
        ({"max_model_len": "9999999"}, "max_model_len is 9,?999,?999"),
        ({"gpu_memory_utilization": "NaN"}, "gpu_memory_utilization"),
        ({"gpu_type_id": "Voodoo 2"}, "Voodoo 2"),
        ({"gpu_count": "0"}, "0"),
        ({"gpu_count": "-3"}, "-3"),
        ({"container_disk_gb": "0"}, "Container disk is 0 GB"),
        ({"cloud": "MOON"}, "moon cloud"),
        ({"max_usd_per_gpu_hour": "-1"}, "must be"),
        ({"image": "; rm -rf /"}, "Image is"),
        ({"extra_args": "--api-key x"}, "hold a key"),
        ({"extra_args": "none"}, "nothing new"),
    ],
)
def test_nonsense_gets_a_sentence_and_changes_nothing(
    deployment, pod, parameters, sentence
):
    before = Deployment.objects.values().get()

    with pytest.raises(Refused, match=sentence):
        plan(**parameters)

    assert Deployment.objects.values().get() == before


def test_extra_arguments_are_changed_replica_by_replica(deployment, pod):
    wanted = plan(extra_args="--max_num_seqs=64")

    assert wanted.changes_in_words == "extra arguments none to --max-num-seqs 64"
    assert wanted.new_pods == 1
    assert any("does not count --max-num-seqs" in said for said in wanted.warnings)
    confirmed(wanted)
    row = Deployment.objects.get()
    assert row.extra_args == "--max-num-seqs 64"
    assert Rollout.objects.get().previous == {"extra_args": ""}
    assert "--max-num-seqs 64" in args_string(serve_spec_for(row, api_key="k" * 16))


def test_extra_arguments_are_taken_away_by_a_word(deployment, pod):
    Deployment.objects.update(extra_args="--enforce-eager")

    wanted = plan(extra_args="none")

    assert wanted.changes_in_words == "extra arguments --enforce-eager to none"
    confirmed(wanted)
    assert Deployment.objects.get().extra_args == ""
