"""Samples that metering has not counted yet: nothing may delete them."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db.models import Min, OuterRef, Subquery
from django.db.models.functions import Coalesce

from fleet.models import EngineSample, Pod

LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)


def waiting_since() -> datetime | None:
    """The instant of the oldest uncounted sample; None where every one is counted."""
    uncounted = EngineSample.objects.filter(
        pod=OuterRef("pk"), at__gt=OuterRef("counted_until")
    ).order_by("at")
    pods = Pod.objects.annotate(
        counted_until=Coalesce("usagecursor__settled_until", LONG_AGO)
    ).annotate(waiting=Subquery(uncounted.values("at")[:1]))
    return pods.aggregate(oldest=Min("waiting"))["oldest"]
