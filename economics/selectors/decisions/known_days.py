"""What the gates reckon with of closed days: of a fleet, and of tier 1, which pays for
tier 2; each figure with the days that it is made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings

from economics.calc.gates import Policy, Unit, shown, trailing_sum
from economics.calc.unknown import Unknown
from economics.selectors.decisions.books import (
    EMPTY,
    SOURCE,
    Books,
    books,
    loss_of,
    run_above,
)
from economics.selectors.decisions.known import Known
from economics.selectors.policies import (
    fleets_with_policies,
    policies,
    policy_of_fleet,
)
from fleet.models import Deployment, Fleet, Tier


@dataclass(frozen=True)
class DayLine:
    """One closed day [USD]; None where nothing is booked of it. utilization [1]."""

    day: date
    tier_one_usd: Decimal | None
    profit_usd: Decimal | None
    utilization: Decimal | None


@dataclass(frozen=True)
class KnownDays:
    """The figures, and the closed days that they are made of, the newest first.

    fleet  None: tier 1 alone, by the policy of what is not begun
    """

    fleet: Fleet | None
    policy: str
    lines: tuple[Known, ...]
    days: tuple[DayLine, ...]


def known_days(slug: str) -> KnownDays | None:
    """Of the fleet of that slug, of tier 1 alone for ""; None without such a fleet. Five
    queries."""
    known = policies()
    fleets, chosen = fleets_with_policies(known, simulated=settings.KERNE_SANDBOX)
    fleet = next((each for each in fleets if each.slug == slug), None)
    if slug and fleet is None:
        return None
    rows = list(Deployment.objects.filter(fleet__in=fleets))
    read = books(fleets, rows)
    counting = policy_of_fleet(fleet, known, chosen)
    earned = read.tier_profit(Tier.ONE)
    lines = [_run(read, earned, counting.policy)]
    own = EMPTY
    if fleet is not None:
        own = read.of_fleet(fleet.pk)
        lines += _of_fleet(read, fleet, counting.policy)
    days = sorted({*earned, *own.profit}, reverse=True)
    return KnownDays(
        fleet=fleet,
        policy=counting.row.title,
        lines=tuple(lines),
        days=tuple(
            DayLine(each, earned.get(each), own.profit.get(each), own.utilization.get(each))
            for each in days
        ),
    )


def _run(read: Books, earned: Mapping[date, Decimal], policy: Policy) -> Known:
    least = policy.least_profit_usd_per_day
    return _line(
        read,
        "Closed days in a row on which tier 1 earned",
        run_above(earned, read.newest, least),
        Unit.DAYS,
        f"days back from the newest, each with more than {shown(least, Unit.USD)} of all "
        "fleets of tier 1 together",
        "profitable-days",
    )


def _of_fleet(read: Books, fleet: Fleet, policy: Policy) -> Iterator[Known]:
    book, exit_days = read.of_fleet(fleet.pk), int(policy.exit_days)
    used = policy.dedicated_utilization
    yield _line(
        read,
        "Closed days in a row on which it was used enough",
        run_above(book.utilization, read.newest, used),
        Unit.DAYS,
        f"days back from the newest, each above {shown(used, Unit.SHARE)} utilization",
        "used-days",
    )
    yield _line(
        read,
        "Contribution of an exit's days",
        trailing_sum(book.profit, newest=read.newest, days=exit_days),
        Unit.USD,
        f"profit of the fleet, sum of the last {exit_days} closed days",
        "contribution",
    )
    yield _line(
        read,
        "Loss since it was begun",
        loss_of(book),
        Unit.USD,
        "of all closed days of its deployments; 0 where they earned",
        "loss",
    )


def _line(
    read: Books,
    name: str,
    value: Decimal | Unknown,
    unit: Unit,
    how: str,
    anchor: str,
) -> Known:
    words = f"unknown: {value.reason}" if isinstance(value, Unknown) else shown(value, unit)
    return Known(name, words, how, SOURCE, read.as_of, anchor)
