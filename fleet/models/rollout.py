"""Rollouts: one change of a deployment's settings, replica by replica."""

from django.db import models
from django.db.models import Q

from fleet.models.deployment import Deployment


class RolloutState(models.TextChoices):
    RUNNING = "running", "running"
    DONE = "done", "done"
    ABORTED = "aborted", "aborted"  # the old settings are back


class Rollout(models.Model):
    """From `previous` to `changes`; pods carry the revision that they were ordered with."""

    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, related_name="rollouts"
    )
    revision = models.PositiveIntegerField()  # of the new settings
    changes = models.JSONField()
    previous = models.JSONField()
    state = models.CharField(max_length=8, choices=RolloutState)
    acting_user = models.CharField(max_length=150)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["deployment"],
                name="fleet_one_rollout_at_a_time",
                condition=Q(state="running"),
            )
        ]

    def __str__(self) -> str:
        return f"{self.deployment} to revision {self.revision}"
