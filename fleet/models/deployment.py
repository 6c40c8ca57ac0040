"""What we want: fleets (tiers) and their deployments."""

from __future__ import annotations

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from fleet.models.offer import Cloud
from fleet.models.served_model import ModelVariant

MAX_NEVER_READY = 3  # then a bad image or model stops burning money


class Tier(models.IntegerChoices):
    """Tier 1 must earn; tier 2 is added while tier 1 pays for it."""

    ONE = 1, "tier 1"
    TWO = 2, "tier 2"


class RentalKind(models.TextChoices):
    """How a deployment rents; the provider declares what it can do."""

    ON_DEMAND = "on_demand", "on-demand, always on"
    SCHEDULED = "scheduled", "scheduled hours"


class Fleet(models.Model):
    """A group of deployments with one profit figure. `simulated` marks play money."""

    slug = models.SlugField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    tier = models.PositiveSmallIntegerField(choices=Tier)
    simulated = models.BooleanField(default=False)

    class Meta:
        ordering = ["tier", "name"]
        permissions = [  # of the roles, see services/roles.py
            ("operate", "May order, start, stop and set prices"),
            ("administer", "May set limits, keys and accounts"),
        ]

    def __str__(self) -> str:
        return self.name


class Deployment(models.Model):
    """One model on one GPU shape: the desired state. Pods follow it.

    `replicas` is what the operator wants while the schedule is open; an operator's
    stop is `replicas = 0`. Hours are UTC, half-open, and may not wrap midnight.
    """

    fleet = models.ForeignKey(Fleet, on_delete=models.PROTECT, related_name="deployments")
    variant = models.ForeignKey(ModelVariant, on_delete=models.PROTECT)
    slug = models.SlugField(max_length=40, unique=True)
    gpu_type_id = models.CharField(max_length=80)
    gpu_count = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    cloud = models.CharField(max_length=10, choices=Cloud, default=Cloud.SECURE)
    rental_kind = models.CharField(
        max_length=12, choices=RentalKind, default=RentalKind.ON_DEMAND
    )
    start_hour = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(23)]
    )
    end_hour = models.PositiveSmallIntegerField(
        null=True, blank=True, validators=[MaxValueValidator(24)]
    )
    replicas = models.PositiveSmallIntegerField(default=1)
    max_usd_per_gpu_hour = models.DecimalField(max_digits=10, decimal_places=4)
    max_model_len = models.PositiveIntegerField()
    gpu_memory_utilization = models.DecimalField(max_digits=3, decimal_places=2)
    container_disk_gb = models.PositiveIntegerField()
    image = models.CharField(max_length=255)
    extra_env = models.JSONField(default=dict, blank=True)
    peak_tokens_per_second = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True
    )  # prompt + completion tokens of one replica at full batch
    peak_source = models.CharField(max_length=200, blank=True)
    launch_failures = models.PositiveSmallIntegerField(default=0)  # in a row, never ready
    not_before = models.DateTimeField(null=True, blank=True)  # relaunch back-off
    # A crash loop: its replicas become ready and die, so that each costs a cold start.
    launches_stopped_at = models.DateTimeField(null=True, blank=True)
    launches_stopped_reason = models.CharField(max_length=500, blank=True)
    order_key = models.CharField(
        max_length=40, unique=True, null=True, blank=True
    )  # a confirm sent twice orders once
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["fleet__tier", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(start_hour__isnull=True, end_hour__isnull=True)
                | models.Q(start_hour__lt=models.F("end_hour")),
                name="fleet_deployment_hours_in_order",
            ),
            models.CheckConstraint(
                condition=~models.Q(rental_kind="scheduled")
                | models.Q(start_hour__isnull=False, end_hour__isnull=False),
                name="fleet_deployment_schedule_has_hours",
            ),
            models.CheckConstraint(
                condition=models.Q(max_usd_per_gpu_hour__gt=0),
                name="fleet_deployment_price_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    def replicas_wanted(self, *, now: datetime) -> int:
        """Replicas that should be rented at `now`; 0 outside the scheduled hours."""
        if self.rental_kind == RentalKind.SCHEDULED:
            assert self.start_hour is not None and self.end_hour is not None
            if not self.start_hour <= now.hour < self.end_hour:
                return 0
        return self.replicas
