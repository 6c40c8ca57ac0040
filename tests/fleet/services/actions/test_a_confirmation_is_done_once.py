from decimal import Decimal

import pytest

from fleet.models import Action, ActionKind, AuditEntry, Deployment, GpuOffer, Pod
from fleet.services.actions import Confirmation, PlanMoved, confirm
from fleet.services.actions.plan import unseal
from fleet.services.refused import Refused
from tests.clock import NOON, seconds
from tests.factories import make_pod
from tests.fleet.services.actions.conftest import confirmed, plan_of
from tests.fleet.services.conftest import allow
from tests.fleet.services.test_two_workers_at_once import at_once


def test_it_is_done_and_audited_with_what_was_confirmed(deployment, pod):
    action = confirmed(plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2))

    assert Deployment.objects.get().replicas == 2
    assert (action.confirmed_by, action.new_pods) == ("ada", 1)
    entry = AuditEntry.objects.get(verb="confirm scale")
    assert entry.acting_user == "ada"
    assert Decimal(entry.figures["usd_per_hour"]) == Decimal("0.75")
    assert entry.figures["action"] == action.pk


def test_the_same_key_gives_the_same_action_back(deployment, pod):
    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)

    assert confirmed(plan) == confirmed(plan)
    assert Action.objects.count() == 1


def test_a_plan_of_299_seconds_still_holds_and_one_of_301_does_not(deployment, pod):
    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)

    with pytest.raises(PlanMoved, match="more than 5 minutes old") as moved:
        confirmed(plan, now=NOON + seconds(301))
    assert moved.value.plan.quoted_at == NOON + seconds(301)
    assert Deployment.objects.get().replicas == 1

    confirmed(plan, now=NOON + seconds(299))
    assert Deployment.objects.get().replicas == 2


@pytest.mark.parametrize(
    ("price", "holds"), [("0.7549", True), ("0.7551", False), ("0.7249", False)]
)
def test_two_percent_of_the_money_is_the_limit(deployment, pod, price, holds):
    # 0.75 USD/h was shown: 0.765 and 0.735 are 2 % away, disk of 0.01 included.
    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)
    GpuOffer.objects.update(usd_per_gpu_hour=Decimal(price))

    if holds:
        confirmed(plan)
    else:
        with pytest.raises(PlanMoved, match=r"What it costs moved from 0\.7500"):
            confirmed(plan)

    assert Deployment.objects.get().replicas == (2 if holds else 1)


def test_a_fleet_that_changed_since_is_planned_anew(deployment, pod):
    stop = plan_of(ActionKind.STOP, deployment="llama-a")
    make_pod(deployment=deployment, provider="fake", name="kerne-demo-llama-a-2", attempt=2)

    with pytest.raises(PlanMoved, match="What it saves moved"):
        confirmed(stop)

    assert {each.status for each in Pod.objects.all()} == {"serving"}


def test_a_blocked_plan_is_refused_with_its_rule(deployment, pod):
    def veto(request) -> str:
        return "spend limit: too much."

    plan = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2)

    with pytest.raises(Refused, match="because of the spend limit: too much"):
        confirmed(plan, guard=veto)
    assert Deployment.objects.get().replicas == 1


@pytest.mark.parametrize("text", ["", "forged", "eyJhIjoxfQ:1:x", "\x00"])
def test_a_text_that_is_not_a_plan_of_ours_is_refused(text):
    with pytest.raises(Refused, match="was not made here"):
        unseal(text)


def test_a_confirmation_without_a_key_is_incomplete(deployment, pod):
    with pytest.raises(Refused, match="incomplete"):
        confirmed(plan_of(ActionKind.STOP, deployment="llama-a"), key="")


@pytest.mark.django_db(transaction=True)
def test_one_key_from_six_threads_is_one_action(deployment, pod):
    sealed = plan_of(ActionKind.SCALE, deployment="llama-a", replicas=2).seal()
    who = Confirmation(acting_user="ada", key="k" * 40, answers={})

    def click() -> int:
        return confirm(sealed, who, guard=allow, now=NOON).pk

    assert len(set(at_once(*[click] * 6))) == 1
    assert Action.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_two_operators_who_scale_at_once_one_is_shown_the_other_s_number(
    deployment, pod
):
    plans = [
        plan_of(ActionKind.SCALE, deployment="llama-a", replicas=count).seal()
        for count in (2, 3)
    ]

    def click(number: int) -> str:
        who = Confirmation(acting_user="ada", key=f"{number}" * 40, answers={})
        try:
            confirm(plans[number], who, guard=allow, now=NOON)
        except PlanMoved as moved:
            return str(moved)
        return "done"

    said = at_once(lambda: click(0), lambda: click(1))

    assert said.count("done") == 1
    (other,) = [words for words in said if words != "done"]
    assert "somebody else changed it meanwhile" in other
