"""What has run up since the last lines of open days, row by row."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from economics.calc.hours import HOUR, day_bounds, day_of
from economics.calc.profit import Provenance as Tag
from economics.calc.profit_parts import Part
from economics.models import Provenance, TokenClass
from economics.selectors.day_sums import CATCH_UP_DAYS
from economics.selectors.days import open_day_for
from economics.selectors.hour_revenue import (
    HOUR_FIELDS,
    Prices,
    charged_of,
    counts_of,
    discount_of,
    hour_revenue,
    revenue_provenance,
    waiting_hours,
)
from economics.selectors.pod_cost import (
    AMOUNT_FIELDS,
    cost_provenance,
    kinds_of,
    seconds_in,
    unaccrued_parts,
    unaccrued_pods,
)
from economics.selectors.pod_cost import amount_of as pod_amount
from economics.selectors.profit.scope import Wanted
from economics.selectors.resource_cost import amount_of as volume_amount
from economics.selectors.resource_cost import provenance_of, unaccrued_volumes


@dataclass(frozen=True)
class Running:
    """A part of an hour that no line covers yet [USD].

    tokens    of an hour that waits for its revenue line
    unpriced  whether no price was set, so that it earns nothing
    """

    day: date
    deployment_id: int
    part: Part
    name: str
    kind: str
    start: datetime
    end: datetime
    usd: Decimal
    seconds: int | None = None
    tokens: int | None = None
    unpriced: bool = False
    tags: frozenset[Tag] = frozenset()


def running_rows(
    wanted: Wanted, *, now: datetime, parts: tuple[Part, ...] = tuple(Part)
) -> list[Running]:
    """The rows of these parts that count in the days wanted; none where all of them are
    closed. Four queries at most: pods, volumes, prices, hours without revenue."""
    if wanted.first_open > wanted.end or not wanted.members:
        return []
    rows: list[Running] = []
    if Part.PENDING in parts:
        rows += pods_running(wanted, now)
    if Part.VOLUMES in parts:
        rows += volumes_running(wanted, now)
    if Part.REVENUE in parts or Part.DISCOUNT in parts:
        rows += revenue_running(wanted, now)
    return [row for row in rows if wanted.begin <= row.day <= wanted.end]


def pods_running(wanted: Wanted, now: datetime) -> Iterator[Running]:
    pods = unaccrued_pods(now).filter(deployment__in=list(wanted.members))
    for pod in pods.select_related(None).only("deployment_id", *AMOUNT_FIELDS):
        pod.deployment = wanted.members[pod.deployment_id]  # read already, with its fleet
        tags = frozenset({Tag(cost_provenance(pod))})
        for part in unaccrued_parts(pod, until=now):
            for kind in kinds_of(pod):
                yield Running(
                    day=open_day_for(day_of(part.start), wanted.newest_closed),
                    deployment_id=pod.deployment_id,
                    part=Part.PENDING,
                    name=pod.name,
                    kind=kind.value,
                    start=part.start,
                    end=part.end,
                    usd=pod_amount(pod, kind, part),
                    seconds=seconds_in(pod, kind, part),
                    tags=tags,
                )


def volumes_running(wanted: Wanted, now: datetime) -> Iterator[Running]:
    for volume in unaccrued_volumes(now).filter(deployment__in=list(wanted.members)):
        tags = frozenset({Tag(provenance_of(volume, Provenance.ACCRUED))})
        for part in unaccrued_parts(volume, until=now):
            yield Running(
                day=open_day_for(day_of(part.start), wanted.newest_closed),
                deployment_id=volume.deployment_id,
                part=Part.VOLUMES,
                name=volume.name,
                kind="network_volume",
                start=part.start,
                end=part.end,
                usd=volume_amount(volume, part),
                seconds=part.until_second - part.from_second,
                tags=tags,
            )


def revenue_running(wanted: Wanted, now: datetime) -> Iterator[Running]:
    """Hours that wait for their revenue line; without a price they earn nothing and count
    in the day that they were served in, as the books have it."""
    since = day_bounds(day_of(now) - timedelta(days=CATCH_UP_DAYS)).start
    prices = Prices()
    hours = waiting_hours(since, now).filter(pod__deployment__in=list(wanted.members))
    for hour in hours.select_related(None).select_related("pod").only(*HOUR_FIELDS):
        hour.pod.deployment = wanted.members[hour.pod.deployment_id]
        price, day = prices.of(hour), day_of(hour.hour_start)
        tags: set[Tag] = set()
        cut = Decimal(0)
        if price is not None:
            day = open_day_for(day, wanted.newest_closed)
            charge = charged_of(hour, price)
            tags = {Tag(revenue_provenance(hour, kind, charge)) for kind in TokenClass}
            cut = discount_of(hour, price)
        row = Running(
            day=day,
            deployment_id=hour.pod.deployment_id,
            part=Part.REVENUE,
            name=hour.pod.name,
            kind="tokens",
            start=hour.hour_start,
            end=hour.hour_start + HOUR,
            usd=Decimal(0) if price is None else hour_revenue(hour, price),
            tokens=counts_of(hour).total,
            unpriced=price is None,
            tags=frozenset(tags),
        )
        yield row
        if cut:
            yield replace(row, part=Part.DISCOUNT, kind="discount", usd=cut)
