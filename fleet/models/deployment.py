"""What we want: fleets (tiers) and their deployments."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.core.validators import MinValueValidator
from django.db import models

from fleet.models.offer import Cloud
from fleet.models.served_model import ModelVariant
from fleet.schedule import Schedule, describe_hours, wanted_at

MAX_NEVER_READY = 3  # then a bad image or model stops burning money


class Tier(models.IntegerChoices):
    """Tier 1 must earn; tier 2 is added while tier 1 pays for it."""

    ONE = 1, "tier 1"
    TWO = 2, "tier 2"


class RentalKind(models.TextChoices):
    """How a deployment rents; the provider declares what it can do."""

    ON_DEMAND = "on_demand", "on-demand, always on"
    SCHEDULED = "scheduled", "scheduled hours"
    BURST = "burst", "burst, following demand"
    SERVERLESS = "serverless", "serverless, workers by the job"
    SPOT = "spot", "spot, may be taken away"


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

    `replicas` is what the operator wants within the scheduled hours, or always where
    there are none; `baseline_replicas` stay outside of them. An operator's stop is
    `replicas = 0`, whatever the baseline. The hours are cron starts in a time zone, each
    followed by `schedule_seconds`; see `fleet.schedule` for what follows from that.

    Of a burst `replicas` is the baseline, and `burst_replicas` what `fleet.scaling`
    decided last (0: nothing yet).

    Serverless wants no pods but one endpoint, while `replicas` is 1 and not 0. Pods that
    served before it go on until that endpoint is live: `handover_replicas`.
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
    schedule_starts = models.CharField(max_length=400, blank=True)  # cron, "; " between
    schedule_seconds = models.PositiveIntegerField(null=True, blank=True)
    schedule_zone = models.CharField(max_length=64, blank=True)  # IANA name
    is_ready_at_start = models.BooleanField(default=False)  # rented earlier, by the lead
    lead_seconds = models.PositiveIntegerField(default=0)
    max_replicas = models.PositiveSmallIntegerField(null=True, blank=True)  # of a burst
    budget_usd_per_hour = models.DecimalField(
        max_digits=10, decimal_places=4, null=True, blank=True
    )  # of a burst: all replicas with their disks
    burst_replicas = models.PositiveSmallIntegerField(default=0)
    scaled_at = models.DateTimeField(null=True, blank=True)  # the last decision
    # Of serverless: what its endpoint is set up with.
    workers_min = models.PositiveSmallIntegerField(default=0)
    workers_max = models.PositiveSmallIntegerField(null=True, blank=True)
    idle_timeout_seconds = models.PositiveSmallIntegerField(default=10)
    queue_delay_seconds = models.PositiveSmallIntegerField(default=4)
    max_usd_per_worker_hour = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True
    )  # none is set up above it
    handover_replicas = models.PositiveSmallIntegerField(default=0)
    # Of spot: its own limit, what stands in, and since when spot is left alone.
    max_spot_usd_per_gpu_hour = models.DecimalField(
        max_digits=10, decimal_places=4, null=True, blank=True
    )
    on_demand_fallback = models.BooleanField(default=False)
    spot_held_until = models.DateTimeField(null=True, blank=True)
    spot_held_reason = models.CharField(max_length=300, blank=True)
    baseline_replicas = models.PositiveSmallIntegerField(default=0)
    replicas = models.PositiveSmallIntegerField(default=1)
    max_usd_per_gpu_hour = models.DecimalField(max_digits=10, decimal_places=4)
    max_model_len = models.PositiveIntegerField()
    gpu_memory_utilization = models.DecimalField(max_digits=3, decimal_places=2)
    container_disk_gb = models.PositiveIntegerField()
    image = models.CharField(max_length=255)
    # Of vLLM, beside ours; see fleet/vllm/extra_args.py.
    extra_args = models.CharField(max_length=300, blank=True)
    extra_env = models.JSONField(default=dict, blank=True)
    peak_tokens_per_second = models.DecimalField(
        max_digits=12, decimal_places=2, null=True, blank=True
    )  # prompt + completion tokens of one replica at full batch
    peak_source = models.CharField(max_length=200, blank=True)  # or why there is none
    peak_set_by = models.CharField(max_length=150, blank=True)  # "": kept by the console
    peak_at = models.DateTimeField(null=True, blank=True)  # when it was set or last kept
    launch_failures = models.PositiveSmallIntegerField(default=0)  # in a row, never ready
    not_before = models.DateTimeField(null=True, blank=True)  # relaunch back-off
    # A crash loop: its replicas become ready and die, so that each costs a cold start.
    launches_stopped_at = models.DateTimeField(null=True, blank=True)
    launches_stopped_reason = models.CharField(max_length=500, blank=True)
    revision = models.PositiveIntegerField(default=1)  # of its settings
    surge = models.PositiveSmallIntegerField(default=0)  # replicas more, while they change
    order_key = models.CharField(
        max_length=40, unique=True, null=True, blank=True
    )  # a confirm sent twice orders once
    created_at = models.DateTimeField()

    class Meta:
        ordering = ["fleet__tier", "slug"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(rental_kind="scheduled")
                | (
                    ~models.Q(schedule_starts="")
                    & ~models.Q(schedule_zone="")
                    & models.Q(schedule_seconds__gt=0)
                    & models.Q(schedule_seconds__isnull=False)
                ),
                name="fleet_deployment_scheduled_has_hours",
            ),
            models.CheckConstraint(
                condition=~models.Q(rental_kind="burst")
                | (
                    models.Q(max_replicas__isnull=False)
                    & models.Q(budget_usd_per_hour__isnull=False)
                    & models.Q(budget_usd_per_hour__gt=0)
                ),
                name="fleet_deployment_burst_has_limits",
            ),
            models.CheckConstraint(
                condition=~models.Q(rental_kind="serverless")
                | (
                    models.Q(replicas__lte=1)
                    & models.Q(workers_max__isnull=False)
                    & models.Q(workers_max__gte=1)
                    & models.Q(workers_min__lte=models.F("workers_max"))
                    & models.Q(idle_timeout_seconds__gte=1)
                    & models.Q(queue_delay_seconds__gte=1)
                    & models.Q(max_usd_per_worker_hour__isnull=False)
                    & models.Q(max_usd_per_worker_hour__gt=0)
                ),
                name="fleet_deployment_serverless_has_workers",
            ),
            models.CheckConstraint(
                condition=~models.Q(rental_kind="spot")
                | (
                    models.Q(max_spot_usd_per_gpu_hour__isnull=False)
                    & models.Q(max_spot_usd_per_gpu_hour__gt=0)
                ),
                name="fleet_deployment_spot_has_limit",
            ),
            models.CheckConstraint(
                condition=models.Q(max_usd_per_gpu_hour__gt=0),
                name="fleet_deployment_price_positive",
            ),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def schedule(self) -> Schedule | None:
        """The hours in which it rents; None where it always does.

        Raises ScheduleInvalid for a row that no order could have written.
        """
        if self.rental_kind != RentalKind.SCHEDULED:
            return None
        seconds = self.schedule_seconds or 0
        return Schedule(
            starts=tuple(self.schedule_starts.split("; ")),
            duration_seconds=seconds,
            zone=self.schedule_zone,
            inside=self.replicas,
            baseline=min(self.baseline_replicas, self.replicas),
            lead_seconds=self.lead_seconds,
            # Half of a short window stays for serving, whatever the setting is.
            drain_seconds=min(settings.DRAIN_SECONDS, seconds // 2),
        )

    @property
    def hours_in_words(self) -> str:
        """The scheduled hours, "Mon to Fri 09:00 to 17:00 UTC"; "" where there are none."""
        return describe_hours(self.schedule) if self.schedule else ""

    @property
    def is_spot(self) -> bool:
        """Whether its replicas are rented as interruptible pods where they can be."""
        return self.rental_kind == RentalKind.SPOT

    @property
    def is_given_up(self) -> bool:
        """Whether nothing is launched for it any more until somebody starts it again."""
        stopped = self.launches_stopped_at is not None
        return stopped or self.launch_failures >= MAX_NEVER_READY

    @property
    def is_serverless(self) -> bool:
        """Whether an endpoint serves it, not pods."""
        return self.rental_kind == RentalKind.SERVERLESS

    @property
    def wants_endpoint(self) -> bool:
        """Whether its rental is an endpoint that should exist now."""
        return self.is_serverless and self.replicas > 0

    def replicas_wanted(self, *, now: datetime) -> int:
        """Replicas that should be rented at `now`; in a schedule's drain, its baseline."""
        if self.is_serverless:
            return self.handover_replicas if self.replicas else 0
        if self.rental_kind == RentalKind.BURST and self.replicas:
            most = max(self.max_replicas or 0, self.replicas)
            return min(max(self.replicas, self.burst_replicas), most)
        schedule = self.schedule if self.replicas else None
        return self.replicas if schedule is None else wanted_at(schedule, now)
