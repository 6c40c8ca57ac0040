"""GET /api/v1/statements: what marketplaces state beside what was accrued, by month."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.unknown import Unknown
from economics.calc.variance import Earned
from economics.models import Statement
from economics.selectors.statements import (
    MONTHS_SHOWN,
    ModelRow,
    MonthRow,
    month_models,
    statement_months,
)
from kerne_site.api import Asked, Endpoint, Parameter, a_month, api_view
from kerne_site.api import schemas as s
from kerne_site.api.money import MONEY, MONEY_PARAMETER, is_simulated, take_money

NO_STATEMENT = Unknown("no statement of this month was imported yet")
NOT_STATED = Unknown("a row of the statement does not say its tokens, or there is none")
NOT_ACCRUED = Unknown("tokens were not accrued")


@api_view()
def statements(request: HttpRequest) -> dict[str, Any]:
    """The last months; of the month that is asked for, its models too."""
    now = timezone.now()
    asked = Asked(request.GET)
    money = take_money(asked)
    month = asked.take("month", a_month, default=None)
    asked.check()
    simulated = is_simulated(money)
    months = statement_months(simulated=simulated, today=now.date())
    models = [] if month is None else month_models(month, simulated=simulated)
    return {
        "as_of": now,
        "money": MONEY[simulated],
        "months": [month_of(row) for row in months],
        "month": None if month is None else f"{month:%Y-%m}",
        "models": [model_of(row) for row in models],
    }


def month_of(row: MonthRow) -> dict[str, Any]:
    return {
        "month": f"{row.month:%Y-%m}",
        "accrued_gross_usd": row.gross_usd,
        "accrued_net_usd": row.net_usd,
        "stated_net_usd": NO_STATEMENT if row.stated_usd is None else row.stated_usd,
        "variance_usd": NO_STATEMENT if row.variance_usd is None else row.variance_usd,
        "booked_variance_usd": row.booked_usd,
        "is_above_tolerance": row.needs_words,
        "statements": [statement_of(each) for each in row.statements],
    }


def statement_of(row: Statement) -> dict[str, Any]:
    return {
        "market": row.market,
        "version": row.version,
        "gross_usd": row.gross_usd,
        "fee_usd": row.fee_usd,
        "net_usd": row.net_usd,
        "imported_at": row.imported_at,
    }


def model_of(row: ModelRow) -> dict[str, Any]:
    return {
        "model": None if row.served_model is None else row.served_model.slug,
        "names_in_statement": list(row.names),
        "is_stated": row.is_stated,
        **side("accrued", row.ours, NOT_ACCRUED),
        **side("stated", row.theirs, NOT_STATED),
        "variance_usd": row.variance_usd,
        "is_above_tolerance": row.needs_words,
        "words": list(row.said),
    }


def side(whose: str, earned: Earned, no_tokens: Unknown) -> dict[str, Any]:
    return {
        f"{whose}_tokens": no_tokens if earned.tokens is None else earned.tokens,
        f"{whose}_gross_usd": earned.gross_usd,
        f"{whose}_fee_usd": earned.fee_usd,
        f"{whose}_net_usd": earned.net_usd,
    }


USD = s.described(s.DECIMAL, "USD.")
SIDES = {
    f"{whose}_{name}": s.or_unknown(s.WHOLE) if name == "tokens" else USD
    for whose in ("accrued", "stated")
    for name in ("tokens", "gross_usd", "fee_usd", "net_usd")
}
STATEMENT = s.record(
    market=s.TEXT,
    version=s.described(s.WHOLE, "The newest, which counts."),
    gross_usd=USD,
    fee_usd=USD,
    net_usd=USD,
    imported_at=s.INSTANT,
)
MONTH = s.record(
    month=s.described(s.TEXT, "A month such as 2026-03."),
    accrued_gross_usd=s.described(s.DECIMAL, "USD of its closed days."),
    accrued_net_usd=s.described(s.DECIMAL, "USD, less the marketplace's share."),
    stated_net_usd=s.or_unknown(USD),
    variance_usd=s.or_unknown(s.described(s.DECIMAL, "USD, stated less accrued, net.")),
    booked_variance_usd=s.described(
        s.DECIMAL, "USD of variance lines; with the accrual they are what is stated."
    ),
    is_above_tolerance=s.FLAG,
    statements=s.many(STATEMENT),
)
MODEL = s.record(
    model=s.or_null(s.described(s.TEXT, "Its slug; null: no model of ours is named so.")),
    names_in_statement=s.many(s.TEXT),
    is_stated=s.FLAG,
    **SIDES,
    variance_usd=USD,
    is_above_tolerance=s.FLAG,
    words=s.described(s.many(s.TEXT), "Why the two sides differ."),
)
STATEMENTS = Endpoint(
    path="statements",
    view=statements,
    line="Statements of marketplaces beside what was accrued, by month and by model.",
    parameters=(
        MONEY_PARAMETER,
        Parameter(
            "month",
            "Whose models are told, such as 2026-03; none.",
            s.TEXT,
            example="2026-03",
        ),
    ),
    answer=s.record(
        as_of=s.INSTANT,
        money=s.words(*MONEY),
        months=s.described(s.many(MONTH), f"Of the last {MONTHS_SHOWN}, newest first."),
        month=s.or_null(s.TEXT),
        models=s.described(s.many(MODEL), "Of that month; empty without one."),
    ),
)
