"""What each rule sees in the world, for the limits that exist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from decimal import Decimal

from economics.calc.guardrails import (
    Observation,
    Rule,
    cold_start_spend,
    days_of_rent,
    horizon_hours,
    loss,
    spend_with_horizon,
)
from economics.calc.money import shown_usd
from economics.calc.runway import Runway, runway
from economics.models import GuardrailLimit
from economics.selectors.guardrails.world import World, read_world

__all__ = ["World", "observe", "read_world"]


def observe(world: World, rows: Iterable[GuardrailLimit]) -> list[Observation]:
    """What the rules of these limits see. A rule without a limit looks at nothing."""
    return [seen for row in rows for seen in LOOKS[Rule(row.rule)](world, row)]


def scope_of(world: World, row: GuardrailLimit) -> str:
    """Whose the value is, in words."""
    if row.fleet_id is None:
        return "all fleets"
    return f"fleet {world.fleets.get(row.fleet_id, row.fleet_id)}"


def is_counted(world: World, row: GuardrailLimit) -> bool:
    """Whether the limit's fleet spends the kind of money of this console."""
    return row.fleet_id is None or row.fleet_id in world.fleets


def day_spend_of(world: World, row: GuardrailLimit) -> tuple[Decimal, str]:
    """Spend of the UTC day with the next 15 minutes [USD], and its parts in words."""
    members = world.members(row.fleet_id)
    spent = world.spent(members, since=world.today)
    if row.fleet_id is None:
        spent += world.stray_usd
    return ahead(world, spent, world.rate(row.fleet_id), within_day=True)


def ahead(
    world: World, spent: Decimal, rate: Decimal, *, within_day: bool
) -> tuple[Decimal, str]:
    """Spend with the horizon [USD], and its parts in words."""
    hours = horizon_hours(world.now, within_day=within_day)
    value = spend_with_horizon(spent_usd=spent, committed_usd_per_hour=rate, hours=hours)
    coming = shown_usd(value - spent)
    minutes = f"{hours * 60:.0f}"
    return value, f"{shown_usd(spent)} spent, {coming} for the next {minutes} min"


def day_spend(world: World, row: GuardrailLimit) -> Iterator[Observation]:
    if is_counted(world, row):
        value, parts = day_spend_of(world, row)
        yield of_scope(world, row, value, parts)


def daily_loss(world: World, row: GuardrailLimit) -> Iterator[Observation]:
    if is_counted(world, row):
        spent, parts = day_spend_of(world, row)
        earned = world.earned(world.members(row.fleet_id), since=world.today)
        value = loss(spent_usd=spent, net_revenue_usd=earned)
        yield of_scope(world, row, value, f"{parts}, {shown_usd(earned)} net revenue")


def committed(world: World, row: GuardrailLimit) -> Iterator[Observation]:
    if is_counted(world, row):
        yield of_scope(world, row, world.rate(row.fleet_id), "")


def remaining(world: World, row: GuardrailLimit) -> Iterator[Observation]:
    """The main account's runway. With nothing rented there is none, and nothing to hold
    against it."""
    rate = world.committed_main
    if world.balance is None:
        if not world.simulated:  # play money may be spent blindly
            unknown = world.no_balance
            assert unknown is not None
            yield Observation(Rule.RUNWAY, None, "all fleets", unknown)
        return
    usd = world.balance.balance_usd
    left = runway(balance_usd=usd, usd_per_hour=rate)
    if isinstance(left, Runway):
        parts = f"{shown_usd(usd)} balance at {shown_usd(rate)}/h"
        yield of_scope(world, row, left.hours, parts)


def exposure(world: World, row: GuardrailLimit) -> Iterator[Observation]:
    if is_counted(world, row):
        members = world.members(row.fleet_id)
        rate = world.rate(row.fleet_id)
        value, parts = exposure_of(world, row, members, rate)
        yield of_scope(world, row, value, parts)


def exposure_of(
    world: World, row: GuardrailLimit, members: list[int], rate: Decimal
) -> tuple[Decimal, str]:
    """What an experiment has lost since its start [USD], and its parts in words."""
    since = row.counted_from
    before = world.closed_loss(members, since=since)
    spent, _ = ahead(world, world.spent(members, since=since), rate, within_day=False)
    earned = world.earned(members, since=since)
    value = loss(spent_usd=before + spent, net_revenue_usd=earned)
    start = "the start" if since is None else f"{since:%Y-%m-%d}"
    parts = f"since {start}, the next 15 min included"
    days = days_of_rent(exposure_usd=value, usd_per_hour=rate)
    if days is not None:
        parts += f", {days:.1f} days of rent at {shown_usd(rate)}/h"
    return value, parts


def exposure_deployment(world: World, row: GuardrailLimit) -> Iterator[Observation]:
    for each in world.members(row.fleet_id):
        if each in world.active:
            rate = world.committed.get(each, Decimal(0))
            value, parts = exposure_of(world, row, [each], rate)
            yield of_deployment(world, row, each, value, parts)


def cold_start_pod(world: World, row: GuardrailLimit) -> Iterator[Observation]:
    members = set(world.members(row.fleet_id))
    for pod in world.loading:
        if pod.deployment_id in members:
            yield Observation(
                rule=Rule.COLD_START_POD,
                fleet_id=row.fleet_id,
                scope=scope_of(world, row),
                value=pod.spent_usd,
                subject=pod.name,
                deployment_id=pod.deployment_id,
                pod_id=pod.pod_id,
            )


def cold_start_deployment(world: World, row: GuardrailLimit) -> Iterator[Observation]:
    hours = horizon_hours(world.now, within_day=False)
    for each in world.members(row.fleet_id):
        rent = world.cold.get(each, Decimal(0))
        rate = world.loading_rate.get(each, Decimal(0))
        if rent or rate:
            value = cold_start_spend(rent_usd=rent, loading_usd_per_hour=rate, hours=hours)
            parts = f"{shown_usd(rent)} in the last 24 h"
            if rate:
                parts += f", {shown_usd(value - rent)} for the next 15 min of what loads"
            yield of_deployment(world, row, each, value, parts)


def of_scope(
    world: World, row: GuardrailLimit, value: Decimal, made_of: str
) -> Observation:
    return Observation(
        rule=Rule(row.rule),
        fleet_id=row.fleet_id,
        scope=scope_of(world, row),
        value=value,
        made_of=made_of,
    )


def of_deployment(
    world: World, row: GuardrailLimit, deployment: int, value: Decimal, made_of: str
) -> Observation:
    return replace(
        of_scope(world, row, value, made_of),
        subject=world.slugs[deployment],
        deployment_id=deployment,
    )


LOOKS = {
    Rule.DAILY_LOSS: daily_loss,
    Rule.COMMITTED: committed,
    Rule.DAY_SPEND: day_spend,
    Rule.COLD_START_POD: cold_start_pod,
    Rule.COLD_START_DEPLOYMENT: cold_start_deployment,
    Rule.RUNWAY: remaining,
    Rule.EXPOSURE: exposure,
    Rule.EXPOSURE_DEPLOYMENT: exposure_deployment,
}
