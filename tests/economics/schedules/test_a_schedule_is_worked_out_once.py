"""A question is a row: asked once, worked out once, and told when it broke."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from economics.models import PlanStatus, SchedulePlan
from economics.selectors.schedules.question import ScheduleRefused
from economics.services.schedules import (
    MOST_OPEN,
    WAIT_FOR_SPEEDS,
    give_up_dead,
    work_out,
    work_out_due,
)
from economics.tasks import work_out_schedules
from fleet.models import AuditEntry, JobRun, SpeedEstimate
from tests.economics.schedules.asked import answered, ask, world

pytestmark = pytest.mark.django_db


def test_the_same_key_asks_once():
    first, second = ask(), ask()

    assert first == second
    assert SchedulePlan.objects.count() == 1
    assert AuditEntry.objects.filter(verb="ask schedule").count() == 1


def test_the_answer_is_kept_with_its_figures_and_ages():
    world()
    plan = answered()

    assert (plan.status, plan.outcome, plan.why) == (PlanStatus.DONE, "solved", "")
    assert plan.profit_usd == Decimal(plan.answer["profit_usd"]) > 0
    assert plan.gap is not None and plan.solver_seconds is not None
    assert plan.prices_from is not None and plan.worked_at is not None
    assert plan.answer["headline"].startswith("Run 1× RTX 4090")
    assert plan.seed == 7


def test_worked_out_twice_it_is_answered_once():
    world()
    plan = ask()

    assert work_out(plan.pk, clock=timezone.now) is True
    kept = SchedulePlan.objects.get(pk=plan.pk)
    assert work_out(plan.pk, clock=timezone.now) is False

    assert SchedulePlan.objects.get(pk=plan.pk).finished_at == kept.finished_at


def test_a_question_that_another_worker_holds_is_left_alone():
    plan = ask()
    SchedulePlan.objects.update(status=PlanStatus.RUNNING, claimed_at=timezone.now())

    assert work_out(plan.pk, clock=timezone.now) is False


def test_a_worker_that_died_leaves_a_sentence():
    plan = ask()
    begun = timezone.now()
    SchedulePlan.objects.update(status=PlanStatus.RUNNING, claimed_at=begun)

    assert give_up_dead(now=begun + timedelta(minutes=2)) == 0
    assert give_up_dead(now=begun + timedelta(minutes=3)) == 1

    plan.refresh_from_db()
    assert plan.status == PlanStatus.FAILED
    assert "ended without an answer" in plan.why and "ask again" in plan.why


def test_what_breaks_is_kept_in_the_row_and_raised():
    plan = ask()
    SchedulePlan.objects.update(question={"model": "nobody"})

    with pytest.raises(LookupError):
        work_out(plan.pk, clock=timezone.now)

    plan.refresh_from_db()
    assert plan.status == PlanStatus.FAILED and "broke" in plan.why


def test_what_is_missing_is_an_answer_too():
    world()
    plan = answered(simulated=True)  # of which nothing was counted

    assert plan.status == PlanStatus.DONE
    assert plan.outcome == "missing" and plan.profit_usd is None
    assert "no sealed hour" in plan.why


def test_limits_that_conflict_are_named_in_the_row():
    world()
    plan = answered(floor="2", usd_per_hour="0.5")

    assert plan.outcome == "impossible"
    assert "floor of 2 replicas" in plan.why and "budget" in plan.why


def test_speeds_that_nobody_knows_are_waited_for_a_while():
    world()
    SpeedEstimate.objects.all().delete()
    plan = ask()

    assert work_out(plan.pk, clock=timezone.now) is None
    plan.refresh_from_db()
    assert plan.status == PlanStatus.PENDING and plan.due_at > timezone.now()
    assert SpeedEstimate.objects.filter(computed_at__isnull=True).exists()

    late = plan.asked_at + WAIT_FOR_SPEEDS + timedelta(seconds=1)
    work_out(plan.pk, clock=lambda: late)
    plan.refresh_from_db()
    assert (plan.status, plan.outcome) == (PlanStatus.DONE, "missing")


def test_a_sweep_answers_what_waits_and_says_so():
    world()
    plan = ask()

    work_out_schedules()

    plan.refresh_from_db()
    assert plan.status == PlanStatus.DONE
    assert JobRun.objects.get().summary == "1 schedules worked out, 0 wait"
    assert work_out_due(clock=timezone.now).done == 0


def test_a_half_year_old_question_goes():
    ask(now=timezone.now() - timedelta(days=181))
    SchedulePlan.objects.update(status=PlanStatus.FAILED, finished_at=timezone.now())

    work_out_due(clock=timezone.now)

    assert not SchedulePlan.objects.exists()


def test_too_many_that_wait_are_refused():
    for number in range(MOST_OPEN):
        ask(key=f"{number:020}")

    with pytest.raises(ScheduleRefused, match="20 schedules wait already"):
        ask()


@pytest.mark.parametrize(
    ("written", "key", "sentence"),
    [
        ({"model": "nobody"}, "k" * 20, "Model 'nobody' is unknown"),
        ({"source": "csv"}, "k" * 20, "No file was chosen"),
        ({}, "short", "The form is incomplete"),
    ],
)
def test_what_nobody_could_answer_is_not_saved(written, key, sentence):
    with pytest.raises(ScheduleRefused, match=sentence):
        ask(key=key, **written)

    assert not SchedulePlan.objects.exists()
