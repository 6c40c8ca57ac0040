"""What the guardrails watch. Formulas: docs/formulas/guardrail-*.md"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal

from economics.calc.hours import day_bounds, day_of

HORIZON = timedelta(minutes=15)  # what runs can not be ended sooner for sure
HOURS_PER_DAY = 24


def surest_spend(*, billed_usd: Decimal | None, accrued_usd: Decimal) -> Decimal:
    """What was spent [USD]: the provider's bill or our own seconds, whichever is more.

    billed_usd  None: not billed yet

    >>> surest_spend(billed_usd=Decimal("4.10"), accrued_usd=Decimal("4.25"))
    Decimal('4.25')
    """
    return accrued_usd if billed_usd is None else max(billed_usd, accrued_usd)


def horizon_hours(now: datetime, *, within_day: bool) -> Decimal:
    """How far ahead what runs counts as spent [h]: 15 minutes.

    within_day  not beyond the end of the UTC day, whose figure it counts in
    """
    ahead = HORIZON
    if within_day:
        ahead = min(ahead, day_bounds(day_of(now)).end - now)
    return Decimal(ahead // timedelta(seconds=1)) / 3600


def spend_with_horizon(
    *, spent_usd: Decimal, committed_usd_per_hour: Decimal, hours: Decimal
) -> Decimal:
    """Spent so far plus what is committed for the coming `hours` [USD], unrounded.

    >>> spend_with_horizon(spent_usd=Decimal(10), committed_usd_per_hour=Decimal(4),
    ...     hours=Decimal("0.25"))
    Decimal('11.00')
    """
    if committed_usd_per_hour < 0 or hours < 0:
        raise ValueError(
            f"a commitment is 0 or more, got {committed_usd_per_hour} USD/h for {hours} h"
        )
    return spent_usd + committed_usd_per_hour * hours


def loss(*, spent_usd: Decimal, net_revenue_usd: Decimal) -> Decimal:
    """What is lost [USD]: spend minus net revenue, 0 where money was made.

    Over a UTC day this is the daily loss, from the start on the exposure.

    >>> loss(spent_usd=Decimal(12), net_revenue_usd=Decimal(5))
    Decimal('7')
    """
    return max(spent_usd - net_revenue_usd, Decimal(0))


def days_of_rent(*, exposure_usd: Decimal, usd_per_hour: Decimal) -> Decimal | None:
    """An exposure in days of rent at the present price; None while nothing is rented.

    >>> days_of_rent(exposure_usd=Decimal(960), usd_per_hour=Decimal(20))
    Decimal('2')
    """
    if usd_per_hour <= 0:
        return None
    return exposure_usd / (usd_per_hour * HOURS_PER_DAY)


def cold_start_spend(
    *, rent_usd: Decimal, loading_usd_per_hour: Decimal, hours: Decimal
) -> Decimal:
    """Rent before the first token [USD] plus the coming `hours` of what still loads."""
    return spend_with_horizon(
        spent_usd=rent_usd, committed_usd_per_hour=loading_usd_per_hour, hours=hours
    )
