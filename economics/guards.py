"""The veto of the money over a launch. Named in settings as FLEET_LAUNCH_GUARD."""

from __future__ import annotations

from decimal import Decimal

from django.conf import settings

from economics.calc.money import shown_usd
from economics.calc.runway import Runway, runway
from fleet.models import BalanceReading
from fleet.selectors.account import known_balance
from fleet.services.launch_guard import LaunchRequest

MIN_RUNWAY_HOURS = Decimal(1)  # the provider ends pods without a network volume at $0
PLAY_MONEY = "sandbox"


def veto(request: LaunchRequest) -> str | None:
    """Why nothing may be rented now, as a sentence with its numbers; None: go ahead.

    Fails closed: without a fresh balance no new spend starts, except with play money.
    """
    return over_spend_limit(request) or short_of_balance(request)


def over_spend_limit(request: LaunchRequest) -> str | None:
    """The limit on what all pods together may cost per hour."""
    after = request.committed_usd_per_hour + request.usd_per_hour
    limit = settings.SPEND_LIMIT_USD_PER_HOUR
    if after <= limit:
        return None
    return (
        f"spend limit: {request.deployment} costs {shown_usd(request.usd_per_hour)}/h and "
        f"{shown_usd(request.committed_usd_per_hour)}/h is rented already; together "
        f"{shown_usd(after)}/h is above the limit of {shown_usd(limit)}/h."
    )


def short_of_balance(request: LaunchRequest) -> str | None:
    """The balance must last an hour with the launch."""
    balance, reason = known_balance(now=request.now)
    if balance is None:
        if request.provider == PLAY_MONEY:
            return None
        return (
            f"balance unknown: {reason}, so no new spend is started on {request.provider}. "
            "It starts once the balance can be read."
        )
    return short_of_runway(request, balance)


def short_of_runway(request: LaunchRequest, balance: BalanceReading) -> str | None:
    """The sentence when the balance would last for less than MIN_RUNWAY_HOURS."""
    after = request.committed_usd_per_hour + request.usd_per_hour
    left = runway(balance_usd=balance.balance_usd, usd_per_hour=after)
    if not isinstance(left, Runway) or left.hours >= MIN_RUNWAY_HOURS:
        return None
    return (
        f"runway: a balance of {shown_usd(balance.balance_usd)} lasts {left.hours:.2f} h "
        f"at {shown_usd(after)}/h, less than {MIN_RUNWAY_HOURS} h. Add credit first."
    )
