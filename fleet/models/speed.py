"""Answers about speed that took seconds to work out, kept for the pages that ask."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q

CLAIM_LIFE = timedelta(minutes=3)  # a worker that has not answered by then has died


class SpeedEstimateQuerySet(models.QuerySet["SpeedEstimate"]):
    def wanted(self, *, now: datetime) -> SpeedEstimateQuerySet:
        """Questions that wait for an answer and that no living worker holds."""
        free = Q(claimed_at__isnull=True) | Q(claimed_at__lte=now - CLAIM_LIFE)
        return self.filter(free, computed_at__isnull=True).order_by("wanted_at", "pk")


class SpeedEstimate(models.Model):
    """One shape under one traffic: the question, and the answer when there is one.

    key       SHA-256 of the question; the same question is asked once
    question  what `fleet.services.speeds` was asked, as plain values
    answer    figures, or {"unknown": why}; empty until it is computed
    used_at   the last day a page asked for it; housekeeping drops what nobody asks for
    """

    key = models.CharField(max_length=64, unique=True)
    question = models.JSONField()
    answer = models.JSONField(default=dict, blank=True)
    wanted_at = models.DateTimeField()
    used_at = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True)
    computed_at = models.DateTimeField(null=True)

    objects = SpeedEstimateQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["wanted_at"],
                condition=Q(computed_at__isnull=True),
                name="fleet_speed_wanted",
            )
        ]

    def __str__(self) -> str:
        return f"speed {self.key[:8]}"

    def claim(self, *, now: datetime) -> bool:
        """Take the question unless somebody alive holds it; True if this call did."""
        mine = SpeedEstimate.objects.filter(pk=self.pk).wanted(now=now)
        return bool(mine.update(claimed_at=now))
