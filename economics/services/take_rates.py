"""The take rate: what the marketplace keeps from a day on."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from django.db.models import Max

from economics.calc.hours import DAY, day_of
from economics.models import DEFAULT_MARKET, RevenueLine, TakeRate
from economics.selectors.days import newest_closed_day
from economics.services.books import locked
from fleet.services import audit

MOST = Decimal("0.99")
DECIMALS = 4


class TakeRateRefused(Exception):
    """A rate that can not be set: `errors` maps a field to its sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(" ".join(line for lines in errors.values() for line in lines))


def set_take_rate(
    rate: Decimal,
    *,
    valid_from: date,
    acting_user: str,
    now: datetime,
    market: str = DEFAULT_MARKET,
) -> TakeRate:
    """Let the market keep this share [1] of what is served from that UTC day on.

    Neither a closed day nor a day with booked revenue gets another rate. Raises
    TakeRateRefused with a sentence per wrong field; then nothing is saved.
    """
    with locked():  # no line is booked between the check and the row
        told = {
            "market": market_complaint(market),
            "rate": rate_complaint(rate),
            "valid_from": start_complaint(market, valid_from),
        }
        wrong = {field: [line] for field, line in told.items() if line}
        if wrong:
            raise TakeRateRefused(wrong)
        row = TakeRate.objects.create(
            market=market,
            rate=rate,
            valid_from=valid_from,
            set_by=acting_user,
            set_at=now,
        )
        audit.record(
            "set take rate",
            market,
            acting_user=acting_user,
            now=now,
            rate=str(rate),
            valid_from=valid_from.isoformat(),
        )
    return row


def first_free_day(now: datetime) -> date:
    """The first day that may get another rate, today at the earliest."""
    return max(day_of(now), first_unbooked_day() or date.min)


def first_unbooked_day() -> date | None:
    """The day after the last one that is closed or has revenue; None: nothing is booked."""
    booked = RevenueLine.objects.aggregate(last=Max("day"))["last"]
    known = [day for day in (newest_closed_day(), booked) if day is not None]
    return max(known) + DAY if known else None


def market_complaint(market: str) -> str:
    """What is wrong with the market, as a sentence; "" when it is fine."""
    if market == DEFAULT_MARKET:
        return ""
    return (
        f'The market is "{market[:40]}", and revenue is accrued under {DEFAULT_MARKET}; a '
        f"rate of another one would lower nothing, so write {DEFAULT_MARKET}."
    )


def rate_complaint(rate: Decimal) -> str:
    """What is wrong with the rate, as a sentence; "" when it is fine."""
    if not rate.is_finite() or not 0 <= rate <= MOST:
        return (
            f"The take rate is {rate}; write the marketplace's share of gross revenue from "
            f"0 to {MOST}, such as 0.055 for 5.5 %."
        )
    exponent = rate.normalize().as_tuple().exponent
    if isinstance(exponent, int) and -exponent > DECIMALS:
        return (
            f"The take rate is {rate:f}; it can have {DECIMALS} decimals, which is "
            "hundredths of a per cent."
        )
    return ""


def start_complaint(market: str, valid_from: date) -> str:
    """What is wrong with the day, as a sentence; "" when it is fine."""
    if TakeRate.objects.filter(market=market, valid_from=valid_from).exists():
        return (
            f"{market} already has a take rate from {valid_from:%Y-%m-%d}; choose another "
            "day."
        )
    free = first_unbooked_day()
    if free is not None and valid_from < free:
        return (
            f"Revenue of {free - DAY:%Y-%m-%d} is booked with its take rate; let the new "
            f"one begin on {free:%Y-%m-%d} or later, not on {valid_from:%Y-%m-%d}."
        )
    return ""
