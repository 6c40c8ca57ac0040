"""GET /api/v1/cash: what is owed and how late, balances and runway, what really moved."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.receivables import Age
from economics.calc.unknown import Unknown
from economics.models import CashEntry, CashKind
from economics.selectors.cash import CashPosition, cash_position
from economics.selectors.receivables import Receivable, receivables
from fleet.selectors.account import Account
from kerne_site.api import Asked, Endpoint, Parameter, a_whole_number, api_view
from kerne_site.api import schemas as s
from kerne_site.api.money import MONEY, MONEY_PARAMETER, is_simulated, take_money

ENTRIES_GIVEN = 1_000
MOST_PAGES = 10_000
NOTHING_DUE = Unknown("no payment is due to come: nothing is owed, or it is overdue")


@api_view()
def cash(request: HttpRequest) -> dict[str, Any]:
    """Receivables of all months, the cash position, and a page of the entries."""
    now = timezone.now()
    asked = Asked(request.GET)
    money = take_money(asked)
    page = asked.take("page", a_whole_number(1, MOST_PAGES), default=1)
    asked.check()
    simulated = is_simulated(money)
    owed = receivables(simulated=simulated, now=now)
    entries = CashEntry.objects.filter(simulated=simulated).select_related("reversed_by")
    first = (page - 1) * ENTRIES_GIVEN
    return {
        "as_of": now,
        "money": MONEY[simulated],
        "receivables": [receivable_of(row) for row in owed],
        "position": position_of(cash_position(owed, now=now)),
        "page": page,
        "entry_count": entries.count(),
        "entries": [entry_of(row) for row in entries[first : first + ENTRIES_GIVEN]],
    }


def receivable_of(row: Receivable) -> dict[str, Any]:
    return {
        "market": row.market,
        "month": f"{row.month:%Y-%m}",
        "owed_usd": row.owed_usd,
        "is_stated": row.is_stated,
        "received_usd": row.received_usd,
        "outstanding_usd": row.outstanding_usd,
        "due_on": row.due_on,
        "age": row.age,
    }


def position_of(position: CashPosition) -> dict[str, Any]:
    coming, need = position.next_payment, position.need
    return {
        "usd_per_hour": position.usd_per_hour,
        "balance_usd": position.balance_usd,
        "next_payment_due_on": NOTHING_DUE if coming is None else coming[0],
        "next_payment_usd": NOTHING_DUE if coming is None else coming[1],
        "needed_until_then_usd": need if isinstance(need, Unknown) else need.needed_usd,
        "gap_usd": need if isinstance(need, Unknown) else need.gap_usd,
        "accounts": [account_of(each) for each in position.accounts],
    }


def account_of(account: Account) -> dict[str, Any]:
    why = Unknown(account.reason)
    balance, hours = account.balance, account.runway_hours
    return {
        "provider": account.provider,
        "balance_usd": why if balance is None else balance.balance_usd,
        "read_at": account.read_at,
        "usd_per_hour": account.burn_usd_per_hour,
        "strays_of_unknown_price": account.unknown,
        "runway_hours": why if hours is None else hours,
    }


def entry_of(row: CashEntry) -> dict[str, Any]:
    back = getattr(row, "reversed_by", None)
    return {
        "id": row.pk,
        "kind": row.kind,
        "party": row.party,
        "month": None if row.month is None else f"{row.month:%Y-%m}",
        "paid_on": row.paid_on,
        "amount_usd": row.amount_usd,
        "note": row.note,
        "reverses": row.reverses_id,
        "reversed_by": None if back is None else back.pk,
        "booked_by": row.acting_user,
        "booked_at": row.booked_at,
    }


MONTH = s.described(s.TEXT, "A month such as 2026-03.")
USD = s.described(s.DECIMAL, "USD.")
RECEIVABLE = s.record(
    market=s.TEXT,
    month=MONTH,
    owed_usd=s.described(s.DECIMAL, "USD, net: stated, or accrued so far."),
    is_stated=s.described(s.FLAG, "Whether the newest statement of the month says so."),
    received_usd=USD,
    outstanding_usd=s.described(s.DECIMAL, "USD; negative: more came than is owed."),
    due_on=s.DAY,
    age=s.words(*Age),
)
ACCOUNT = s.record(
    provider=s.TEXT,
    balance_usd=s.or_unknown(s.described(s.DECIMAL, "USD, as the provider said.")),
    read_at=s.or_null(s.INSTANT),
    usd_per_hour=s.described(s.DECIMAL, "USD/h of all that may be billed now."),
    strays_of_unknown_price=s.described(s.WHOLE, "They cost more than usd_per_hour."),
    runway_hours=s.or_unknown(s.described(s.DECIMAL, "Hours until it is spent.")),
)
POSITION = s.record(
    usd_per_hour=s.described(s.DECIMAL, "USD/h at all accounts."),
    balance_usd=s.or_unknown(s.described(s.DECIMAL, "USD at all accounts.")),
    next_payment_due_on=s.or_unknown(s.DAY),
    next_payment_usd=s.or_unknown(USD),
    needed_until_then_usd=s.or_unknown(s.described(s.DECIMAL, "USD at this spend.")),
    gap_usd=s.or_unknown(
        s.described(s.DECIMAL, "USD that the balance lacks; negative is left over.")
    ),
    accounts=s.many(ACCOUNT),
)
ENTRY = s.record(
    id=s.WHOLE,
    kind=s.words(*CashKind.values),
    party=s.described(s.TEXT, "The marketplace, or the provider."),
    month=s.or_null(s.described(s.TEXT, "The month that a payment pays.")),
    paid_on=s.DAY,
    amount_usd=USD,
    note=s.TEXT,
    reverses=s.or_null(s.described(s.WHOLE, "The entry that this one takes back.")),
    reversed_by=s.or_null(s.WHOLE),
    booked_by=s.TEXT,
    booked_at=s.INSTANT,
)
CASH = Endpoint(
    path="cash",
    view=cash,
    line="What is owed and how late, balances and how long they last, what really moved.",
    parameters=(
        MONEY_PARAMETER,
        Parameter("page", f"Of the entries, {ENTRIES_GIVEN:,} each; 1.", s.WHOLE),
    ),
    answer=s.record(
        as_of=s.INSTANT,
        money=s.words(*MONEY),
        receivables=s.many(RECEIVABLE),
        position=POSITION,
        page=s.WHOLE,
        entry_count=s.described(s.WHOLE, "On all pages."),
        entries=s.described(s.many(ENTRY), "Newest first; cash, in no figure of profit."),
    ),
)
