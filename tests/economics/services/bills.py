"""A provider that says what it is told to have charged, and what the books say of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from economics.calc.hours import HOUR
from economics.models import CostLine
from fleet.models import Pod
from fleet.providers.base import BillingBucket


class SaidBill:
    """A bill whose buckets a test sets, changes and takes away."""

    name = "runpod"

    def __init__(self) -> None:
        self.said: dict[tuple[str, datetime], BillingBucket] = {}

    def say(
        self, pod: Pod, hour: datetime, gpu: str | Decimal, disk: str | Decimal
    ) -> None:
        """The bucket of an hour from now on [USD]."""
        gpu_usd, disk_usd = Decimal(gpu), Decimal(disk)
        self.said[pod.provider_id, hour] = BillingBucket(
            provider_pod_id=pod.provider_id,
            start=hour,
            end=hour + HOUR,
            total_usd=gpu_usd + disk_usd,
            gpu_usd=gpu_usd,
            disk_usd=disk_usd,
        )

    def total(self) -> Decimal:
        return sum((each.total_usd for each in self.said.values()), Decimal(0))

    def billing(
        self, start: datetime, end: datetime, *, bucket: str
    ) -> list[BillingBucket]:
        return [each for each in self.said.values() if start <= each.start < end]

    def volume_billing(self, *_: object, **__: object) -> list[object]:
        return []

    serverless_billing = volume_billing


def booked(pods: Iterable[Pod] | None = None) -> Decimal:
    """The sum of all cost lines [USD], of some pods or of all."""
    lines = CostLine.objects.all()
    if pods is not None:
        lines = lines.filter(pod__in=list(pods))
    return lines.aggregate(usd=Sum("amount_usd"))["usd"] or Decimal(0)
