"""What volumes and endpoints cost: accrued, billed, and run up since the last line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max, OuterRef, QuerySet, Sum

from economics.calc.accrual import SecondsInHour, disk_cost
from economics.calc.hours import day_bounds, day_of
from economics.calc.money import stored_difference
from economics.models import Provenance, ResourceCostLine
from economics.selectors.days import open_day_for
from economics.selectors.pod_cost import unaccrued, unaccrued_parts
from fleet.models import NetworkVolume, ServerlessEndpoint
from fleet.selectors.resources import volume_usd_per_gb_month


def unaccrued_volumes(now: datetime) -> QuerySet[NetworkVolume]:
    """Volumes with billed time that no accrued line covers yet, with `accrued_until`."""
    lines = ResourceCostLine.objects.filter(volume=OuterRef("pk"), billed_usd__isnull=True)
    return unaccrued(NetworkVolume.objects.all(), lines, now=now)


def amount_of(volume: NetworkVolume, part: SecondsInHour) -> Decimal:
    """What a part of an hour costs [USD], as a line stores it."""
    return stored_difference(
        sum_until=cost_of_seconds(volume, part.until_second),
        sum_from=cost_of_seconds(volume, part.from_second),
    )


def cost_of_seconds(volume: NetworkVolume, seconds: int) -> Decimal:
    """What the first `seconds` of a volume cost at its size of now [USD], unrounded."""
    return disk_cost(
        seconds=seconds,
        disk_gb=volume.size_gb,
        usd_per_gb_month=volume_usd_per_gb_month(volume.size_gb),
    )


def provenance_of(row: NetworkVolume | ServerlessEndpoint, known: Provenance) -> Provenance:
    """The tag of a line, or play money."""
    return Provenance.SIMULATED if row.deployment.fleet.simulated else known


def running_resource_costs(
    day: date, now: datetime, newest_closed: date | None
) -> list[tuple[int, Decimal, Provenance]]:
    """What volumes ran up since their last line and will count in `day`."""
    return [
        (
            volume.deployment_id,
            amount_of(volume, part),
            provenance_of(volume, Provenance.ACCRUED),
        )
        for volume in unaccrued_volumes(now)
        for part in unaccrued_parts(volume, until=now)
        if open_day_for(day_of(part.start), newest_closed) == day
    ]


@dataclass(frozen=True, slots=True)
class EndpointToday:
    """What the bill says of an endpoint for the UTC day of now.

    today_usd  [USD]; None before a bill of today was read
    tag        how sure it is, for the page
    """

    today_usd: Decimal | None
    read_at: datetime | None
    tag: str


def endpoint_today(endpoint: ServerlessEndpoint, *, now: datetime) -> EndpointToday:
    """The booked lines of an endpoint that began today. One query."""
    lines = ResourceCostLine.objects.filter(
        endpoint=endpoint, hour_start__gte=day_bounds(day_of(now)).start
    )
    found = lines.aggregate(usd=Sum("amount_usd"), read=Max("booked_at"))
    tag = provenance_of(endpoint, Provenance.BILLED).value
    return EndpointToday(found["usd"], found["read"], tag)


def cost_to_date(
    rows: Iterable[NetworkVolume | ServerlessEndpoint], *, now: datetime
) -> dict[str, Decimal]:
    """What each row has cost so far [USD], by its name: booked lines, and what a volume
    ran up since. An endpoint counts what the bill has said."""
    named = {row.name: Decimal(0) for row in rows}
    lines = ResourceCostLine.objects.order_by()
    for field in ("volume__name", "endpoint__name"):
        booked = lines.filter(**{f"{field}__in": list(named)})
        for line in booked.values(field).annotate(usd=Sum("amount_usd")):
            named[line[field]] += line["usd"]
    for volume in unaccrued_volumes(now).filter(name__in=list(named)):
        for part in unaccrued_parts(volume, until=now):
            named[volume.name] += amount_of(volume, part)
    return named
