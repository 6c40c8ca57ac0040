"""How late a payment is, and how much money is out before it comes.

Formulas: docs/formulas/receivable-age.md and docs/formulas/float.md
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum

from economics.calc.unknown import Unknown

MONTH_DAYS = 30  # of a month in the formula of the working capital


class Age(StrEnum):
    """How long an amount is due, in days."""

    NOT_DUE = "not due"
    LATE_30 = "1 to 30 days late"
    LATE_60 = "31 to 60 days late"
    LATER = "over 60 days late"


def due_on(month: date, *, terms_days: int) -> date:
    """When a month is to be paid: `terms_days` after its last day.

    >>> due_on(date(2026, 1, 1), terms_days=30)
    datetime.date(2026, 3, 2)
    """
    last = (month.replace(day=1) + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return last + timedelta(days=terms_days)


def age_of(due: date, *, today: date) -> Age:
    """The age of what was to be paid by the end of `due`."""
    late = (today - due).days
    if late <= 0:
        return Age.NOT_DUE
    if late <= 30:
        return Age.LATE_30
    return Age.LATE_60 if late <= 60 else Age.LATER


@dataclass(frozen=True)
class Float:
    """What prepaid money must last until the next payment comes [USD].

    gap_usd  what the balance lacks; negative is what is left over
    """

    needed_usd: Decimal
    gap_usd: Decimal

    @property
    def left_usd(self) -> Decimal:
        """What the balance has beyond the float; 0 where it lacks something."""
        return max(-self.gap_usd, Decimal(0))


def float_until(
    *,
    usd_per_hour: Decimal,
    hours: Decimal | None,
    balance_usd: Decimal | None,
) -> Float | Unknown:
    """The float until the next payment, `hours` away; None: nothing is due to come."""
    if hours is None:
        return Unknown("no payment is due to come, so there is no day to reach")
    needed = usd_per_hour * hours
    if balance_usd is None:
        return Unknown("the provider's balance is not known")
    return Float(needed, needed - balance_usd)


@dataclass(frozen=True)
class WorkingCapital:
    """Money that is out at a steady spend [USD].

    average_usd  in the middle of a month that has just been paid up
    most_usd     before the first payment, and on the day before each later one
    """

    average_usd: Decimal
    most_usd: Decimal


def working_capital(*, usd_per_day: Decimal, terms_days: int) -> WorkingCapital:
    """What a steady spend ties up when each month is paid `terms_days` after its end."""
    half = Decimal(MONTH_DAYS) / 2
    return WorkingCapital(
        average_usd=usd_per_day * (half + terms_days),
        most_usd=usd_per_day * (MONTH_DAYS + terms_days),
    )
