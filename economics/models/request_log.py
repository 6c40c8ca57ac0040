"""Requests as a gateway logged them: the second source of usage, and the first of what has
no counters."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Ending(models.TextChoices):
    """Why a request ended; the same reasons as vLLM's, where the log tells one."""

    STOP = "stop", "ended by the model"
    LENGTH = "length", "cut at its length"
    ABORTED = "aborted", "aborted by the client"
    FAILED = "failed", "failed"
    OTHER = "other", "for another reason"
    UNKNOWN = "unknown", "not told"


class LoggedRequest(models.Model):
    """One request by the id that the gateway gave it. Kept for KERNE_REQUEST_LOG_DAYS.

    It is here so that the same request in two files counts once; nothing sums it.
    """

    request_id = models.CharField(max_length=120, unique=True)
    book_import = models.ForeignKey("economics.BookImport", on_delete=models.PROTECT)
    ended_at = models.DateTimeField(db_index=True)
    served_model = models.ForeignKey("fleet.ServedModel", on_delete=models.PROTECT)
    deployment = models.ForeignKey("fleet.Deployment", on_delete=models.PROTECT, null=True)
    prompt_tokens = models.BigIntegerField()
    cached_prompt_tokens = models.BigIntegerField(null=True)  # null: not told
    completion_tokens = models.BigIntegerField()
    reasoning_tokens = models.BigIntegerField(null=True)  # null: not told
    ending = models.CharField(max_length=7, choices=Ending)

    def __str__(self) -> str:
        return self.request_id


class LogHour(models.Model):
    """What one file adds to a UTC hour of a model and deployment. Never changed.

    deployment        null where the log does not tell which of the model's it was
    …_tokens          of requests that are billed; the cached are inside no other class
    reasoning_tokens  inside completion; null where no request told them
    free_tokens       of requests that failed or got no completion: nobody pays for them
    cached_unknown    of some request the cached part was not told, and counts as uncached
    earns             no counter tells of them, so this is what they are paid by
    """

    book_import = models.ForeignKey(
        "economics.BookImport", on_delete=models.PROTECT, related_name="log_hours"
    )
    served_model = models.ForeignKey("fleet.ServedModel", on_delete=models.PROTECT)
    deployment = models.ForeignKey(
        "fleet.Deployment", on_delete=models.PROTECT, null=True, related_name="log_hours"
    )
    hour_start = models.DateTimeField(db_index=True)
    uncached_prompt_tokens = models.BigIntegerField(default=0)
    cached_prompt_tokens = models.BigIntegerField(default=0)
    completion_tokens = models.BigIntegerField(default=0)
    reasoning_tokens = models.BigIntegerField(null=True)
    free_prompt_tokens = models.BigIntegerField(default=0)
    free_completion_tokens = models.BigIntegerField(default=0)
    requests_stop = models.BigIntegerField(default=0)
    requests_length = models.BigIntegerField(default=0)
    requests_aborted = models.BigIntegerField(default=0)
    requests_failed = models.BigIntegerField(default=0)
    requests_other = models.BigIntegerField(default=0)
    requests_unknown = models.BigIntegerField(default=0)
    cached_unknown = models.BooleanField(default=False)
    earns = models.BooleanField()

    class Meta:
        ordering = ["hour_start", "pk"]
        constraints = [
            models.UniqueConstraint(
                # An hour of a handover has both: pods' requests, and its endpoint's.
                fields=["book_import", "served_model", "deployment", "hour_start", "earns"],
                nulls_distinct=False,
                name="economics_log_hour_once",
            ),
            models.CheckConstraint(
                name="economics_log_hour_earns_for_somebody",
                condition=Q(earns=False) | Q(deployment__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deployment or self.served_model} {self.hour_start:%Y-%m-%d %H}:00"
