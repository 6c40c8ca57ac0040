"""Other expenses: booked by hand or from a file, and taken back by a reversal.

ExpenseRefused
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from economics.calc.spread import CENT, spread_over_days
from economics.models import BookImport, Expense, ExpenseCategory, ExpenseLine, Scope
from economics.selectors.days import newest_closed_day, open_day_for
from economics.selectors.today import kinds_of_money
from economics.services.books import locked
from fleet.models import Deployment, Fleet
from fleet.services import audit

MOST_USD = Decimal(1_000_000)
MOST_DAYS = 1_096  # three years
FIRST_YEAR = 2015
MOST_YEARS_AHEAD = 5
LONGEST_TEXT = 120
CURRENCY = "USD"


class ExpenseRefused(Exception):
    """An expense that can not be booked: `errors` maps a field, or "", to a sentence."""

    def __init__(self, errors: dict[str, str]) -> None:
        self.errors = errors
        super().__init__(" ".join(errors.values()))


@dataclass(frozen=True)
class Belongs:
    """What an expense belongs to; without fleet and deployment all of a kind of money."""

    scope: Scope
    simulated: bool
    fleet_id: int | None = None
    deployment_id: int | None = None
    name: str = ""


@dataclass(frozen=True)
class ExpenseSpec:
    """An expense as it was asked for.

    first_day, last_day  both included; the day of the expense where not given
    """

    spent_on: date
    amount_usd: Decimal
    category: str
    description: str
    belongs: Belongs
    first_day: date | None = None
    last_day: date | None = None
    currency: str = CURRENCY

    @property
    def period(self) -> tuple[date, date]:
        """The days that it is for, both included."""
        first = self.first_day or self.spent_on
        return first, self.last_day or first

    @property
    def shares(self) -> list[tuple[date, Decimal]]:
        """The share [USD] of each day. Only of a spec without a complaint."""
        first, last = self.period
        return spread_over_days(self.amount_usd, first_day=first, last_day=last)


def owners() -> dict[str, Belongs]:
    """What an expense can belong to, by the word for it: all, fleet:x, deployment:y.

    Only kinds of money that exist here: the demo's is `all simulated`. Three queries.
    """
    found = {
        "all simulated" if kind else "all": Belongs(
            Scope.ALL, kind, name="all simulated fleets" if kind else "all fleets"
        )
        for kind in kinds_of_money()
    }
    for fleet in Fleet.objects.all():
        found[f"fleet:{fleet.slug}"] = Belongs(
            Scope.FLEET, fleet.simulated, fleet.pk, name=f"fleet {fleet.name}"
        )
    for each in Deployment.objects.select_related("fleet"):
        found[f"deployment:{each.slug}"] = Belongs(
            *(Scope.DEPLOYMENT, each.fleet.simulated, each.fleet_id, each.pk),
            name=f"deployment {each.slug}",
        )
    return found


def complaints(spec: ExpenseSpec, *, now: datetime) -> dict[str, str]:
    """What is wrong with an expense, a sentence for each field; {} when it is fine."""
    wrong = {
        "currency": currency_complaint(spec.currency),
        "amount": amount_complaint(spec.amount_usd),
        "category": category_complaint(spec.category),
        "description": text_complaint(spec.description),
        "spent_on": day_complaint(spec.spent_on, "day", latest=now.date()),
    }
    if not wrong["spent_on"]:
        wrong |= period_complaints(spec, now=now)
    return {field: sentence for field, sentence in wrong.items() if sentence}


def currency_complaint(currency: str) -> str:
    if currency.strip().upper() == CURRENCY:
        return ""
    return (
        f"The currency is {currency!r}; the books are in USD, so write the amount in USD "
        "as your bank charged it."
    )


def amount_complaint(amount: Decimal) -> str:
    if not amount.is_finite() or not 0 < abs(amount) <= MOST_USD:
        return (
            f"The amount must be USD, not 0 and at most {MOST_USD:,}, such as 12.50; "
            "negative for money that came back."
        )
    if amount % CENT:
        return f"The amount is {amount:f} USD; write at most 2 decimals."
    return ""


def category_complaint(category: str) -> str:
    if category in ExpenseCategory.values:
        return ""
    return f"The category must be one of {', '.join(ExpenseCategory.values)}."


def text_complaint(text: str) -> str:
    if not text.strip():
        return "Say what was paid for, such as Domain example.com."
    if len(text) > LONGEST_TEXT:
        return f"What was paid for has {len(text):,} characters; at most {LONGEST_TEXT}."
    if not text.isprintable():
        return "What was paid for must be plain text on one line."
    return ""


def day_complaint(day: date, word: str, *, latest: date) -> str:
    if day.year < FIRST_YEAR:
        return f"The {word} is {day}; write a day from {FIRST_YEAR} on."
    if day > latest:
        return f"The {word} is {day}, which is too far ahead; write {latest} or earlier."
    return ""


def period_complaints(spec: ExpenseSpec, *, now: datetime) -> dict[str, str]:
    """What is wrong with the days that an expense is for."""
    latest = date(now.year + MOST_YEARS_AHEAD, 12, 31)
    first, last = spec.period
    wrong = {
        "first_day": day_complaint(first, "first day", latest=latest),
        "last_day": day_complaint(last, "last day", latest=latest),
    }
    if any(wrong.values()):
        return wrong
    count = (last - first).days + 1
    if count < 1:
        return {"last_day": f"The last day {last} lies before the first day {first}."}
    if count > MOST_DAYS:
        return {"last_day": f"It is for {count:,} days; at most {MOST_DAYS:,} are taken."}
    return {}


def book_expense(
    spec: ExpenseSpec, *, key: str, acting_user: str, now: datetime
) -> Expense:
    """Book an expense and the share of each of its days.

    key  names the wish: the same one again books nothing and gives the first row back

    Raises ExpenseRefused with a sentence per wrong field; then nothing is saved.
    """
    wrong = complaints(spec, now=now)
    if wrong:
        raise ExpenseRefused(wrong)
    with locked():
        before = Expense.objects.filter(key=key).first()
        if before is not None:
            return before
        (row,) = write([spec], keys=[key], acting_user=acting_user, now=now)
        audit.record(
            "expense.booked",
            row.description,
            acting_user=acting_user,
            now=now,
            usd=str(row.amount_usd),
            belongs_to=spec.belongs.name,
            first_day=str(row.first_day),
            last_day=str(row.last_day),
        )
    return row


def write(
    specs: Iterable[ExpenseSpec],
    *,
    keys: Iterable[str],
    acting_user: str,
    now: datetime,
    book_import: BookImport | None = None,
) -> list[Expense]:
    """The rows of expenses without a complaint, and their lines. Holds the books' lock.

    What is about a closed day counts in the first open one.
    """
    specs = list(specs)
    rows = Expense.objects.bulk_create(
        [
            Expense(
                spent_on=spec.spent_on,
                first_day=spec.period[0],
                last_day=spec.period[1],
                amount_usd=spec.amount_usd,
                category=spec.category,
                description=spec.description.strip(),
                belongs_to=spec.belongs.scope,
                simulated=spec.belongs.simulated,
                fleet_id=spec.belongs.fleet_id,
                deployment_id=spec.belongs.deployment_id,
                book_import=book_import,
                key=key,
                acting_user=acting_user,
                booked_at=now,
            )
            for spec, key in zip(specs, keys, strict=True)
        ]
    )
    newest = newest_closed_day()
    ExpenseLine.objects.bulk_create(
        (
            ExpenseLine(
                expense=row, about=day, day=open_day_for(day, newest), amount_usd=usd
            )
            for row, spec in zip(rows, specs, strict=True)
            for day, usd in spec.shares
        ),
        batch_size=1000,
    )
    return rows


def reverse_expense(pk: int, *, reason: str, acting_user: str, now: datetime) -> Expense:
    """Take an expense back: the opposite of each of its lines, in the same days where
    they are open. Raises ExpenseRefused; of two at once one is refused."""
    if not reason.strip() or len(reason) > LONGEST_TEXT or not reason.isprintable():
        raise ExpenseRefused(
            {"reason": f"Say why in plain text, at most {LONGEST_TEXT} characters."}
        )
    with locked():
        row = Expense.objects.filter(pk=pk).first()
        if row is None:
            raise ExpenseRefused({"": "There is no such expense; nothing was changed."})
        if row.reverses_id is not None:
            raise ExpenseRefused({"": "A reversal can not be reversed; book it again."})
        if Expense.objects.filter(reverses=row).exists():
            raise ExpenseRefused({"": f"{row.description} is reversed already."})
        back = opposite(row, acting_user=acting_user, now=now)
        audit.record(
            "expense.reversed",
            row.description,
            acting_user=acting_user,
            now=now,
            usd=str(back.amount_usd),
            reason=reason.strip(),
        )
    return back


def opposite(row: Expense, *, acting_user: str, now: datetime) -> Expense:
    """The reversal of an expense with its lines."""
    lines = list(row.lines.all())
    back = Expense.objects.create(
        spent_on=row.spent_on,
        first_day=row.first_day,
        last_day=row.last_day,
        amount_usd=-row.amount_usd,
        category=row.category,
        description=row.description,
        belongs_to=row.belongs_to,
        simulated=row.simulated,
        fleet_id=row.fleet_id,
        deployment_id=row.deployment_id,
        reverses=row,
        key=f"reverses:{row.pk}",
        acting_user=acting_user,
        booked_at=now,
    )
    newest = newest_closed_day()
    ExpenseLine.objects.bulk_create(
        [
            ExpenseLine(
                expense=back,
                about=line.about,
                day=open_day_for(line.about, newest),
                amount_usd=-line.amount_usd,
            )
            for line in lines
        ],
        batch_size=1000,
    )
    return back
