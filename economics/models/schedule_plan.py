"""Schedules that were asked for: the question, and the answer when there is one."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import models
from django.db.models import Q

CLAIM_LIFE = timedelta(minutes=3)  # more than the hard limit of a task: then it has died


class PlanStatus(models.TextChoices):
    """Where a question is. Only a pending one is taken up."""

    PENDING = "pending", "waiting"
    RUNNING = "running", "being worked out"
    DONE = "done", "worked out"
    FAILED = "failed", "failed"


OPEN = (PlanStatus.PENDING, PlanStatus.RUNNING)
ENDED = (PlanStatus.DONE, PlanStatus.FAILED)


class SchedulePlanQuerySet(models.QuerySet["SchedulePlan"]):
    def due(self, *, now: datetime) -> SchedulePlanQuerySet:
        """Questions that wait for an answer and may be taken up, oldest first."""
        return self.filter(status=PlanStatus.PENDING, due_at__lte=now).order_by("pk")

    def dead(self, *, now: datetime) -> SchedulePlanQuerySet:
        """Questions whose worker has not answered in time: it died."""
        return self.filter(
            status=PlanStatus.RUNNING, claimed_at__lte=now - CLAIM_LIFE
        ).order_by("pk")

    def without_bodies(self) -> SchedulePlanQuerySet:
        """Without the answers and files, which a list does not show."""
        return self.defer("answer", "file")


class SchedulePlan(models.Model):
    """One question to the planner, asked once, and its answer.

    key             from the form: a question sent twice is one row
    question        every field as it was written
    file            the demand of a file; empty for other sources
    answer          plain data, amounts in USD as text; empty until it is done
    outcome         solved, missing or impossible; "" until it is done
    why             why it failed, or what is missing or conflicts, in sentences
    due_at          not before it: speeds that nobody knows yet are waited for
    worked_at       the instant whose rows, prices and offers the answer is of
    profit_usd      [USD] over all hours; gap [1] of it that a better one might earn more
    solver_seconds  [s]
    prices_from     when the oldest machine price of the answer was read
    seed            of everything random that is worked out from it
    """

    key = models.CharField(max_length=64, unique=True)
    model = models.CharField(max_length=80)
    question = models.JSONField()
    file = models.JSONField(default=dict, blank=True)
    simulated = models.BooleanField()
    seed = models.PositiveIntegerField()
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=PlanStatus, default=PlanStatus.PENDING)
    due_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    worked_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    answer = models.JSONField(default=dict, blank=True)
    outcome = models.CharField(max_length=10, blank=True)
    why = models.CharField(max_length=1000, blank=True)
    profit_usd = models.DecimalField(max_digits=18, decimal_places=6, null=True)
    gap = models.DecimalField(max_digits=12, decimal_places=6, null=True)
    solver_seconds = models.DecimalField(max_digits=8, decimal_places=2, null=True)
    prices_from = models.DateTimeField(null=True)

    objects = SchedulePlanQuerySet.as_manager()

    class Meta:
        ordering = ["-asked_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="economics_schedule_status_known",
                condition=Q(status__in=PlanStatus.values),
            ),
            models.CheckConstraint(
                name="economics_schedule_ends_once",
                condition=Q(status__in=ENDED, finished_at__isnull=False)
                | Q(status__in=OPEN, finished_at__isnull=True),
            ),
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(status__in=OPEN),
                name="economics_schedule_open",
            )
        ]

    def __str__(self) -> str:
        return f"schedule {self.pk} of {self.model}"

    @property
    def is_open(self) -> bool:
        """Whether an answer is still to come."""
        return self.status in OPEN

    @property
    def is_solved(self) -> bool:
        return self.status == PlanStatus.DONE and self.outcome == "solved"

    @property
    def hours(self) -> int:
        """Hours planned; 24 where the question says none."""
        return int(self.question.get("hours", "24"))

    @property
    def gap_percent(self) -> Decimal | None:
        return None if self.gap is None else self.gap * 100

    def figure(self, name: str) -> Decimal | None:
        """An amount of the answer [USD], exact; None where it has none."""
        text: Any = self.answer.get(name)
        return None if text is None else Decimal(text)
