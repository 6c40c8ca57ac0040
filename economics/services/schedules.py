"""Schedules: asked as a row, worked out by a worker, once.

A worker that dies leaves a row that is *running*; `give_up_dead` then says so in it. What
it had worked out is lost and nothing else: a schedule rents nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from economics.models import PlanStatus, SchedulePlan
from economics.selectors.plan_facts import model_facts
from economics.selectors.planned_models import planned_model
from economics.selectors.schedules.answer import SOLVED, schedule_answer
from economics.selectors.schedules.demand_file import FileDemand
from economics.selectors.schedules.problem import Asked, asked_problem, first_hour
from economics.selectors.schedules.question import (
    FILES,
    ScheduleQuestion,
    ScheduleRefused,
    schedule_question,
)
from economics.selectors.schedules.risk import risk_facts
from fleet.services import audit
from fleet.services.isolation import FAULTS
from fleet.services.speeds import MOST_WANTED, want

MOST_OPEN = 20  # questions that wait at once
KEY_LENGTHS = range(8, 65)
WORK_SECONDS = 30  # of one run; the rest is rung for again
WAIT_FOR_SPEEDS = timedelta(minutes=5)
LOOK_AGAIN = timedelta(seconds=5)
KEPT_DAYS = 180
LONGEST_WHY = 1000


@dataclass(frozen=True, slots=True)
class Worked:
    """What one run did."""

    done: int
    waiting: int
    dead: int
    wants_speeds: bool

    def sentence(self) -> str:
        words = f"{self.done} schedules worked out, {self.waiting} wait"
        return f"{words}, {self.dead} given up" if self.dead else words


def ask_schedule(
    question: ScheduleQuestion,
    *,
    file: FileDemand | None,
    simulated: bool,
    key: str,
    seed: int,
    acting_user: str,
    now: datetime,
) -> SchedulePlan:
    """Leave the question as a row; the same key a second time gives the first row back.

    Raises ScheduleRefused with a sentence per field; then nothing is saved.
    """
    if len(key) not in KEY_LENGTHS:
        raise ScheduleRefused({"": "The form is incomplete; load the page again."})
    known = SchedulePlan.objects.filter(key=key).first()
    if known is not None:
        return known
    check_askable(question, file)
    try:
        with transaction.atomic():
            plan = SchedulePlan.objects.create(
                key=key,
                model=question.model,
                question=question.as_text(),
                file={} if file is None else file.as_json(),
                simulated=simulated,
                seed=seed,
                asked_by=acting_user,
                asked_at=now,
                due_at=now,
            )
            audit.record("ask schedule", plan, acting_user=acting_user, now=now)
    except IntegrityError:
        return SchedulePlan.objects.get(key=key)  # the other half of a double click won
    return plan


def check_askable(question: ScheduleQuestion, file: FileDemand | None) -> None:
    """Raises ScheduleRefused for what nobody could answer."""
    if planned_model(question.model) is None:
        raise ScheduleRefused(
            {"model": f"Model {question.model[:60]!r} is unknown; choose one of the list."}
        )
    if question.source in FILES and file is None:
        raise ScheduleRefused({"file": "No file was chosen; choose one, as CSV."})
    waiting = SchedulePlan.objects.filter(
        status__in=(PlanStatus.PENDING, PlanStatus.RUNNING)
    ).count()
    if waiting >= MOST_OPEN:
        raise ScheduleRefused(
            {"": f"{waiting} schedules wait already; ask again when some are done."}
        )


def work_out_due(*, clock: Callable[[], datetime]) -> Worked:
    """Work out what waits, for about `WORK_SECONDS`, and give up what a dead worker held.

    Each row is claimed by a conditional UPDATE: twice at once, one of them does it.
    """
    begun = clock()
    dead = give_up_dead(now=begun)
    forget(now=begun)
    done, wants_speeds = 0, False
    for pk in SchedulePlan.objects.due(now=begun).values_list("pk", flat=True)[:MOST_OPEN]:
        if clock() - begun > timedelta(seconds=WORK_SECONDS):
            break
        ended = work_out(pk, clock=clock)
        done += ended is True
        wants_speeds |= ended is None
    waiting = SchedulePlan.objects.filter(status=PlanStatus.PENDING).count()
    return Worked(done, waiting, dead, wants_speeds)


def work_out(pk: int, *, clock: Callable[[], datetime]) -> bool | None:
    """Answer one question; True if this call did, False if another has it, None if speeds
    are waited for.

    What breaks is kept in the row as *failed* and raised again.
    """
    now = clock()
    mine = SchedulePlan.objects.due(now=now).filter(pk=pk)
    if not mine.update(status=PlanStatus.RUNNING, claimed_at=now):
        return False
    plan = SchedulePlan.objects.get(pk=pk)
    try:
        asked = asked_of(plan, now=now)
        if asked.speeds_missing and now - plan.asked_at < WAIT_FOR_SPEEDS:
            want(list(asked.speeds_missing)[:MOST_WANTED], now=now)
            _held(plan).update(
                status=PlanStatus.PENDING, claimed_at=None, due_at=now + LOOK_AGAIN
            )
            return None
        risk = risk_facts(asked, seed=plan.seed, now=now, simulated=plan.simulated)
        told = schedule_answer(asked, risk=risk)
    except BaseException as error:  # a time limit too: the row must not stay running
        fail(plan, why_broken(error), now=clock())
        raise
    return finish(plan, told, worked_at=now, now=clock())


def asked_of(plan: SchedulePlan, *, now: datetime) -> Asked:
    """The question of a row with what the console knows at `now`."""
    question = schedule_question(plan.question)
    model = planned_model(question.model)
    if model is None:
        raise LookupError(f"model {question.model[:60]!r} is gone")
    return asked_problem(
        question,
        model_facts(model, now=first_hour(now)),
        now=now,
        simulated=plan.simulated,
        file=FileDemand.of(plan.file) if plan.file else None,
    )


def why_broken(error: BaseException) -> str:
    """The sentence of a row whose answer broke."""
    if isinstance(error, FAULTS):
        return "Working it out broke; the log of the worker has the reason. Ask again."
    return (
        f"Working it out was cut off ({type(error).__name__}): it took too long or the "
        "worker ended. Ask again, about fewer hours or with tighter limits."
    )


def finish(
    plan: SchedulePlan, told: Mapping[str, Any], *, worked_at: datetime, now: datetime
) -> bool:
    """Keep the answer, unless the row was given up meanwhile."""
    solved = told["state"] == SOLVED
    observed = [each["price_observed_at"] for each in told["candidates"]]
    return bool(
        _held(plan).update(
            status=PlanStatus.DONE,
            answer=dict(told),
            outcome=told["state"],
            why="" if solved else " ".join(told["sentences"])[:LONGEST_WHY],
            worked_at=worked_at,
            finished_at=now,
            profit_usd=Decimal(told["profit_usd"]) if solved else None,
            gap=_gap(told) if solved else None,
            solver_seconds=Decimal(told["solver_seconds"]) if solved else None,
            prices_from=min(map(datetime.fromisoformat, observed), default=None),
        )
    )


def _gap(told: Mapping[str, Any]) -> Decimal | None:
    """[1] the proven gap; None where there is no profit that it could be a share of."""
    gap = None if told["gap"] is None else Decimal(told["gap"])
    return gap if gap is not None and gap < 10**5 else None


def fail(plan: SchedulePlan, why: str, *, now: datetime) -> bool:
    """End a row that this worker holds, with a sentence."""
    return bool(
        _held(plan).update(status=PlanStatus.FAILED, why=why[:LONGEST_WHY], finished_at=now)
    )


def _held(plan: SchedulePlan) -> Any:
    """The row, while the claim that this worker made still holds."""
    return SchedulePlan.objects.filter(
        pk=plan.pk, status=PlanStatus.RUNNING, claimed_at=plan.claimed_at
    )


def give_up_dead(*, now: datetime) -> int:
    """End the rows whose worker died; how many."""
    count = 0
    for plan in SchedulePlan.objects.dead(now=now).without_bodies()[:MOST_OPEN]:
        count += fail(
            plan,
            f"The worker that began at {plan.claimed_at:%H:%M} UTC ended without an "
            "answer. Nothing was rented; ask again.",
            now=now,
        )
    return count


def forget(*, now: datetime) -> int:
    """Drop questions of half a year ago; how many."""
    old = SchedulePlan.objects.filter(asked_at__lt=now - timedelta(days=KEPT_DAYS))
    return old.delete()[0]
