"""A statement into the books: its rows as they are, and what it corrects.

What a month accrued was booked as revenue day by day. A statement says what is really
paid; the difference is booked once, as a variance line of the day on which it was found.
A later version of the statement adds what changed. Formula: statement-variance.md
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import Sum

from economics.calc.hours import day_of
from economics.calc.money import STORED_STEP
from economics.calc.spread import proportional_shares
from economics.models import BookImport, Statement, StatementRow, VarianceLine
from economics.selectors.accrued_months import Accrued, accrued_in
from economics.selectors.days import newest_closed_day, open_day_for
from economics.selectors.statements import newest_statements


@dataclass(frozen=True)
class StatementSpec:
    """A row of a statement as it was read [USD]."""

    line: int
    period: str
    model_name: str
    served_model_id: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    gross_usd: Decimal
    fee_usd: Decimal
    net_usd: Decimal


def book_statement(
    rows: Sequence[StatementSpec],
    *,
    market: str,
    month: date,
    simulated: bool,
    book_import: BookImport,
    now: datetime,
) -> tuple[Statement, Decimal]:
    """Store a statement as the next version of its month and book what it corrects.

    Gives the statement and the sum of its variance lines [USD]. Holds the books' lock;
    every day of the month is closed.
    """
    own = Statement.objects.filter(market=market, month=month, simulated=simulated)
    newest = own.order_by("-version").values_list("version", flat=True).first()
    statement = Statement.objects.create(
        market=market,
        month=month,
        version=(newest or 0) + 1,
        simulated=simulated,
        gross_usd=sum((row.gross_usd for row in rows), Decimal(0)),
        fee_usd=sum((row.fee_usd for row in rows), Decimal(0)),
        net_usd=sum((row.net_usd for row in rows), Decimal(0)),
        book_import=book_import,
        imported_at=now,
    )
    StatementRow.objects.bulk_create(
        [
            StatementRow(
                statement=statement,
                line=row.line,
                period=row.period,
                model_name=row.model_name,
                served_model_id=row.served_model_id,
                prompt_tokens=row.prompt_tokens,
                completion_tokens=row.completion_tokens,
                gross_usd=row.gross_usd,
                fee_usd=row.fee_usd,
                net_usd=row.net_usd,
            )
            for row in rows
        ]
    )
    return statement, book_variance(statement, now=now)


def book_variance(statement: Statement, *, now: datetime) -> Decimal:
    """Append what the statements of a month pay more than accrued and booked; the sum.

    Several marketplaces share a month: their newest versions are added up.
    """
    month, simulated = statement.month, statement.simulated
    accrued = accrued_in(month, simulated=simulated)
    stated = stated_by_model(month, simulated=simulated)
    booked = booked_by_model(month, simulated=simulated)
    day = open_day_for(day_of(now), newest_closed_day())
    lines: list[VarianceLine] = []
    for model in sorted(
        {*stated, *booked, *(each.served_model_id for each in accrued)},
        key=lambda pk: pk or 0,
    ):
        members = [each for each in accrued if each.served_model_id == model]
        ours = sum((each.net_usd for each in members), Decimal(0))
        due = stated.get(model, Decimal(0)) - ours - booked.get(model, Decimal(0))
        lines += [
            VarianceLine(
                statement=statement,
                month=month,
                served_model_id=model,
                deployment_id=deployment,
                simulated=simulated,
                amount_usd=usd,
                day=day,
                booked_at=now,
            )
            for deployment, usd in shares(due, members)
            if usd
        ]
    VarianceLine.objects.bulk_create(lines)
    return sum((line.amount_usd for line in lines), Decimal(0))


def shares(
    due_usd: Decimal, members: Sequence[Accrued]
) -> list[tuple[int | None, Decimal]]:
    """An amount over the deployments of a model, after what each accrued; without any
    accrual it is nobody's."""
    earning = [each for each in members if each.net_usd > 0]
    if not earning:
        return [(None, due_usd)]
    parts = proportional_shares(
        due_usd, [each.net_usd for each in earning], step=STORED_STEP
    )
    return [(each.deployment_id, usd) for each, usd in zip(earning, parts, strict=True)]


def stated_by_model(month: date, *, simulated: bool) -> dict[int | None, Decimal]:
    """What the newest statements of a month pay net [USD], by served model."""
    stated: defaultdict[int | None, Decimal] = defaultdict(Decimal)
    statements = newest_statements(simulated=simulated, month=month)
    rows = (
        StatementRow.objects.filter(statement__in=statements)
        .order_by()
        .values_list("served_model")
        .annotate(usd=Sum("net_usd"))
    )
    for model, usd in rows:
        stated[model] += usd
    return dict(stated)


def booked_by_model(month: date, *, simulated: bool) -> dict[int | None, Decimal]:
    """The variance that is booked for a month [USD], by served model."""
    rows = (
        VarianceLine.objects.filter(month=month, simulated=simulated)
        .order_by()
        .values_list("served_model")
        .annotate(usd=Sum("amount_usd"))
    )
    return dict(rows)
