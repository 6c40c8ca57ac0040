"""The sums of a day per deployment: from the lines alone, or with what runs up now."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from economics.calc.hours import day_bounds, day_of
from economics.calc.profit import Provenance as Tag
from economics.models import CostKind, Provenance, TokenClass
from economics.selectors.booked_day import (
    BookedDay,
    DaySums,
    Part,
    SumsByDeployment,
    added,
    booked_day,
)
from economics.selectors.days import open_day_for
from economics.selectors.hour_revenue import (
    Prices,
    charged_of,
    counts_of,
    hour_revenue,
    revenue_provenance,
    waiting_hours,
)
from economics.selectors.pod_cost import (
    AMOUNT_FIELDS,
    cost_provenance,
    unaccrued_amounts,
    unaccrued_pods,
)
from economics.selectors.resource_cost import running_resource_costs
from fleet.models import Pod

__all__ = ["DaySums", "SumsByDeployment", "closed_day_sums", "open_day_sums"]
CATCH_UP_DAYS = 62  # how far back an unbooked hour may lie and still run up today


def closed_day_sums(day: date) -> SumsByDeployment:
    """What the lines of a day add up to, per deployment id. Nothing is estimated.

    What fleets share is in no sum here. One query.
    """
    return booked_day(day).sums()


def open_day_sums(
    day: date,
    now: datetime,
    booked: BookedDay | None = None,
    *,
    unaccrued: Iterable[Pod] | None = None,
) -> SumsByDeployment:
    """The lines of an open day, and what has run up since: unbooked tokens and seconds.

    booked     what is booked in the day; read when not given. A day's share of an expense
               counts whole from its first second
    unaccrued  the pods with billed time that no line covers yet; the same
    """
    lines = booked_day(day) if booked is None else booked
    return added(
        (
            *lines.sums(with_unpriced=False).items(),
            *running_costs(
                day,
                now,
                lines.newest_closed,
                unaccrued_pods(now).only(*AMOUNT_FIELDS, "deployment__fleet__simulated")
                if unaccrued is None
                else unaccrued,
            ),
            *running_revenue(day, now, lines),
        )
    )


def resource_sums(
    rows: Iterable[tuple[int, Decimal, Provenance]],
) -> list[Part]:
    """Costs of volumes as sums; they have no GPU seconds of ours."""
    return [
        (deployment, DaySums(cost_usd=usd, tags=frozenset({Tag(provenance)})))
        for deployment, usd, provenance in rows
    ]


def running_costs(
    day: date, now: datetime, newest_closed: date | None, pods: Iterable[Pod]
) -> list[Part]:
    """What pods and volumes ran up since their last line, as far as it counts in `day`."""
    sums: list[Part] = []
    for pod in pods:
        tags = frozenset({Tag(cost_provenance(pod))})
        for counted_in, kind, usd, seconds in unaccrued_amounts(
            pod, now, newest_closed=newest_closed
        ):
            if counted_in == day:
                gpu_seconds = seconds if kind == CostKind.GPU else 0
                more = DaySums(cost_usd=usd, gpu_seconds=gpu_seconds, tags=tags)
                sums.append((pod.deployment_id, more))
    return sums + resource_sums(running_resource_costs(day, now, newest_closed))


def running_revenue(day: date, now: datetime, booked: BookedDay) -> list[Part]:
    """What tokens without a line earn at the price of their hour, counted in `day`, of
    which `booked` is known."""
    since = day_bounds(day - timedelta(days=CATCH_UP_DAYS)).start
    prices, takes = Prices(), booked.takes
    sums: list[Part] = []
    for hour in waiting_hours(since, now):
        price = prices.of(hour)
        total = counts_of(hour).total
        if price is None:
            more = DaySums(unpriced_tokens=total)
            counted_in = day_of(hour.hour_start)
        else:
            charge = charged_of(hour, price)
            tags = {Tag(revenue_provenance(hour, kind, charge)) for kind in TokenClass}
            usd = hour_revenue(hour, price)
            served = day_of(hour.hour_start)
            more = DaySums(
                revenue_usd=usd,
                fee_usd=usd * takes.on(served),
                priced_tokens=total,
                tags=frozenset(tags),
            )
            counted_in = open_day_for(served, booked.newest_closed)
        if counted_in == day:
            sums.append((hour.pod.deployment_id, more))
    return sums
