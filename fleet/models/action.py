"""Costed actions: what was planned, who confirmed it, and what came of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q

from fleet.models.deployment import Deployment
from fleet.models.pod import Pod

if TYPE_CHECKING:
    from fleet.models.pod import PodQuerySet


class ActionKind(models.TextChoices):
    """What an operator can do that changes what is billed."""

    LAUNCH = "launch", "launch"  # a new deployment
    SCALE = "scale", "scale"  # more or fewer replicas
    START = "start", "start"  # again, after a stop or a give-up
    RENTAL = "rental", "change hours"  # other hours, or none
    STOP = "stop", "stop"  # no replica any more
    TERMINATE = "terminate", "terminate"  # one pod
    ADOPT = "adopt", "adopt"  # an orphan becomes a replica
    END_ORPHAN = "end_orphan", "end orphan"
    SETTINGS = "settings", "change settings"  # replica by replica, without a gap
    EXIT = "exit", "exit"  # a whole tier to nothing, the other stays
    ADD_VOLUME = "add_volume", "rent volume"
    END_VOLUME = "end_volume", "delete volume"
    ADD_ENDPOINT = "add_endpoint", "set up endpoint"
    END_ENDPOINT = "end_endpoint", "end endpoint"
    END_STRAY = "end_stray", "end stray"  # a volume or endpoint that nobody ordered
    ADOPT_VOLUME = "adopt_volume", "adopt volume"  # such a volume keeps our weights
    GROW_VOLUME = "grow_volume", "grow volume"
    SET_WORKERS = "set_workers", "change workers"  # of an endpoint


# What the next tick or list does by itself, without a pod whose stages could be followed.
WISHES = (
    *(ActionKind.ADOPT, ActionKind.END_ORPHAN, ActionKind.ADD_VOLUME),
    *(ActionKind.END_VOLUME, ActionKind.ADD_ENDPOINT, ActionKind.END_ENDPOINT),
    *(ActionKind.END_STRAY, ActionKind.ADOPT_VOLUME, ActionKind.GROW_VOLUME),
)


class ActionResult(models.TextChoices):
    """How an action ended."""

    DONE = "done", "done"
    FAILED = "failed", "failed"  # it will not get there
    SUPERSEDED = "superseded", "superseded"  # a later wish took its place
    CANCELLED = "cancelled", "cancelled"


class ActionQuerySet(models.QuerySet["Action"]):
    def running(self) -> ActionQuerySet:
        return self.filter(ended_at__isnull=True)


class Action(models.Model):
    """One confirmed action. It runs until `ended_at`; where it is follows from its pods.

    key         from the form: a confirmation sent twice is one action
    together    the key of a confirmation of several; "" for one that was confirmed alone
    parameters  what it was planned from, as text
    plan        the figures and sentences that were confirmed, as text
    new_pods    replicas that it rents; 0 for one that only ends some
    replicas    what the deployment wants by it; None where it wants nothing of one
    pods        those that it ends
    """

    kind = models.CharField(max_length=12, choices=ActionKind)
    key = models.CharField(max_length=40, unique=True)
    together = models.CharField(max_length=40, blank=True, default="")
    parameters = models.JSONField(default=dict)
    plan = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    target = models.CharField(max_length=120)
    deployment = models.ForeignKey(
        Deployment, on_delete=models.PROTECT, null=True, related_name="actions"
    )
    replicas = models.PositiveSmallIntegerField(null=True)
    replicas_before = models.PositiveSmallIntegerField(null=True)
    new_pods = models.PositiveSmallIntegerField(default=0)
    pods = models.ManyToManyField(Pod, related_name="actions")
    confirmed_by = models.CharField(max_length=150)
    confirmed_at = models.DateTimeField()
    result = models.CharField(max_length=10, choices=ActionResult, blank=True)
    outcome = models.CharField(max_length=500, blank=True)
    ended_at = models.DateTimeField(null=True)
    request_id = models.CharField(max_length=64, blank=True)

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ["-confirmed_at", "-pk"]
        constraints = [
            models.CheckConstraint(
                name="fleet_action_kind_known", condition=Q(kind__in=ActionKind.values)
            ),
            models.CheckConstraint(
                name="fleet_action_ends_with_a_result",
                condition=Q(ended_at__isnull=True, result="")
                | Q(ended_at__isnull=False, result__in=ActionResult.values),
            ),
        ]
        indexes = [
            models.Index(
                fields=["confirmed_at"],
                name="fleet_action_running",
                condition=Q(ended_at__isnull=True),
            ),
            models.Index(
                fields=["together"], name="fleet_action_together", condition=~Q(together="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.target}"

    @property
    def is_running(self) -> bool:
        return self.ended_at is None

    @property
    def figures(self) -> dict[str, Decimal]:
        """The plan's amounts [USD, USD/h, USD/day by their names] as exact numbers."""
        return {
            name: Decimal(value)
            for name, value in self.plan.items()
            if "usd" in name.split("_") and value is not None
        }

    def launched(self) -> PodQuerySet:
        """The pods that were requested for its deployment since it was confirmed."""
        return Pod.objects.filter(
            deployment=self.deployment, requested_at__gte=self.confirmed_at
        )
