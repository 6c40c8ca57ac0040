"""Pods: what we rent. The state machine is a table, the change a conditional UPDATE."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import models, transaction
from django.db.models import Q

from fleet.models.deployment import Deployment
from fleet.models.resource import NetworkVolume
from fleet.secrets import EncryptedTextField


class PodStatus(models.TextChoices):
    REQUESTED = "requested", "requested"  # wanted; nothing rented yet
    CREATING = "creating", "creating"  # claimed; the create may have been sent
    PROVISIONING = "provisioning", "provisioning"  # rented; vLLM not ready yet
    SERVING = "serving", "serving"  # vLLM answered ready at least once
    TERMINATING = "terminating", "terminating"  # told to stop; still billed
    TERMINATED = "terminated", "terminated"  # the provider says it is gone
    FAILED = "failed", "failed"  # refused; nothing was rented


S = PodStatus
NEXT: dict[str, set[PodStatus]] = {  # the whole state machine
    # provisioning without creating: the provider lists a pod of that name already
    S.REQUESTED: {S.CREATING, S.PROVISIONING, S.FAILED},
    # requested again: a definite refusal, so nothing was rented under this name
    S.CREATING: {S.REQUESTED, S.PROVISIONING, S.FAILED, S.TERMINATING},
    S.PROVISIONING: {S.SERVING, S.TERMINATING, S.TERMINATED},
    S.SERVING: {S.TERMINATING, S.TERMINATED},
    S.TERMINATING: {S.TERMINATED, S.FAILED},  # failed: its create never happened
    S.TERMINATED: set(),
    S.FAILED: {S.TERMINATING},  # given up too early: the provider lists it after all
}
MAYBE_BILLED = (S.CREATING, S.PROVISIONING, S.SERVING, S.TERMINATING)
RENTED = (S.PROVISIONING, S.SERVING)
WANTED = (S.REQUESTED, S.CREATING, S.PROVISIONING, S.SERVING)  # count as replicas
ENDED = (S.TERMINATED, S.FAILED)


SIMULATED_PAST = "demo-"  # begins the provider's id of pods that no cloud ever rented
# The deployments of that past.
DEMO_SLUGS = ("demo-llama-8b", "demo-glm-5", "demo-qwen-7b")


class Health(models.TextChoices):
    """What the probes say; the same words as `fleet.vllm.health`."""

    READY = "ready", "ready"
    BUSY = "busy", "busy"
    LOADING = "loading", "loading"
    HUNG = "hung", "hung"
    DEAD = "dead", "dead"
    UNKNOWN = "unknown", "unknown"


class PodQuerySet(models.QuerySet["Pod"]):
    def requested(self) -> PodQuerySet:
        return self.filter(status=S.REQUESTED)

    def maybe_billed(self) -> PodQuerySet:
        return self.filter(status__in=MAYBE_BILLED)

    def wanted(self) -> PodQuerySet:
        return self.filter(status__in=WANTED)

    def without_past(self) -> PodQuerySet:
        """Without the demo's simulated past, which nothing may act on."""
        return self.exclude(provider_id__startswith=SIMULATED_PAST)

    def rented(self) -> PodQuerySet:
        return self.filter(status__in=RENTED)


class Pod(models.Model):
    """One rented machine. `status` is our belief; the provider is the truth.

    Billed time is [billed_from, billed_until): the provider's createdAt, and the
    moment the provider confirmed the end (an upper bound until billing arrives).
    """

    deployment = models.ForeignKey(
        Deployment, on_delete=models.PROTECT, related_name="pods"
    )
    name = models.CharField(
        max_length=60, unique=True
    )  # kerne-<env>-<deployment>-<attempt>
    attempt = models.PositiveIntegerField()
    revision = models.PositiveIntegerField(default=1)  # of its deployment at the order
    status = models.CharField(max_length=12, choices=PodStatus, default=S.REQUESTED)
    status_since = models.DateTimeField()
    status_reason = models.CharField(max_length=500, blank=True)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)  # before the create is sent
    ready_by = models.DateTimeField()  # provisioning deadline, set again at the claim
    ready_at = models.DateTimeField(null=True, blank=True)  # first READY

    gpu_type_id = models.CharField(max_length=80)
    gpu_count = models.PositiveSmallIntegerField()
    cloud = models.CharField(max_length=10)
    container_disk_gb = models.PositiveIntegerField()
    volume_disk_gb = models.PositiveIntegerField(default=0)  # its own, kept by a stop
    launched = models.JSONField(
        default=dict, blank=True
    )  # what its create was sent with, without keys; see `launch_record`
    api_key = EncryptedTextField()  # bearer of this pod's vLLM; never shown

    network_volume = models.ForeignKey(
        NetworkVolume, on_delete=models.PROTECT, null=True, blank=True, related_name="pods"
    )  # what its create mounts; known before it is sent
    provider = models.CharField(max_length=20)
    provider_id = models.CharField(max_length=40, blank=True)
    provider_status = models.CharField(max_length=20, blank=True)  # raw word
    base_url = models.CharField(max_length=255, blank=True)
    quoted_usd_per_pod_hour = models.DecimalField(max_digits=12, decimal_places=4)
    usd_per_pod_hour = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    listed_usd_per_pod_hour = models.DecimalField(
        max_digits=14, decimal_places=8, null=True
    )  # the provider's price as it was listed last; 0, of a stopped pod, is not kept
    billed_from = models.DateTimeField(null=True, blank=True)
    billed_until = models.DateTimeField(null=True, blank=True)
    container_started_at = models.DateTimeField(
        null=True, blank=True
    )  # the first time, by the provider's word
    stopped_at = models.DateTimeField(
        null=True, blank=True
    )  # first listed as stopped: from then on only its volume disk is billed

    listed_at = models.DateTimeField(null=True, blank=True)  # last seen in a cloud list
    list_misses = models.PositiveSmallIntegerField(default=0)  # complete lists in a row
    terminate_requested_at = models.DateTimeField(null=True, blank=True)
    terminate_sent_at = models.DateTimeField(null=True, blank=True)
    interrupted_at = models.DateTimeField(null=True, blank=True)  # noticed by us
    taken_at = models.DateTimeField(null=True, blank=True)  # the end of its notice
    ends_at_once = models.BooleanField(default=False)  # told to stop without a drain
    last_scrape_at = models.DateTimeField(
        null=True, blank=True
    )  # the scrape before the end

    health = models.CharField(max_length=8, choices=Health, default=Health.UNKNOWN)
    health_since = models.DateTimeField(null=True, blank=True)
    health_reason = models.CharField(max_length=300, blank=True)
    probed_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)  # last good /health
    probe_misses = models.PositiveSmallIntegerField(default=0)
    progress_at = models.DateTimeField(
        null=True, blank=True
    )  # iteration counter last moved
    iteration_tokens = models.BigIntegerField(null=True, blank=True)
    sampled_at = models.DateTimeField(null=True, blank=True)  # newest readable /metrics
    pending_requests = models.PositiveIntegerField(default=0)  # in that sample
    engine_version = models.CharField(max_length=40, blank=True)
    metrics_error = models.CharField(max_length=300, blank=True)

    engine_started_at = models.DateTimeField(
        null=True, blank=True
    )  # of the server process, by its newest sample
    restarts = models.PositiveSmallIntegerField(default=0)  # by rule, in a row
    restarted_at = models.DateTimeField(null=True, blank=True)  # newest order to
    engine_before_restart = models.DateTimeField(null=True, blank=True)

    latency_at = models.DateTimeField(null=True, blank=True)  # newest latency sample

    # The dead-man switch in the pod; null where its image has none.
    lease_seconds = models.PositiveIntegerField(null=True, blank=True)
    lease_url = models.CharField(max_length=255, blank=True)  # base of the guard's port
    lease_renewed_at = models.DateTimeField(null=True, blank=True)
    lease_error = models.CharField(max_length=200, blank=True)  # of the newest try

    objects = PodQuerySet.as_manager()

    class Meta:
        ordering = ["-requested_at"]
        constraints = [
            models.CheckConstraint(
                name="fleet_pod_status_known", condition=Q(status__in=PodStatus.values)
            ),
            models.UniqueConstraint(
                name="fleet_pod_provider_id_once",
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
            ),
            models.UniqueConstraint(
                name="fleet_pod_attempt_once", fields=["deployment", "attempt"]
            ),
        ]
        indexes = [
            models.Index(
                fields=["status"],
                name="fleet_pod_live",
                condition=~Q(status__in=["terminated", "failed"]),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED

    @property
    def is_settling(self) -> bool:
        """Whether a page should look again soon."""
        return self.status in (S.REQUESTED, S.CREATING, S.PROVISIONING, S.TERMINATING)

    @property
    def price(self) -> Decimal:
        """USD per pod-hour: what the provider said at create, else the quote."""
        if self.usd_per_pod_hour is not None:
            return self.usd_per_pod_hour
        return self.quoted_usd_per_pod_hour

    def move_to(
        self,
        status: PodStatus,
        *,
        now: datetime,
        reason: str = "",
        facts: Mapping[str, Any] | None = None,
    ) -> bool:
        """Change status unless someone else just did; True if this call did it.

        `facts` are columns written in the same UPDATE, so that a status never
        stands without the fact that caused it. Raises ValueError for a change
        that the state machine does not have.
        """
        if status not in NEXT[self.status]:
            raise ValueError(f"{self}: {self.status} -> {status} is not a transition")
        changes: dict[str, Any] = {
            **(facts or {}),
            "status": status,
            "status_since": now,
            "status_reason": reason[:500],
        }
        with transaction.atomic():
            unchanged = Pod.objects.filter(pk=self.pk, status=self.status)
            if not unchanged.update(**changes):
                return False
            self.transitions.create(
                old=self.status, new=status, at=now, reason=reason[:500]
            )
        for name, value in changes.items():
            setattr(self, name, value)
        return True


class PodTransition(models.Model):
    """One change of status: the history of a pod, and what ran when."""

    pod = models.ForeignKey(Pod, on_delete=models.CASCADE, related_name="transitions")
    old = models.CharField(max_length=12, choices=PodStatus)
    new = models.CharField(max_length=12, choices=PodStatus)
    at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.old} -> {self.new}"


class PodDiagnosis(models.Model):
    """Why a pod ended or had to be mended: read from its log while it still had one.

    `tail` are its last lines, masked; `kind` is a word of `fleet.vllm.failures`, empty
    where the log told no cause that we know.
    """

    pod = models.OneToOneField(Pod, on_delete=models.CASCADE, related_name="diagnosis")
    at = models.DateTimeField()
    kind = models.CharField(max_length=40, blank=True)
    says = models.CharField(max_length=300)
    next_step = models.CharField(max_length=300, blank=True)
    evidence = models.CharField(max_length=300, blank=True)
    tail = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.pod}: {self.says}"


class HealthChange(models.Model):
    """Health from `at` until the next row of the pod: what the strip is drawn from."""

    pod = models.ForeignKey(Pod, on_delete=models.CASCADE, related_name="health_changes")
    health = models.CharField(max_length=8, choices=Health)
    at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["at", "pk"]
        indexes = [models.Index(fields=["pod", "at"], name="fleet_health_by_pod")]

    def __str__(self) -> str:
        return f"{self.health} from {self.at:%Y-%m-%d %H:%M:%S}"
