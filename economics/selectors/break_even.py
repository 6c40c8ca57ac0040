"""Break-even of a deployment from its own price, prices and traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Sum

from economics.calc.break_even import (
    NO_PEAK,
    BreakEvenUtilization,
    break_even_price_per_million,
    break_even_tokens_per_day,
    break_even_utilization,
)
from economics.calc.hours import day_bounds, day_of
from economics.calc.token_mix import (
    TokenCounts,
    TokenMix,
    TokenRates,
    blended_rate_per_million,
    token_mix,
)
from economics.calc.unknown import Unknown
from economics.models import CostKind, CostLine, TokenPrice, UsageHour
from economics.selectors.hour_revenue import rates_of
from economics.selectors.peaks import on_its_machine
from economics.selectors.pod_cost import unaccrued_parts, unaccrued_pods
from economics.selectors.take_rates import TakeRates
from fleet.models import Deployment
from fleet.selectors.burn import pod_usd_per_hour

MIX_DAYS = 7

NEVER_RENTED = Unknown(
    "no pod of this deployment was rented yet, so its price is not known"
)


@dataclass(frozen=True)
class DeploymentBreakEven:
    """Break-even of one replica at today's prices and the mix of the last days.

    usd_per_hour            [USD/h] of one replica, disk included
    blended_per_million     [USD / 1M tokens] gross, always shown with `mix`
    tokens_per_day          [tokens / day] of this mix that pay one replica
    utilization             break-even share of peak, with its verdict
    utilization_now         [1] tokens served / tokens possible at peak, of the last days
    price_per_million       [USD / 1M tokens] that would pay at `utilization_now`
    """

    usd_per_hour: Decimal | Unknown
    take_rate: Decimal
    mix: TokenMix | Unknown
    mix_days: int
    rates: TokenRates | Unknown
    blended_per_million: Decimal | Unknown
    tokens_per_day: Decimal | Unknown
    utilization: BreakEvenUtilization | Unknown
    utilization_now: Decimal | Unknown
    price_per_million: Decimal | Unknown


def deployment_break_even(deployment: Deployment, now: datetime) -> DeploymentBreakEven:
    """The break-even of a deployment as of `now`; every figure may be unknown."""
    since = day_bounds(day_of(now) - timedelta(days=MIX_DAYS)).start
    mix = token_mix(tokens_served(deployment, since, now))
    rates = current_rates(deployment, now)
    cost = replica_usd_per_hour(deployment)
    used = utilization_of(deployment, since, now)
    take_rate = TakeRates().on(day_of(now))
    return DeploymentBreakEven(
        usd_per_hour=cost,
        take_rate=take_rate,
        mix=mix,
        mix_days=MIX_DAYS,
        rates=rates,
        blended_per_million=blended(mix, rates),
        tokens_per_day=tokens_needed(cost, mix, rates, take_rate),
        utilization=utilization_needed(deployment, cost, mix, rates, take_rate),
        utilization_now=used,
        price_per_million=price_needed(deployment, cost, used, take_rate),
    )


def tokens_served(deployment: Deployment, since: datetime, now: datetime) -> TokenCounts:
    """The tokens of a deployment in [since, now)."""
    return _tokens({"pod__deployment": deployment}, since, now)


def tokens_of_machine(
    deployment: Deployment, since: datetime, now: datetime
) -> TokenCounts:
    """The tokens of [since, now) that were served on the machine that is wanted now.

    What another GPU served is no share of what this one can do, nor paid by its rent.
    """
    return _tokens(on_its_machine(deployment, "pod__"), since, now)


def _tokens(rows: Mapping[str, Any], since: datetime, now: datetime) -> TokenCounts:
    sums = UsageHour.objects.filter(
        **rows, hour_start__gte=since, hour_start__lt=now
    ).aggregate(
        uncached=Sum("uncached_prompt_tokens"),
        cached=Sum("cached_prompt_tokens"),
        completion=Sum("completion_tokens"),
    )
    return TokenCounts(sums["uncached"] or 0, sums["cached"] or 0, sums["completion"] or 0)


def current_rates(deployment: Deployment, now: datetime) -> TokenRates | Unknown:
    """What our token prices pay at `now`, less a discount that we fund."""
    model = deployment.variant.served_model
    price = TokenPrice.objects.effective(model.pk, at=now)
    if price is None:
        return Unknown(f"no token price is set for {model}")
    return rates_of(price, at=now)


def replica_usd_per_hour(deployment: Deployment) -> Decimal | Unknown:
    """What one replica costs [USD/h]: by its newest pod that was rented."""
    pod = deployment.pods.filter(billed_from__isnull=False).order_by("-billed_from").first()
    return NEVER_RENTED if pod is None else pod_usd_per_hour(pod)


def utilization_of(
    deployment: Deployment, since: datetime, now: datetime
) -> Decimal | Unknown:
    """Tokens served / tokens possible at peak in the billed hours of its machine since
    `since`.

    Hours in which no pod ran do not count: an idle hour costs, an off one does not.
    """
    if deployment.peak_tokens_per_second is None:
        return NO_PEAK
    seconds = billed_seconds(deployment, since, now)
    if not seconds:
        return Unknown("no pod of this deployment ran on its machine in these days")
    served = tokens_of_machine(deployment, since, now).total
    return served / (deployment.peak_tokens_per_second * seconds)


def billed_seconds(deployment: Deployment, since: datetime, now: datetime) -> int:
    """GPU seconds of [since, now) on the machine that is wanted now: of lines, and what no
    line covers yet.

    Tokens are known to the minute and lines come by the hour: without the seconds
    that run up, a young pod would seem twice as busy as it is.
    """
    booked = CostLine.objects.filter(
        **on_its_machine(deployment, "pod__"),
        kind=CostKind.GPU,
        hour_start__gte=since,
    ).aggregate(sum=Sum("seconds"))["sum"]
    running = sum(
        part.seconds
        for pod in unaccrued_pods(now).filter(**on_its_machine(deployment))
        for part in unaccrued_parts(pod, until=now)
        if part.hour_start >= since
    )
    return (booked or 0) + running


def blended(mix: TokenMix | Unknown, rates: TokenRates | Unknown) -> Decimal | Unknown:
    """The blended rate [USD / 1M tokens], where both parts are known."""
    if isinstance(rates, Unknown):
        return rates
    if isinstance(mix, Unknown):
        return mix
    return blended_rate_per_million(mix, rates)


def tokens_needed(
    cost: Decimal | Unknown,
    mix: TokenMix | Unknown,
    rates: TokenRates | Unknown,
    take_rate: Decimal,
) -> Decimal | Unknown:
    """Tokens per day that pay one replica around the clock."""
    if isinstance(cost, Unknown):
        return cost
    if isinstance(rates, Unknown):
        return rates
    return break_even_tokens_per_day(
        usd_per_day=cost * 24, mix=mix, rates=rates, take_rate=take_rate
    )


def utilization_needed(
    deployment: Deployment,
    cost: Decimal | Unknown,
    mix: TokenMix | Unknown,
    rates: TokenRates | Unknown,
    take_rate: Decimal,
) -> BreakEvenUtilization | Unknown:
    """Break-even utilization of one replica."""
    if isinstance(cost, Unknown):
        return cost
    if isinstance(rates, Unknown):
        return rates
    return break_even_utilization(
        usd_per_hour=cost,
        peak_tokens_per_second=deployment.peak_tokens_per_second,
        mix=mix,
        rates=rates,
        take_rate=take_rate,
    )


def price_needed(
    deployment: Deployment,
    cost: Decimal | Unknown,
    used: Decimal | Unknown,
    take_rate: Decimal,
) -> Decimal | Unknown:
    """The blended price that would pay at the present utilization."""
    if isinstance(cost, Unknown):
        return cost
    if isinstance(used, Unknown):
        return used
    return break_even_price_per_million(
        usd_per_hour=cost,
        peak_tokens_per_second=deployment.peak_tokens_per_second,
        utilization=min(used, Decimal(1)),
        take_rate=take_rate,
    )
