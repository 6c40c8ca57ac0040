"""Audit: who did what to which thing, with the numbers seen at that moment."""

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models


class AuditEntry(models.Model):
    """Append-only. `acting_user` is a user name, or `rule:<name>` for the software."""

    at = models.DateTimeField(db_index=True)
    acting_user = models.CharField(max_length=150)
    verb = models.CharField(max_length=40)
    target = models.CharField(max_length=120)
    figures = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    request_id = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"{self.acting_user} {self.verb} {self.target}"


class Orphan(models.Model):
    """A pod that the provider bills and that no row of ours wants.

    `ours` says whether its name carries our prefix: only those are ended by rule; any
    other ends only where an operator said so.
    """

    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    ours = models.BooleanField()
    usd_per_pod_hour = models.DecimalField(max_digits=12, decimal_places=4)
    # What the provider says of it; needed to adopt it. Empty on rows of before.
    gpu_type_id = models.CharField(max_length=80, blank=True)
    gpu_count = models.PositiveSmallIntegerField(default=0)
    cloud = models.CharField(max_length=10, blank=True)
    created_at = models.DateTimeField(null=True)  # billed from here
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    sightings = models.PositiveIntegerField(default=1)
    end_wanted_by = models.CharField(max_length=150, blank=True)  # an operator's word
    terminate_sent_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_id"], name="fleet_orphan_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.provider_id})"
