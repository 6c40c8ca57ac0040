"""One plan of several actions: each by its own code, the sum weighed, all or nothing.

$0.74 and $0.01 of disk an hour each; a balance of $60.
"""

from decimal import Decimal

import pytest

from fleet.models import Action, ActionKind, AuditEntry, Deployment, GpuOffer, Pod
from fleet.selectors.burn import committed_usd_per_hour
from fleet.services.actions import Confirmation, figures
from fleet.services.actions.selection import SCALE, START, STOP, Selection, asked_of
from fleet.services.actions.together import (
    MOST_PARTS,
    JointPlanMoved,
    PartsRefused,
    confirm_together,
    plan_together,
)
from fleet.services.launch_guard import LaunchRequest
from fleet.services.refused import Refused
from fleet.services.spending import stop_spending
from tests.clock import NOON, seconds
from tests.factories import make_deployment, make_pod
from tests.fleet.services.actions.conftest import plan_of
from tests.fleet.services.conftest import allow
from tests.fleet.services.test_two_workers_at_once import at_once

BOTH = Selection(("llama-a", "llama-b"))
KEY = "k" * 40


@pytest.fixture
def second(deployment: Deployment, pod: Pod) -> Pod:
    """A second deployment with one pod that has served since 11:00: $0.75."""
    other = make_deployment(
        fleet=deployment.fleet,
        variant=deployment.variant,
        slug="llama-b",
        container_disk_gb=73,
    )
    return make_pod(
        deployment=other,
        name="kerne-demo-llama-b-1",
        provider="fake",
        attempt=1,
        requested_at=NOON.replace(hour=11),
        ready_at=NOON.replace(hour=11),
        billed_from=NOON.replace(hour=11),
    )


def planned(deed: str, selection=BOTH, *, replicas="", guard=allow, now=NOON):
    asked = asked_of(deed, selection, replicas=replicas)
    return plan_together(asked, guard=guard, now=now)


def done(plan, *, key=KEY, guard=allow, now=NOON):
    who = Confirmation(acting_user="ada", key=key, answers={})
    return confirm_together(plan.seal(), who, guard=guard, now=now)


def wanted() -> dict[str, int]:
    return dict(Deployment.objects.values_list("slug", "replicas"))


def test_a_stop_of_two_saves_the_sum_and_the_balance_lasts_as_long_as_nothing_is_spent(
    second,
):
    plan = planned(STOP)

    assert [part.target for part in plan.parts] == ["llama-a", "llama-b"]
    assert plan.saved_usd_per_hour == Decimal("1.50")
    assert plan.delta_usd_per_day == Decimal("-36.00")
    assert plan.spent_usd == Decimal("2.25")
    (account,) = plan.accounts
    assert account.change.usd_per_hour_before == Decimal("1.50")
    assert account.change.usd_per_hour_after == 0
    assert account.change.runway_hours_before == Decimal(40)
    assert account.change.runway_hours_after is None


def test_each_part_is_what_its_own_sheet_says(second):
    alone = plan_of(ActionKind.STOP, deployment="llama-a")

    part = planned(STOP).parts[0]

    assert part == alone


def test_what_is_true_of_each_is_said_once(second):
    plan = planned(STOP)

    assert any("It can not be taken back" in said for said in plan.shared)
    assert not any("Ends: " in said for said in plan.shared)
    assert planned(STOP, Selection(("llama-a",))).shared == ()


def test_the_last_digit_of_a_division_is_no_spend_that_goes_on(second):
    # Rents are divisions by 730 h; added in another order their last digits differ.
    spent = committed_usd_per_hour("fake")

    change = figures.account_change(saved=spent - Decimal("1E-26"), now=NOON)

    assert change.usd_per_hour_after == 0
    assert change.runway_hours_after is None


def test_a_scale_of_two_costs_the_sum_of_what_is_missing(second):
    plan = planned(SCALE, replicas="3")

    assert plan.added_usd_per_hour == Decimal("3.00")  # two more of each
    assert plan.delta_usd_per_day == Decimal("72.00")
    (account,) = plan.accounts
    assert account.change.usd_per_hour_after == Decimal("4.50")
    assert round(account.change.runway_hours_after, 4) == Decimal("13.3333")


def test_a_plan_changes_nothing(second):
    planned(STOP)
    planned(SCALE, replicas="3")

    assert wanted() == {"llama-a": 1, "llama-b": 1}
    assert not AuditEntry.objects.exists() and not Action.objects.exists()


def test_all_of_it_is_done_at_once_with_an_action_of_each(second):
    actions = done(planned(STOP))

    assert wanted() == {"llama-a": 0, "llama-b": 0}
    assert [action.target for action in actions] == ["llama-a", "llama-b"]
    assert {action.together for action in actions} == {KEY}
    assert len({action.key for action in actions}) == 2
    assert AuditEntry.objects.filter(verb="confirm stop").count() == 2
    assert set(Pod.objects.values_list("status", flat=True)) == {"terminating"}


def test_the_same_key_gives_the_same_actions(second):
    plan = planned(STOP)

    assert done(plan) == done(plan)
    assert Action.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_double_click_is_one_confirmation(second):
    plan = planned(STOP)

    first, other = at_once(lambda: done(plan), lambda: done(plan))

    assert [each.pk for each in first] == [each.pk for each in other]
    assert Action.objects.count() == 2


def test_one_that_can_not_be_planned_names_itself_and_no_plan_is_made(second):
    Deployment.objects.filter(slug="llama-b").update(replicas=3)

    with pytest.raises(PartsRefused) as refused:
        planned(SCALE, replicas="3")

    (fault,) = refused.value.faults
    assert fault == (
        "llama-b",
        "Replicas is 3, and llama-b wants as many already.",
    )


def test_one_that_is_refused_at_the_confirmation_leaves_all_as_they_are(second):
    plan = planned(STOP)
    Pod.objects.filter(pk=second.pk).update(status="terminated", billed_until=NOON)
    Deployment.objects.filter(slug="llama-b").update(replicas=0)

    with pytest.raises(PartsRefused, match="llama-b: llama-b is stopped already"):
        done(plan)

    assert wanted() == {"llama-a": 1, "llama-b": 0}
    assert not Action.objects.exists()


def test_a_part_that_moved_is_named_and_nothing_is_done(second):
    plan = planned(SCALE, replicas="3")
    GpuOffer.objects.update(usd_per_gpu_hour=Decimal("0.90"))

    with pytest.raises(JointPlanMoved, match="llama-a: What it costs moved") as moved:
        done(plan)

    assert moved.value.plan.added_usd_per_hour == Decimal("3.64")
    assert wanted() == {"llama-a": 1, "llama-b": 1}


def test_a_plan_of_301_seconds_is_shown_again(second):
    with pytest.raises(JointPlanMoved, match="more than 5 minutes old"):
        done(planned(STOP), now=NOON + seconds(301))

    assert wanted() == {"llama-a": 1, "llama-b": 1}


def at_most(usd: str):
    """A guard that allows so much new rent an hour in one plan."""

    def guard(request: LaunchRequest) -> str | None:
        over = request.new_usd_per_hour > Decimal(usd)
        return f"limit: {request.words} would be too much." if over else None

    return guard


def test_what_each_alone_may_do_both_together_may_not(second):
    guard = at_most("2.00")  # each adds $1.50

    assert (
        plan_of(ActionKind.SCALE, deployment="llama-a", replicas=3, guard=guard).blocked
        == ""
    )
    plan = planned(SCALE, replicas="3", guard=guard)

    assert plan.blocked == "limit: llama-a and 1 more would be too much."
    with pytest.raises(Refused, match="Not done, because of the limit"):
        done(plan, guard=guard)
    assert wanted() == {"llama-a": 1, "llama-b": 1}


def test_exactly_at_the_limit_both_may(second):
    assert planned(SCALE, replicas="3", guard=at_most("3.00")).blocked == ""


def test_the_switch_forbids_the_whole_plan(second):
    stop_spending(acting_user="ada", now=NOON)

    assert "new spending" in planned(SCALE, replicas="3").blocked.lower()
    assert planned(STOP).blocked == ""


def test_two_pods_of_one_deployment_are_counted_one_after_the_other(second, deployment):
    Deployment.objects.filter(slug="llama-a").update(replicas=2)
    make_pod(deployment=deployment, provider="fake", name="kerne-demo-llama-a-2", attempt=2)
    pods = Selection((), ("kerne-demo-llama-a-1", "kerne-demo-llama-a-2"))

    plan = planned(STOP, pods)

    assert [part.changes_in_words for part in plan.parts] == [
        "replicas of llama-a 2 to 1",
        "replicas of llama-a 1 to 0",
    ]
    done(plan)
    assert wanted()["llama-a"] == 0


def test_a_pod_of_a_selected_deployment_is_part_of_it(second, pod):
    found = Selection.of(["llama-a", "llama-a"], [pod.name, second.name])

    assert found == Selection(("llama-a",), (second.name,))
    assert found.words == "1 deployment and 1 pod"


def test_a_name_with_a_space_beside_it_is_the_same_name(second, pod):
    found = Selection.of(["llama-a", " llama-a", "llama-a\x00"], [f"{pod.name} "])

    assert found == Selection(("llama-a",))
    assert planned(STOP, found).saved_usd_per_hour == Decimal("0.75")


def test_a_pod_is_neither_started_nor_scaled(second):
    for deed, words in ((START, "started"), (SCALE, "scaled")):
        with pytest.raises(PartsRefused, match=f"A pod can not be {words}"):
            asked_of(deed, Selection((), (second.name,)), replicas="2")


def test_a_start_without_a_number_is_of_one_replica_each(second):
    Deployment.objects.update(replicas=0)
    Pod.objects.update(status="terminated", billed_until=NOON)

    plan = planned(START)

    assert [part.replicas for part in plan.parts] == [1, 1]
    assert plan.added_usd_per_hour == Decimal("1.50")


def test_nothing_and_too_much_are_refused(db):
    with pytest.raises(Refused, match="Nothing is selected"):
        plan_together([], guard=allow, now=NOON)
    many = Selection(tuple(f"d-{n}" for n in range(MOST_PARTS + 1)))
    with pytest.raises(Refused, match="51 are selected; at most 50"):
        planned(STOP, many)


def test_a_plan_that_was_not_made_here_is_refused(second):
    who = Confirmation(acting_user="ada", key=KEY, answers={})

    for text in ("", "x", planned(STOP).parts[0].seal()):
        with pytest.raises(Refused, match="was not made here"):
            confirm_together(text, who, guard=allow, now=NOON)
