"""The veto of the money over a launch. Named in settings as FLEET_LAUNCH_GUARD.

It is asked inside the critical section in which the launch is also claimed, so that what
it reads contains every launch that passed before: fleet/services/spending.py.
"""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from economics.calc.guardrails import Observation, Rule
from economics.calc.guardrails.evaluate import launch_refusal
from economics.calc.money import shown_usd
from economics.calc.runway import Runway, runway
from economics.models import GuardrailLimit
from economics.selectors.guardrails import current_limits, limits_of, observe, read_world
from fleet.models import BalanceReading
from fleet.selectors.account import known_balance
from fleet.selectors.listings import Listing, pods_listing, resource_listings
from fleet.selectors.providers import main_provider
from fleet.services.launch_guard import LaunchRequest

MIN_RUNWAY_HOURS = Decimal(1)  # the provider ends pods without a network volume at $0
PLAY_MONEY = ("sandbox", "spotmarket")


def veto(request: LaunchRequest) -> str | None:
    """Why nothing may be rented now, as a sentence with its numbers; None: go ahead.

    Fails closed: without a fresh balance and a fresh cloud list no new spend starts,
    except with play money.
    """
    rows = current_limits(now=request.now)
    return (
        over_spend_limit(request)
        or short_of_balance(request, rows)
        or blind(request)
        or over_a_guardrail(request, rows)
    )


def over_spend_limit(request: LaunchRequest) -> str | None:
    """The account's limit on what all pods together may cost per hour."""
    after = request.committed_usd_per_hour + request.new_usd_per_hour
    limit = settings.SPEND_LIMIT_USD_PER_HOUR
    if after <= limit:
        return None
    return (
        f"spend limit: {request.words} costs {shown_usd(request.new_usd_per_hour)}/h and "
        f"{shown_usd(request.committed_usd_per_hour)}/h is rented already; together "
        f"{shown_usd(after)}/h is above the limit of {shown_usd(limit)}/h."
    )


def short_of_balance(request: LaunchRequest, rows: list[GuardrailLimit]) -> str | None:
    """The balance must be known, and last an hour unless our own limit says how long."""
    balance, reason = known_balance(now=request.now, provider=request.provider)
    if balance is None:
        if request.provider in PLAY_MONEY:
            return None
        return (
            f"balance unknown: {reason}, so no new spend is started on {request.provider}. "
            "It starts once the balance can be read."
        )
    ruled = any(row.rule == Rule.RUNWAY and row.refuse is not None for row in rows)
    if ruled and request.provider == main_provider():
        return None
    return short_of_runway(request, balance)


def short_of_runway(request: LaunchRequest, balance: BalanceReading) -> str | None:
    """The sentence when the balance would last for less than MIN_RUNWAY_HOURS."""
    before = request.account_usd_per_hour
    if before is None:
        before = request.committed_usd_per_hour
    after = before + request.new_at_account_usd_per_hour
    left = runway(balance_usd=balance.balance_usd, usd_per_hour=after)
    if not isinstance(left, Runway) or left.hours >= MIN_RUNWAY_HOURS:
        return None
    return (
        f"runway: a balance of {shown_usd(balance.balance_usd)} lasts {left.hours:.2f} h "
        f"at {shown_usd(after)}/h, less than {MIN_RUNWAY_HOURS} h. Add credit first."
    )


def blind(request: LaunchRequest) -> str | None:
    """What the provider bills must have been listed in the last ten minutes: its own
    list, another provider's says nothing of it."""
    if request.provider in PLAY_MONEY:
        return None
    listings = [pods_listing(request.provider)]
    if request.provider == main_provider():
        listings += resource_listings(request.provider)
    stale = (each for each in listings if each.is_stale(now=request.now))
    return next((unseen(request, each) for each in stale), None)


def unseen(request: LaunchRequest, listing: Listing) -> str:
    """The sentence about a list that is missing or old."""
    at = listing.read_at
    since = "has not been read"
    if at is not None:
        minutes = (request.now - at).total_seconds() / 60
        since = f"is of {at:%Y-%m-%d %H:%M} UTC, {minutes:.0f} min ago"
    return (
        f"cloud list: the list of the {listing.words} that {request.provider} bills "
        f"{since}, so no new spend is started. It starts once the list can be read."
    )


def over_a_guardrail(request: LaunchRequest, rows: list[GuardrailLimit]) -> str | None:
    """The first limit, of all or of the launch's own fleet, that is reached or passed."""
    if not rows:
        return None
    world = read_world(now=request.now)
    with_it = world.with_launch(
        usd_per_hour=request.usd_per_hour,
        deployment_id=request.deployment_id,
        is_main=request.provider == main_provider(),
    )
    for each in request.beside:
        with_it = with_it.with_launch(
            usd_per_hour=each.usd_per_hour,
            deployment_id=each.deployment_id,
            is_main=each.provider == main_provider(),
        )
    limits = {(limit.rule, limit.fleet_id): limit for limit in limits_of(rows)}
    before = {place(seen): seen for seen in observe(world, rows)}
    what = f"{request.words} at {shown_usd(request.new_usd_per_hour)}/h"
    for after in observe(with_it, rows):
        if concerns(request, after):
            limit = limits[after.rule, after.fleet_id]
            said = launch_refusal(before.get(place(after)), after, limit, what=what)
            if said is not None:
                return said
    return None


def place(seen: Observation) -> tuple[Rule, int | None, str]:
    """What an observation is of."""
    return seen.rule, seen.fleet_id, seen.subject


def concerns(request: LaunchRequest, seen: Observation) -> bool:
    """Whether a launch is any of an observation's business."""
    if seen.fleet_id is not None and seen.fleet_id != request.fleet_id:
        return False
    return seen.deployment_id is None or seen.deployment_id == request.deployment_id
