"""Statements beside what was accrued, by month and by model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.conf import settings
from django.db.models import Sum

from economics.calc.months import first_of
from economics.calc.variance import Earned, is_explained, share_of, words
from economics.models import Statement, StatementRow, VarianceLine
from economics.selectors.accrued_months import (
    accrued_by_month,
    accrued_in,
    earned_by_model,
)
from fleet.models import ServedModel

NOTHING = Decimal(0)
MONTHS_SHOWN = 24


@dataclass(frozen=True)
class MonthRow:
    """A month: what was accrued and what its newest statements pay [USD].

    stated_usd  None: no statement yet
    booked_usd  variance lines about the month; with the accrual they are `stated_usd`
    """

    month: date
    gross_usd: Decimal
    net_usd: Decimal
    stated_usd: Decimal | None
    booked_usd: Decimal
    statements: Sequence[Statement]

    @property
    def variance_usd(self) -> Decimal | None:
        return None if self.stated_usd is None else self.stated_usd - self.net_usd

    @property
    def variance_percent(self) -> Decimal | None:
        return (
            None if self.variance_usd is None else share_of(self.variance_usd, self.net_usd)
        )

    @property
    def needs_words(self) -> bool:
        """Whether the difference is above the setting."""
        if self.stated_usd is None:
            return False
        return not is_explained(
            Earned(None, self.gross_usd, self.net_usd),
            Earned(None, self.gross_usd, self.stated_usd),
            tolerance_percent=settings.STATEMENT_TOLERANCE_PERCENT,
        )


@dataclass(frozen=True)
class ModelRow:
    """A model in a month. Without `served_model` the names that no model of ours has."""

    served_model: ServedModel | None
    names: Sequence[str]
    ours: Earned
    theirs: Earned
    is_stated: bool
    said: Sequence[str]

    @property
    def variance_usd(self) -> Decimal:
        return self.theirs.net_usd - self.ours.net_usd

    @property
    def needs_words(self) -> bool:
        return not is_explained(
            self.ours,
            self.theirs,
            tolerance_percent=settings.STATEMENT_TOLERANCE_PERCENT,
        )


def newest_statements(*, simulated: bool, month: date | None = None) -> list[Statement]:
    """The newest version of each market and month. One query."""
    found = Statement.objects.filter(simulated=simulated)
    if month is not None:
        found = found.filter(month=month)
    newest = found.order_by("market", "month", "-version").distinct("market", "month")
    return list(newest)


def statement_months(*, simulated: bool, today: date) -> list[MonthRow]:
    """The last months with an accrual or a statement, newest first. Three queries."""
    since = first_of(today).replace(year=today.year - MONTHS_SHOWN // 12)
    accrued = accrued_by_month(simulated=simulated, since=since)
    by_month: defaultdict[date, list[Statement]] = defaultdict(list)
    for statement in newest_statements(simulated=simulated):
        if statement.month >= since:
            by_month[statement.month].append(statement)
    booked = dict(
        VarianceLine.objects.filter(simulated=simulated, month__gte=since)
        .order_by()
        .values_list("month")
        .annotate(usd=Sum("amount_usd"))
    )
    return [
        month_row(month, accrued, by_month[month], booked)
        for month in sorted({*accrued, *by_month}, reverse=True)
    ]


def month_row(
    month: date,
    accrued: dict[date, tuple[Decimal, Decimal]],
    statements: Sequence[Statement],
    booked: dict[date, Decimal],
) -> MonthRow:
    gross, net = accrued.get(month, (NOTHING, NOTHING))
    stated = sum((each.net_usd for each in statements), NOTHING) if statements else None
    return MonthRow(month, gross, net, stated, booked.get(month, NOTHING), statements)


def month_models(month: date, *, simulated: bool) -> list[ModelRow]:
    """Each model that was accrued or stated in a month. Four queries."""
    ours = earned_by_model(accrued_in(month, simulated=simulated))
    statements = newest_statements(simulated=simulated, month=month)
    stated: defaultdict[int | None, list[StatementRow]] = defaultdict(list)
    for row in StatementRow.objects.filter(statement__in=statements):
        stated[row.served_model_id].append(row)
    models = ServedModel.objects.in_bulk([pk for pk in {*ours, *stated} if pk])
    rows = [
        model_row(
            models.get(pk) if pk else None,
            ours.get(pk, Earned(0, NOTHING, NOTHING))
            if pk
            else Earned(0, NOTHING, NOTHING),
            stated.get(pk, []),
            has_statement=bool(statements),
        )
        for pk in {*ours, *stated}
    ]
    return sorted(rows, key=lambda row: (row.served_model is None, -row.ours.net_usd))


def model_row(
    model: ServedModel | None,
    ours: Earned,
    stated: Sequence[StatementRow],
    *,
    has_statement: bool,
) -> ModelRow:
    """A model's two sides, and words on why they differ."""
    theirs = Earned(
        tokens=tokens_of(stated),
        gross_usd=sum((row.gross_usd for row in stated), NOTHING),
        net_usd=sum((row.net_usd for row in stated), NOTHING),
    )
    names = sorted({row.model_name for row in stated})
    if model is None:
        said = ["No model of ours has this name, so nothing was accrued for it."]
    elif not has_statement:
        said = ["No statement of this month yet."]
    elif not stated:
        said = ["The statement has no row for this model."]
    else:
        said = words(ours, theirs, tolerance_percent=settings.STATEMENT_TOLERANCE_PERCENT)
    return ModelRow(model, names, ours, theirs, bool(stated), said)


def tokens_of(rows: Sequence[StatementRow]) -> int | None:
    """The tokens of statement rows; None where one of them does not say."""
    total = 0
    for row in rows:
        if row.prompt_tokens is None or row.completion_tokens is None:
            return None
        total += row.prompt_tokens + row.completion_tokens
    return total if rows else None
