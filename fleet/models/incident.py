"""Incidents: what is wrong now, or was; one row a trouble, however often it is seen."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q

from fleet.models.deployment import Deployment
from fleet.models.pod import Pod


class Severity(models.IntegerChoices):
    """How soon a person must look; a higher number is worse."""

    NOTICE = 1, "notice"
    WARNING = 2, "warning"
    CRITICAL = 3, "critical"


class IncidentQuerySet(models.QuerySet["Incident"]):
    def unclosed(self) -> IncidentQuerySet:
        """Open ones, and those that are seen but not yet for long enough to count."""
        return self.filter(closed_at__isnull=True)

    def open(self) -> IncidentQuerySet:
        """What a person should know of, worst first, then oldest first."""
        return self.filter(opened_at__isnull=False, closed_at__isnull=True).order_by(
            "-severity", "opened_at", "pk"
        )


class Incident(models.Model):
    """One trouble with one subject, [opened_at, closed_at).

    Seen but not yet for "for N minutes": `opened_at` is None, and nobody is told. Gone
    but not yet for the calm time: `calm_until` says from when on it counts as over; the
    same trouble seen again before that is the same incident.
    """

    key = models.CharField(max_length=200)  # <rule>:<subject>, once while unclosed
    title = models.CharField(max_length=200)
    detail = models.TextField(blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.WARNING)
    pod = models.ForeignKey(Pod, on_delete=models.SET_NULL, null=True, blank=True)
    deployment = models.ForeignKey(
        Deployment, on_delete=models.SET_NULL, null=True, blank=True
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    opened_at = models.DateTimeField(null=True, blank=True)
    calm_until = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)
    acknowledged_by = models.CharField(max_length=150, blank=True)
    snoozed_until = models.DateTimeField(null=True, blank=True)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["-opened_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["key"],
                condition=Q(closed_at__isnull=True),
                name="fleet_incident_once_while_unclosed",
            ),
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True) | Q(opened_at__isnull=False),
                name="fleet_incident_closed_was_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["-severity", "opened_at"],
                condition=Q(closed_at__isnull=True),
                name="fleet_incident_unclosed",
            ),
            models.Index(fields=["-closed_at"], name="fleet_incident_history"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def rule(self) -> str:
        """The rule's name: the first part of the key."""
        return self.key.partition(":")[0]

    @property
    def is_open(self) -> bool:
        return self.opened_at is not None and self.closed_at is None

    def is_snoozed(self, *, now: datetime) -> bool:
        return self.snoozed_until is not None and now < self.snoozed_until


class IncidentNote(models.Model):
    """What a person wrote under an incident."""

    incident = models.ForeignKey(Incident, on_delete=models.CASCADE, related_name="notes")
    at = models.DateTimeField()
    author = models.CharField(max_length=150)
    text = models.CharField(max_length=1000)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.author}: {self.text[:40]}"
