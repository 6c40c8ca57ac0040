"""The cash position: prepaid balances, top-ups, and the float until money comes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.db.models import F, Q, Window
from django.db.models.functions import Lag

from economics.calc.hours import day_bounds
from economics.calc.receivables import (
    Float,
    WorkingCapital,
    float_until,
    working_capital,
)
from economics.calc.unknown import Unknown
from economics.models import CashEntry, CashKind
from economics.selectors.receivables import Receivable, next_payment
from fleet.models import BalanceReading
from fleet.selectors.account import Account, accounts

SEEN_DAYS = 31  # at a reading every 5 min: a sort of 9,000 rows per provider
MOST_SEEN = 50
ENTRIES_SHOWN = 50
LEAST_RISE = Decimal(1)  # [USD] a smaller one is a correction by the provider
NEAR_DAYS = 1
NEAR_SHARE = Decimal("0.05")
NOTHING = Decimal(0)


@dataclass(frozen=True)
class SeenTopUp:
    """A balance that rose between two readings: at least so much was paid in [USD].

    entry  the top-up that was booked by hand and explains it, if there is one
    """

    provider: str
    after: datetime
    read_at: datetime
    rise_usd: Decimal
    entry: CashEntry | None = None


@dataclass(frozen=True)
class CashPosition:
    """Prepaid money against money in arrears, apart from profit [USD]."""

    accounts: Sequence[Account]
    usd_per_hour: Decimal
    balance_usd: Decimal | Unknown
    next_payment: tuple[date, Decimal] | None
    hours: Decimal | None
    need: Float | Unknown
    steady: WorkingCapital


def cash_position(rows: Sequence[Receivable], *, now: datetime) -> CashPosition:
    """What the balances must last for, given what is owed to us."""
    known = accounts(now=now)
    # An account that spends nothing and has no balance holds no money to wait for.
    found = [each for each in known if each.balance or each.burn_usd_per_hour] or known[:1]
    burn = sum((each.burn_usd_per_hour for each in found), NOTHING)
    unread = next((each.reason for each in found if each.balance is None), "")
    balance = sum(
        (each.balance.balance_usd for each in found if each.balance is not None), NOTHING
    )
    coming = next_payment(rows)
    end = None if coming is None else day_bounds(coming[0]).end
    hours = None if end is None else Decimal(int((end - now).total_seconds())) / 3600
    return CashPosition(
        accounts=found,
        usd_per_hour=burn,
        balance_usd=Unknown(unread) if unread else balance,
        next_payment=coming,
        hours=hours,
        need=float_until(
            usd_per_hour=burn, hours=hours, balance_usd=None if unread else balance
        ),
        steady=working_capital(
            usd_per_day=burn * 24, terms_days=settings.PAYMENT_TERMS_DAYS
        ),
    )


def cash_entries(*, simulated: bool, now: datetime) -> list[CashEntry]:
    """The newest entries and, after them, older top-ups that may explain a rise of a
    balance, each with what reversed it; newest first. One query."""
    entries = CashEntry.objects.filter(simulated=simulated)
    since = (now - timedelta(days=SEEN_DAYS + NEAR_DAYS)).date()
    newest = entries.values("pk")[:ENTRIES_SHOWN]
    wanted = Q(pk__in=newest) | Q(kind=CashKind.TOP_UP, paid_on__gte=since)
    return list(entries.filter(wanted).select_related("reversed_by"))


def is_booked_top_up(entry: CashEntry, *, since: date) -> bool:
    """Whether an entry is a top-up from a day on, and counts."""
    is_undone = entry.reverses_id is not None or hasattr(entry, "reversed_by")
    return entry.kind == CashKind.TOP_UP and entry.paid_on >= since and not is_undone


def seen_top_ups(
    *, simulated: bool, now: datetime, entries: Sequence[CashEntry] | None = None
) -> list[SeenTopUp]:
    """Rises of the prepaid balances in the last days, newest first. Two queries.

    A rise is the least that was paid in: what was spent between the readings is not in
    it. A booked top-up of nearly the same amount and day explains it.

    entries  of `cash_entries`; read when not given
    """
    begin = now - timedelta(days=SEEN_DAYS)
    one, order = F("provider"), F("read_at").asc()
    rises = (
        BalanceReading.objects.filter(read_at__gte=begin, read_at__lte=now)
        .annotate(
            before_usd=Window(Lag("balance_usd"), partition_by=one, order_by=order),
            before_at=Window(Lag("read_at"), partition_by=one, order_by=order),
        )
        .filter(balance_usd__gte=F("before_usd") + LEAST_RISE)
        .order_by("-read_at")[:MOST_SEEN]
    )
    if entries is None:
        entries = cash_entries(simulated=simulated, now=now)
    since = (begin - timedelta(days=NEAR_DAYS)).date()
    booked = [each for each in entries if is_booked_top_up(each, since=since)]
    found = []
    for row in rises:
        rise = row.balance_usd - row.before_usd
        entry = next((each for each in booked if explains(each, row, rise)), None)
        if entry is not None:
            booked.remove(entry)
        found.append(SeenTopUp(row.provider, row.before_at, row.read_at, rise, entry))
    return found


def explains(entry: CashEntry, row: BalanceReading, rise_usd: Decimal) -> bool:
    """Whether a booked top-up is the rise of a balance."""
    return (
        entry.party == row.provider
        and abs((row.read_at.date() - entry.paid_on).days) <= NEAR_DAYS
        and abs(entry.amount_usd - rise_usd) <= NEAR_SHARE * entry.amount_usd
    )
