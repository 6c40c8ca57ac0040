"""Network volumes and serverless endpoints: what is rented beside pods, and bills too.

Both live as pods do: the wish is a row with a unique name before anything is sent, the
state machine is a table, a change is one conditional UPDATE.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from fleet.models.deployment import Deployment


class ResourceStatus(models.TextChoices):
    REQUESTED = "requested", "requested"  # wanted; nothing rented yet
    CREATING = "creating", "creating"  # claimed; the create may have been sent
    LIVE = "live", "live"  # the provider has it
    ENDING = "ending", "ending"  # told to end; still billed
    ENDED = "ended", "ended"  # the provider says it is gone
    FAILED = "failed", "failed"  # refused; nothing was rented


R = ResourceStatus
RESOURCE_NEXT: Mapping[str, frozenset[ResourceStatus]] = {  # the whole state machine
    R.REQUESTED: frozenset({R.CREATING, R.FAILED}),
    # requested again: a definite refusal; ending: told to end while it was created
    R.CREATING: frozenset({R.REQUESTED, R.LIVE, R.FAILED, R.ENDING}),
    R.LIVE: frozenset({R.ENDING, R.ENDED}),
    R.ENDING: frozenset({R.ENDED, R.FAILED}),  # failed: its create never happened
    R.ENDED: frozenset(),
    R.FAILED: frozenset({R.LIVE, R.ENDING}),  # its create happened after all
}
RESOURCE_MAYBE_BILLED = (R.CREATING, R.LIVE, R.ENDING)
RESOURCE_RUNS = (R.REQUESTED, R.CREATING, R.LIVE)  # wanted, and not told to end
RESOURCE_OVER = (R.ENDED, R.FAILED)


class CloudResource(models.Model):
    """What a volume and an endpoint have in common. `deployment` is what it is for, and
    what its cost is booked to."""

    deployment = models.ForeignKey(
        Deployment, on_delete=models.PROTECT, related_name="%(class)ss"
    )
    name = models.CharField(max_length=60, unique=True)  # kerne-<env>-<deployment>-<what>-n
    status = models.CharField(
        max_length=9, choices=ResourceStatus, default=ResourceStatus.REQUESTED
    )
    status_since = models.DateTimeField()
    status_reason = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    not_before = models.DateTimeField(null=True, blank=True)  # a refusal says wait
    sent_at = models.DateTimeField(null=True, blank=True)  # before the create is sent
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=40, blank=True)
    billed_from = models.DateTimeField(null=True, blank=True)
    billed_until = models.DateTimeField(null=True, blank=True)
    listed_at = models.DateTimeField(null=True, blank=True)  # last seen in a list
    list_misses = models.PositiveSmallIntegerField(default=0)  # complete lists in a row
    end_requested_at = models.DateTimeField(null=True, blank=True)
    end_sent_at = models.DateTimeField(null=True, blank=True)

    kind: ClassVar[str] = ""  # a word for people

    class Meta:
        abstract = True
        ordering = ["-requested_at", "-pk"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_over(self) -> bool:
        return self.status in RESOURCE_OVER

    @property
    def may_be_billed(self) -> bool:
        return self.status in RESOURCE_MAYBE_BILLED

    def move_to(
        self,
        status: ResourceStatus,
        *,
        now: datetime,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change status unless someone else just did; True if this call did it.

        `facts` are columns written in the same UPDATE. Raises ValueError for a change
        that the state machine does not have.
        """
        if status not in RESOURCE_NEXT[self.status]:
            raise ValueError(f"{self}: {self.status} -> {status} is not a transition")
        changes: dict[str, Any] = {
            **(facts or {}),
            "status": status,
            "status_since": now,
            "status_reason": reason[:500],
        }
        rows = type(self)._default_manager.filter(pk=self.pk, status=self.status)
        if not rows.update(**changes):
            return False
        for name, value in changes.items():
            setattr(self, name, value)
        return True


class NetworkVolume(CloudResource):
    """A network volume that keeps a deployment's weights; every pod of it mounts it.

    size_gb        [GB] as the provider bills it
    mount_path     where pods see it; the weights' cache lies below it
    growing_to_gb  [GB] that an operator wants it to have; None once the list shows it
    grow_sent_at   when that was sent last: from then on it may be billed
    """

    size_gb = models.PositiveIntegerField(
        validators=[MinValueValidator(10), MaxValueValidator(4096)]
    )
    data_center_id = models.CharField(max_length=40)
    mount_path = models.CharField(max_length=120, default="/workspace")
    growing_to_gb = models.PositiveIntegerField(null=True, blank=True)
    grow_sent_at = models.DateTimeField(null=True, blank=True)

    kind = "volume"

    class Meta(CloudResource.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["deployment"],
                condition=~Q(status__in=["ending", "ended", "failed"]),
                name="fleet_volume_one_per_deployment",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
                name="fleet_volume_provider_id_once",
            ),
            models.CheckConstraint(
                name="fleet_volume_status_known",
                condition=Q(status__in=ResourceStatus.values),
            ),
        ]


class ServerlessEndpoint(CloudResource):
    """A serverless endpoint: workers that the provider starts and ends with the jobs.

    is_rental            made by the rental of its deployment, which also ends it
    usd_per_worker_hour  [USD / worker-hour] all GPUs of a worker, as quoted at the order
    workers_seen         workers at `workers_seen_at`, whatever they do: each is billed
    cold_starts          workers that were new at a look, and one where jobs were done
                         between two looks that saw none: at least as many
    jobs_*, health_at    the provider's own count at its last answer; None before that
    """

    is_rental = models.BooleanField(default=False)

    gpu_type_id = models.CharField(max_length=80)
    gpu_count = models.PositiveSmallIntegerField(validators=[MinValueValidator(1)])
    workers_min = models.PositiveSmallIntegerField(default=0)
    workers_max = models.PositiveSmallIntegerField(default=1)
    idle_timeout_seconds = models.PositiveSmallIntegerField(default=10)
    queue_delay_seconds = models.PositiveSmallIntegerField(default=4)
    disk_gb = models.PositiveIntegerField(default=20)
    image = models.CharField(max_length=255)
    usd_per_worker_hour = models.DecimalField(max_digits=12, decimal_places=4)
    workers_seen = models.PositiveIntegerField(null=True, blank=True)
    workers_seen_at = models.DateTimeField(null=True, blank=True)
    worker_states = models.JSONField(default=dict, blank=True)  # how many, by their state
    worker_ids = models.JSONField(default=list, blank=True)  # at the same look
    cold_starts = models.PositiveIntegerField(default=0)
    jobs_queued = models.PositiveIntegerField(null=True, blank=True)
    jobs_running = models.PositiveIntegerField(null=True, blank=True)
    jobs_completed = models.PositiveIntegerField(null=True, blank=True)
    jobs_failed = models.PositiveIntegerField(null=True, blank=True)
    health_at = models.DateTimeField(null=True, blank=True)
    drains_until = models.DateTimeField(null=True, blank=True)  # jobs may finish till then
    # Other workers that were asked for and are not in the list yet.
    wanted_min = models.PositiveSmallIntegerField(null=True, blank=True)
    wanted_max = models.PositiveSmallIntegerField(null=True, blank=True)
    wanted_idle_seconds = models.PositiveSmallIntegerField(null=True, blank=True)
    change_claimed_at = models.DateTimeField(null=True, blank=True)  # weighed; counts
    change_sent_at = models.DateTimeField(null=True, blank=True)

    kind = "endpoint"

    class Meta(CloudResource.Meta):
        abstract = False
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
                name="fleet_endpoint_provider_id_once",
            ),
            models.UniqueConstraint(
                fields=["deployment"],
                condition=Q(is_rental=True, status__in=["requested", "creating", "live"]),
                name="fleet_endpoint_one_rental_per_deployment",
            ),
            models.CheckConstraint(
                name="fleet_endpoint_status_known",
                condition=Q(status__in=ResourceStatus.values),
            ),
            models.CheckConstraint(
                name="fleet_endpoint_workers_in_order",
                condition=Q(workers_min__lte=models.F("workers_max")),
            ),
            models.CheckConstraint(
                name="fleet_endpoint_wish_is_whole",
                condition=Q(
                    wanted_min__isnull=True,
                    wanted_max__isnull=True,
                    wanted_idle_seconds__isnull=True,
                )
                | Q(
                    wanted_min__lte=models.F("wanted_max"),
                    wanted_max__isnull=False,
                    wanted_min__isnull=False,
                    wanted_idle_seconds__gte=1,
                ),
            ),
        ]

    @property
    def workers_billed(self) -> int:
        """Workers that are billed now as far as is known: seen, or at least the least."""
        return max(self.workers_seen or 0, self.workers_min)

    @property
    def rate_now(self) -> Decimal:
        """What its workers cost now as last seen [USD/h], without their disks."""
        return self.usd_per_worker_hour * self.workers_billed

    @property
    def most_usd_per_hour(self) -> Decimal:
        """What it costs while as many workers run as may [USD/h], without their disks.

        More that were asked for count from when they were weighed.
        """
        asked = self.wanted_max if self.change_claimed_at is not None else None
        return self.usd_per_worker_hour * max(self.workers_max, asked or 0)


class StrayResource(models.Model):
    """A volume or an endpoint in the account that no row of ours wants: it bills unseen.

    An endpoint with our prefix is ended by rule after its grace; a volume never is, where
    a setting does not say so, because it holds data. Either is ended where an operator
    wants it (`end_wanted_by`).

    workers_seen         of an endpoint; None before anybody counted them
    usd_per_worker_hour  [USD / worker-hour] of the dearest worker seen, by the catalog or
                         by our own row of it; None while no price is known
    """

    class Kind(models.TextChoices):
        VOLUME = "volume", "network volume"
        ENDPOINT = "endpoint", "serverless endpoint"

    kind = models.CharField(max_length=8, choices=Kind)
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    ours = models.BooleanField()
    size_gb = models.PositiveIntegerField(default=0)  # of a volume
    data_center_id = models.CharField(max_length=40, blank=True)  # of a volume
    workers_min = models.PositiveIntegerField(default=0)  # of an endpoint
    workers_max = models.PositiveIntegerField(default=0)
    workers_seen = models.PositiveIntegerField(null=True, blank=True)
    workers_seen_at = models.DateTimeField(null=True, blank=True)
    usd_per_worker_hour = models.DecimalField(
        max_digits=12, decimal_places=4, null=True, blank=True
    )
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()
    sightings = models.PositiveIntegerField(default=1)
    end_wanted_by = models.CharField(max_length=150, blank=True)
    end_sent_at = models.DateTimeField(null=True, blank=True)
    end_refused = models.CharField(max_length=300, blank=True)  # the provider's last word
    gone_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-last_seen_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "kind", "provider_id"], name="fleet_stray_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.provider_id})"

    @property
    def workers_billed(self) -> int | None:
        """Workers of an endpoint that are billed now: seen, or at least the least; None
        before anybody counted them."""
        if self.workers_seen is None:
            return None
        return max(self.workers_seen, self.workers_min)


class CloudListing(models.Model):
    """When the provider's complete list of one kind of thing was last settled with our
    rows. While that is long ago, what bills is unknown, and nothing new is rented."""

    class What(models.TextChoices):
        VOLUMES = "volumes", "network volumes"
        ENDPOINTS = "endpoints", "serverless endpoints"

    provider = models.CharField(max_length=20)
    what = models.CharField(max_length=9, choices=What)
    read_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "what"], name="fleet_cloud_listing_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.what} of {self.provider} at {self.read_at:%Y-%m-%d %H:%M} UTC"
