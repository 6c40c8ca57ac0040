"""Revenue: sealed usage hours become lines at the price that was valid in that hour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from economics.calc.hours import day_of
from economics.models import RevenueLine, TokenClass, TokenPrice, UsageHour
from economics.selectors.days import booking_day, closed_days
from economics.selectors.hour_revenue import (
    PRICE_FIELDS,
    TOKEN_FIELDS,
    Prices,
    class_revenue,
    revenue_provenance,
    unbooked_hours,
)
from economics.services.books import locked


@dataclass(frozen=True)
class Posted:
    """What a run did. `unpriced_hours` wait for a price; they are not booked at 0."""

    hours: int
    unpriced_hours: int


def post_revenue(now: datetime) -> Posted:
    """Append the lines of every sealed hour that has none; running it twice adds none.

    All lines of an hour are written together, so an hour is booked or it is not. An
    hour without a price stays unbooked, and listed, until one is set for it.
    """
    booked = unpriced = 0
    with locked():
        prices = Prices()
        hours = list(unbooked_hours().filter(sealed_at__isnull=False))
        closed = closed_days(day_of(hours[0].hour_start)) if hours else set()
        lines: list[RevenueLine] = []
        for hour in hours:
            price = prices.of(hour)
            if price is None:
                unpriced += 1
                continue
            day = booking_day(day_of(hour.hour_start), closed)
            lines += lines_of(hour, price, day=day, now=now)
            booked += 1
        RevenueLine.objects.bulk_create(lines, batch_size=1000)
    return Posted(hours=booked, unpriced_hours=unpriced)


def lines_of(
    hour: UsageHour, price: TokenPrice, *, day: date, now: datetime
) -> list[RevenueLine]:
    """A line for each class that has tokens in an hour."""
    lines: list[RevenueLine] = []
    for token_class in TokenClass:
        tokens = getattr(hour, TOKEN_FIELDS[token_class])
        if tokens == 0:
            continue
        lines.append(
            RevenueLine(
                usage_hour=hour,
                token_class=token_class,
                tokens=tokens,
                price=price,
                usd_per_token=getattr(price, PRICE_FIELDS[token_class]),
                amount_usd=class_revenue(hour, price, token_class),
                provenance=revenue_provenance(hour, token_class),
                day=day,
                booked_at=now,
            )
        )
    return lines
