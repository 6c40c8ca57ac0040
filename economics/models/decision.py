"""Decisions: policies and goals as versions, what gates answered, what a person ticked.

Every table here is append-only: a change is a new row, and the newest counts.
"""

from __future__ import annotations

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from economics.calc.decide import GoalKind

GOAL_KINDS = [(kind.value, kind.value) for kind in GoalKind]


class PolicyVersion(models.Model):
    """One version of the thresholds of a policy, each as exact text; "" is not asked."""

    name = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=80)
    thresholds = models.JSONField()
    note = models.CharField(max_length=300, blank=True)
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["name", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["name", "version"], name="economics_policy_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class FleetPolicy(models.Model):
    """Which policy a fleet is run by, from `chosen_at` on."""

    fleet = models.ForeignKey(
        "fleet.Fleet", on_delete=models.PROTECT, related_name="policies"
    )
    policy = models.SlugField(max_length=40)  # a name: its newest version counts
    chosen_by = models.CharField(max_length=150)
    chosen_at = models.DateTimeField()

    class Meta:
        ordering = ["-chosen_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.fleet} by {self.policy}"


class GoalVersion(models.Model):
    """One version of a goal of the decision matrix. Weights are exact texts."""

    key = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=GOAL_KINDS)
    weights = models.JSONField()
    target_usd_per_day = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    position = models.PositiveSmallIntegerField(default=100)
    is_shown = models.BooleanField(default=True)  # False: taken off the matrix
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["position", "key", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["key", "version"], name="economics_goal_version_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title}, version {self.version}"


class GateEvaluation(models.Model):
    """What the gates of a fleet answered at an instant, with every number they saw.

    fleet   null: of tier 2 before there is one
    gates   [{key, title, state, conditions: [...]}], numbers as exact texts
    """

    fleet = models.ForeignKey(
        "fleet.Fleet", on_delete=models.PROTECT, null=True, related_name="evaluations"
    )
    simulated = models.BooleanField()
    policy = models.ForeignKey(PolicyVersion, on_delete=models.PROTECT)
    model = models.CharField(max_length=80, blank=True)  # the slug that it is about
    gates = models.JSONField(encoder=DjangoJSONEncoder)
    evaluated_at = models.DateTimeField(db_index=True)
    evaluated_by = models.CharField(max_length=150)

    class Meta:
        ordering = ["-evaluated_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.fleet or 'tier 2'} at {self.evaluated_at:%Y-%m-%d %H:%M}"


class OnboardingTick(models.Model):
    """An item of the marketplace's list that a person ticked, or took back."""

    item = models.SlugField(max_length=40)
    is_done = models.BooleanField()
    note = models.CharField(max_length=300, blank=True)
    set_by = models.CharField(max_length=150)
    set_at = models.DateTimeField()

    class Meta:
        ordering = ["-set_at", "-pk"]

    def __str__(self) -> str:
        return f"{self.item}: {'done' if self.is_done else 'open'}"
