"""Cost lines of volumes and endpoints: accrued by the hour, and corrected by the bill."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.db.models import Exists, OuterRef, Sum

from economics.calc.hours import HOUR, day_of, hour_start
from economics.calc.money import STORED_STEP, round_stored
from economics.models import Provenance, ResourceCostLine
from economics.selectors.days import booking_day
from economics.selectors.pod_cost import with_lines_due
from economics.selectors.reconciliation import UNBILLED_HOURS
from economics.selectors.resource_cost import (
    amount_of,
    provenance_of,
    unaccrued_parts,
    unaccrued_volumes,
)
from economics.services.books import locked
from economics.services.resource_bills import BilledKind, keep_unexplained, observed
from fleet.models import NetworkVolume, ServerlessEndpoint
from fleet.providers.resources import FullProvider, ResourceBucket

Resource = NetworkVolume | ServerlessEndpoint


def accrue_volumes(now: datetime) -> int:
    """Append the lines of all volume hours that are over, or of ended volumes; how many.

    Running it twice adds none: each volume goes on where its lines end.
    """
    booked = 0
    due = with_lines_due(unaccrued_volumes(now), now=now)
    for pk in list(due.values_list("pk", flat=True)):
        with locked():
            volume = due.filter(pk=pk).first()
            if volume is not None:
                booked += accrue_volume(volume, now=now)
    return booked


def accrue_volume(volume: NetworkVolume, *, now: datetime) -> int:
    """Append the missing lines of one volume from `unaccrued_volumes`; how many."""
    ended = volume.billed_until is not None and volume.billed_until <= now
    parts = unaccrued_parts(volume, until=now if ended else hour_start(now))
    lines = [
        ResourceCostLine(
            deployment_id=volume.deployment_id,
            volume=volume,
            hour_start=part.hour_start,
            period_start=part.start,
            period_end=part.end,
            seconds=part.seconds,
            amount_usd=amount_of(volume, part),
            provenance=provenance_of(volume, Provenance.ACCRUED),
            day=booking_day(day_of(part.start)),
            booked_at=now,
        )
        for part in parts
    ]
    ResourceCostLine.objects.bulk_create(lines)
    return len(lines)


def read_resource_bills(
    *, provider: FullProvider, start: datetime, now: datetime
) -> tuple[int, int]:
    """Book what the provider charged for volumes and endpoints since `start`.

    Gives (lines, buckets of something that no row of ours explains, which are kept). Raises
    ProviderError when it does not answer; then nothing is changed.
    """
    end = hour_start(now) + HOUR
    stored = provider.volume_billing(start, end, bucket="hour")
    served = provider.serverless_billing(start, end, bucket="hour")
    with locked():
        volumes = by_id(NetworkVolume, stored, provider=provider.name)
        endpoints = by_id(ServerlessEndpoint, served, provider=provider.name)
        lines = [
            *(book(bucket, volumes, now=now) for bucket in stored),
            *(book(bucket, endpoints, now=now) for bucket in served),
            *(
                book(bucket, {bucket.provider_id: volume}, now=now)
                for bucket, volume in absent_buckets(provider.name, since=start, now=now)
            ),
        ]
        unknown = keep_unexplained(
            {BilledKind.VOLUME: stored, BilledKind.ENDPOINT: served},
            ours={BilledKind.VOLUME: set(volumes), BilledKind.ENDPOINT: set(endpoints)},
            provider=provider.name,
            since=start,
            now=now,
        )
    return sum(lines), unknown


def by_id(
    model: type[NetworkVolume] | type[ServerlessEndpoint],
    buckets: Iterable[ResourceBucket],
    *,
    provider: str,
) -> dict[str, Resource]:
    """Our rows among the billed ones, by the provider's id."""
    ids = {bucket.provider_id for bucket in buckets}
    rows = model.objects.filter(provider=provider, provider_id__in=ids)
    return {row.provider_id: row for row in rows.select_related("deployment__fleet")}


def absent_buckets(
    provider: str, *, since: datetime, now: datetime
) -> list[tuple[ResourceBucket, NetworkVolume]]:
    """Buckets of 0 for booked hours of ended volumes that the bill does not contain.

    One that vanished while nobody looked was accrued until it was missed. Only volumes
    that the provider billed at least once count: an empty bill proves nothing.
    """
    billed = ResourceCostLine.objects.filter(
        volume=OuterRef("volume"), billed_usd__isnull=False
    )
    lines = ResourceCostLine.objects.filter(
        Exists(billed),
        ~Exists(billed.filter(hour_start=OuterRef("hour_start"))),
        volume__provider=provider,
        volume__billed_until__isnull=False,
        hour_start__gte=since,
        hour_start__lte=now - UNBILLED_HOURS * HOUR - HOUR,
    ).select_related("volume__deployment__fleet")
    return [
        (
            ResourceBucket(
                line.volume.provider_id,
                line.hour_start,
                line.hour_start + HOUR,
                Decimal(0),
                Decimal(0),
            ),
            line.volume,
        )
        for line in lines.order_by("hour_start", "pk")
        if line.volume is not None
    ]


def will_accrue(volume: NetworkVolume, bucket: ResourceBucket) -> bool:
    """Whether a line of our own seconds will come for the hour, and is the first; of an
    adopted volume none does for the hours before it was first seen."""
    begin = volume.billed_from
    return not volume.is_over and (begin is None or begin < bucket.end)


def book(bucket: ResourceBucket, rows: dict[str, Resource], *, now: datetime) -> int:
    """Append the difference between a bucket and the books; 1 for a line, else 0.

    A volume's hour that is not accrued yet waits: its own line comes first. A figure
    that was booked already adds nothing.
    """
    row = rows.get(bucket.provider_id)
    if row is None:
        return 0
    if isinstance(row, NetworkVolume) and bucket.end > now:
        return 0  # its own line of the hour comes first
    said = observed(bucket.total_usd)
    owner = {row.kind: row}
    lines = ResourceCostLine.objects.filter(hour_start=bucket.start, **owner)
    newest = lines.filter(billed_usd__isnull=False).order_by("-pk").first()
    if newest is not None and newest.billed_usd == said:
        return 0
    if isinstance(row, NetworkVolume) and not lines.exists() and will_accrue(row, bucket):
        return 0
    booked = lines.aggregate(sum=Sum("amount_usd"))["sum"] or Decimal(0)
    if newest is None and booked == said == 0:
        return 0
    difference = said - booked
    paid = lines.aggregate(sum=Sum("fee_usd"))["sum"] or Decimal(0)
    ResourceCostLine.objects.create(
        deployment_id=row.deployment_id,
        hour_start=bucket.start,
        period_start=bucket.start,
        period_end=bucket.end,
        seconds=0,
        amount_usd=round_stored(difference)
        if abs(difference) >= STORED_STEP
        else Decimal(0),
        billed_usd=said,
        fee_usd=round_stored(bucket.fee_usd) - paid,
        provenance=provenance_of(row, Provenance.BILLED),
        day=booking_day(day_of(bucket.start)),
        booked_at=now,
        **owner,
    )
    return 1
