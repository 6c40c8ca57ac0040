"""Alerts: where messages go, what is watched, what is to be said, and when to be quiet."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from fleet.models.deployment import Deployment
from fleet.models.incident import Incident, Severity
from fleet.models.pod import Pod
from fleet.secrets import EncryptedTextField


class AlertChannelManager(models.Manager["AlertChannel"]):
    """Leaves the address in the database: a page that lists channels needs no key."""

    def get_queryset(self) -> models.QuerySet[AlertChannel]:
        return super().get_queryset().defer("secret_address")


class AlertChannel(models.Model):
    """One place that messages go to. Its address is its password: kept encrypted, and
    never shown again; a page shows `service` and `host`."""

    name = models.CharField(max_length=60, unique=True)
    secret_address = EncryptedTextField()  # read only where something is sent
    service = models.CharField(max_length=40)
    host = models.CharField(max_length=255, blank=True)  # "" where the service has its own
    enabled = models.BooleanField(default=True)
    created_by = models.CharField(max_length=150)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True)  # the last message or test
    tried_ok = models.BooleanField(default=False)
    tried_reply = models.CharField(max_length=300, blank=True)  # what came back, masked
    tried_seconds = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    failures = models.PositiveSmallIntegerField(default=0)  # tries in a row

    objects = AlertChannelManager()

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AlertRule(models.Model):
    """What an admin changed of a rule; a rule without a row is as it was shipped."""

    slug = models.SlugField(max_length=60, unique=True)
    enabled = models.BooleanField(default=True)
    severity = models.PositiveSmallIntegerField(choices=Severity)
    minutes = models.PositiveSmallIntegerField()  # how long it must last to count
    calm_minutes = models.PositiveSmallIntegerField()  # how long gone to be over
    limit = models.DecimalField(
        max_digits=10,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(Decimal(0))],
    )  # in the rule's own unit; null where it has none
    all_channels = models.BooleanField(default=True)
    channels = models.ManyToManyField(AlertChannel, blank=True)
    changed_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["slug"]

    def __str__(self) -> str:
        return self.slug


class MessageKind(models.TextChoices):
    OPENED = "opened", "opened"
    REMINDER = "reminder", "still open"  # when a snooze is over
    OVER = "over", "over"


class MessageState(models.TextChoices):
    WAITING = "waiting", "waiting"
    SENDING = "sending", "being sent"  # claimed by one sweep until `claimed_until`
    SENT = "sent", "sent"
    FAILED = "failed", "given up"  # after every try
    DROPPED = "dropped", "not sent"  # over before it was sent


class AlertMessage(models.Model):
    """One message of an incident to a channel: the outbox. At least once, never a tick."""

    incident = models.ForeignKey(
        Incident, on_delete=models.CASCADE, related_name="messages"
    )
    channel = models.ForeignKey(
        AlertChannel, on_delete=models.CASCADE, related_name="messages"
    )
    kind = models.CharField(max_length=8, choices=MessageKind)
    state = models.CharField(
        max_length=8, choices=MessageState, default=MessageState.WAITING
    )
    created_at = models.DateTimeField()
    due_at = models.DateTimeField()  # not sent before; moves back after each failure
    attempts = models.PositiveSmallIntegerField(default=0)
    claim = models.CharField(max_length=36, blank=True)
    claimed_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    reply = models.CharField(max_length=300, blank=True)  # of the last try, masked

    class Meta:
        ordering = ["created_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["incident", "channel", "kind"], name="fleet_alert_message_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                condition=Q(state__in=["waiting", "sending"]),
                name="fleet_alert_message_due",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind}: {self.incident} to {self.channel}"


class MaintenanceQuerySet(models.QuerySet["MaintenanceWindow"]):
    def current(self, *, now: datetime) -> MaintenanceQuerySet:
        return self.filter(starts_at__lte=now, ends_at__gt=now)


class MaintenanceWindow(models.Model):
    """[starts_at, ends_at): nobody is told of what it covers. Costs go on as ever.

    It covers one pod, one deployment, or, without either, everything.
    """

    pod = models.ForeignKey(Pod, on_delete=models.CASCADE, null=True, blank=True)
    deployment = models.ForeignKey(
        Deployment, on_delete=models.CASCADE, null=True, blank=True
    )
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    created_by = models.CharField(max_length=150)

    objects = MaintenanceQuerySet.as_manager()

    class Meta:
        ordering = ["-starts_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gte=models.F("starts_at")),
                name="fleet_maintenance_in_order",
            ),
            models.CheckConstraint(
                condition=Q(pod__isnull=True) | Q(deployment__isnull=True),
                name="fleet_maintenance_one_subject",
            ),
        ]
        indexes = [models.Index(fields=["ends_at"], name="fleet_maintenance_end")]

    def __str__(self) -> str:
        return f"{self.subject} until {self.ends_at:%Y-%m-%d %H:%M} UTC"

    @property
    def subject(self) -> str:
        if self.pod is not None:
            return self.pod.name
        return self.deployment.slug if self.deployment is not None else "everything"
