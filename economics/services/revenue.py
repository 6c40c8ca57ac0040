"""Revenue: sealed hours become lines at the price that was valid in that hour."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from economics.calc.hours import day_of
from economics.calc.money import round_stored, stored_with_carry, token_revenue
from economics.calc.price_rule import Charged, taken_off
from economics.models import (
    LogHour,
    RevenueCarry,
    RevenueLine,
    TakeRate,
    TokenClass,
    TokenPrice,
    UsageEstimate,
    UsageHour,
)
from economics.selectors.days import booking_day, closed_days
from economics.selectors.hour_revenue import (
    TOKEN_FIELDS,
    Prices,
    charged_of,
    deployment_of,
    is_bounded,
    revenue_provenance,
    unbooked_hours,
    unbooked_log_hours,
    with_tokens,
)
from economics.selectors.take_rates import TakeRates
from economics.services.books import locked
from economics.services.unmetered import estimates_due

MARKED_AT_ONCE = 5_000
Earner = UsageHour | UsageEstimate | LogHour
SOURCES = {UsageHour: "usage_hour", UsageEstimate: "estimate", LogHour: "log_hour"}


@dataclass(frozen=True)
class Posted:
    """What a run did. `unpriced_hours` wait for a price; they are not booked at 0."""

    hours: int
    unpriced_hours: int


class Carries:
    """What rounding kept back, per deployment and class: read once, kept once."""

    def __init__(self) -> None:
        rows = RevenueCarry.objects.values_list(
            "deployment", "token_class", "remainder_usd"
        )
        self._before = {(owner, name): usd for owner, name, usd in rows}
        self._now = dict(self._before)

    def stored(self, deployment_id: int, token_class: str, exact_usd: Decimal) -> Decimal:
        """The amount of the next line [USD], 6 decimals."""
        key = (deployment_id, token_class)
        carry = self._now.get(key, Decimal(0))
        amount, self._now[key] = stored_with_carry(exact_usd, carry)
        return amount

    def keep(self) -> None:
        """Write those that changed, in the transaction of the lines."""
        RevenueCarry.objects.bulk_create(
            (
                RevenueCarry(deployment_id=owner, token_class=name, remainder_usd=usd)
                for (owner, name), usd in self._now.items()
                if usd != self._before.get((owner, name))
            ),
            update_conflicts=True,
            unique_fields=["deployment", "token_class"],
            update_fields=["remainder_usd"],
        )


def post_revenue(now: datetime) -> Posted:
    """Append the lines of every sealed hour that has none; running it twice adds none.

    All lines of an hour are written together, so an hour is booked or it is not. An
    hour without a price stays unbooked, and listed, until one is set for it. Estimates
    that earn are hours too, and are taken back when a late sample replaces them; so are
    logged hours of what has no counters.
    """
    with locked():
        prices, carries, takes = Prices(), Carries(), TakeRates()
        hours: list[Earner] = [*unbooked_hours().filter(sealed_at__isnull=False)]
        hours += unbooked_estimates(now)
        hours += unbooked_log_hours()
        closed = (
            closed_days(min(day_of(hour.hour_start) for hour in hours)) if hours else set()
        )
        lines: list[RevenueLine] = []
        booked: list[int] = []
        unpriced = 0
        for hour in hours:
            price = prices.of(hour)
            if price is None:
                unpriced += 1
                continue
            served = day_of(hour.hour_start)
            day = booking_day(served, closed)
            lines += lines_of(hour, price, takes.row(served), carries, day=day, now=now)
            if isinstance(hour, UsageHour):
                booked.append(hour.pk)
        RevenueLine.objects.bulk_create(lines, batch_size=1000)
        carries.keep()
        mark_booked(booked, now=now)
        take_back(now)
    return Posted(hours=len(hours) - unpriced, unpriced_hours=unpriced)


def mark_booked(hours: Sequence[int], *, now: datetime) -> None:
    """Note which usage hours have their lines, and sealed ones that need none.

    Asking each hour of all years for its lines would read every line there is.
    """
    for start in range(0, len(hours), MARKED_AT_ONCE):
        part = hours[start : start + MARKED_AT_ONCE]
        UsageHour.objects.filter(pk__in=part).update(booked_at=now)
    UsageHour.objects.filter(
        booked_at__isnull=True,
        sealed_at__isnull=False,
        uncached_prompt_tokens=0,
        cached_prompt_tokens=0,
        completion_tokens=0,
    ).update(booked_at=now)


def unbooked_estimates(now: datetime) -> Iterable[UsageEstimate]:
    """Estimates with tokens that earn, stand, and have no line yet."""
    return (
        with_tokens(
            UsageEstimate.objects.filter(
                estimates_due(now), superseded_at__isnull=True, revenue_lines__isnull=True
            )
        )
        .select_related("pod__deployment__variant", "pod__deployment__fleet")
        .order_by("hour_start", "pk")
    )


def take_back(now: datetime) -> None:
    """Append the mirror of each line whose estimate was replaced by a late sample."""
    wrong = RevenueLine.objects.filter(
        estimate__isnull=False,  # by its index: few of all lines are of an estimate
        estimate__superseded_at__isnull=False,
        corrects__isnull=True,
        corrected_by__isnull=True,
    )
    lines = list(wrong.order_by("pk"))
    closed = closed_days(min(line.day for line in lines)) if lines else set()
    RevenueLine.objects.bulk_create(
        RevenueLine(
            deployment_id=line.deployment_id,
            estimate_id=line.estimate_id,
            corrects=line,
            token_class=line.token_class,
            tokens=-line.tokens,
            price_id=line.price_id,
            usd_per_token=line.usd_per_token,
            take_rate_id=line.take_rate_id,
            rule=line.rule,
            amount_usd=-line.amount_usd,
            discount_usd=-line.discount_usd,
            at_most_usd=None if line.at_most_usd is None else -line.at_most_usd,
            provenance=line.provenance,
            day=booking_day(line.day, closed),
            booked_at=now,
        )
        for line in lines
    )


def lines_of(
    hour: Earner,
    price: TokenPrice,
    take_rate: TakeRate | None,
    carries: Carries,
    *,
    day: date,
    now: datetime,
) -> list[RevenueLine]:
    """A line for each class that has tokens in an hour."""
    lines: list[RevenueLine] = []
    deployment, charge = deployment_of(hour), charged_of(hour, price)
    fraction = price.sheet.own_discount(hour.hour_start)
    for token_class in TokenClass:
        tokens: int = getattr(hour, TOKEN_FIELDS[token_class])
        if tokens == 0:
            continue
        rate: Decimal = getattr(charge.rates, token_class)
        exact = token_revenue(tokens=tokens, usd_per_token=rate)
        amount = carries.stored(deployment.pk, token_class, exact)
        lines.append(
            RevenueLine(
                **{SOURCES[type(hour)]: hour},
                deployment=deployment,
                token_class=token_class,
                tokens=tokens,
                price=price,
                usd_per_token=rate,
                take_rate=take_rate,
                rule=charge.rule,
                amount_usd=amount,
                discount_usd=taken_off(
                    tokens=tokens, usd_per_token=rate, fraction=fraction
                ),
                at_most_usd=at_most(amount, tokens, charge, token_class),
                provenance=revenue_provenance(hour, token_class, charge),
                day=day,
                booked_at=now,
            )
        )
    return lines


def at_most(
    amount: Decimal, tokens: int, charge: Charged, token_class: TokenClass
) -> Decimal | None:
    """What tokens would earn at most [USD], if as many prompts were long as may have been;
    None where the amount is exact."""
    if charge.most is None or not is_bounded(charge, token_class):
        return None
    more = getattr(charge.most, token_class) - getattr(charge.rates, token_class)
    return amount + round_stored(token_revenue(tokens=tokens, usd_per_token=more))
