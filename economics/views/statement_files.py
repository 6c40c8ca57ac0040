"""Statements and take rates as files: months, variance lines, rates by day."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.models import Statement, TakeRate, VarianceLine
from economics.selectors.statements import MonthRow, statement_months
from economics.selectors.take_rates import TakeRates
from economics.views.charts import money_asked
from economics.views.statements import month_of
from fleet.access import viewer_required
from fleet.views.files import file_of, instant, yes_or_no

RATE_COLUMNS = ("market", "from_day_utc", "take_rate_fraction", "set_by", "set_at_utc")
MONTH_COLUMNS = (
    *("month", "accrued_gross_usd", "accrued_net_usd", "stated_net_usd", "variance_usd"),
    *("booked_variance_usd", "needs_words", "statements", "simulated"),
)
VERSION_COLUMNS = (
    *("month", "market", "version", "gross_usd", "fee_usd", "net_usd", "file"),
    *("imported_at_utc", "imported_by", "simulated"),
)
LINE_COLUMNS = (
    *("month", "day_utc", "deployment", "model", "market", "statement_version"),
    *("amount_usd", "booked_at_utc", "simulated"),
)


@require_GET
@viewer_required
def take_rates_csv(request: HttpRequest) -> HttpResponse:
    """Every dated rate of the market, newest first; before the first one the setting
    KERNE_TAKE_RATE counts."""
    return file_of("take-rates", RATE_COLUMNS, map(rate_cells, TakeRates().rows))


def rate_cells(row: TakeRate) -> list[object]:
    return [row.market, row.valid_from, row.rate, row.set_by, instant(row.set_at)]


@require_GET
@viewer_required
def statements_csv(request: HttpRequest) -> HttpResponse:
    """The months of the page, newest first; nothing is stated before a statement is
    imported."""
    simulated = money_asked(request)
    months = statement_months(simulated=simulated, today=timezone.now().date())
    rows = ([*month_cells(row), yes_or_no(simulated)] for row in months)
    return file_of("statements", MONTH_COLUMNS, rows)


def month_cells(row: MonthRow) -> list[object]:
    """A month with the newest version of each market's statement."""
    named = "; ".join(f"{each.market} version {each.version}" for each in row.statements)
    return [
        *(f"{row.month:%Y-%m}", row.gross_usd, row.net_usd, row.stated_usd),
        *(row.variance_usd, row.booked_usd, yes_or_no(row.needs_words), named),
    ]


@require_GET
@viewer_required
def statement_versions_csv(request: HttpRequest, month: str) -> HttpResponse:
    """Every version of the statements of a month, newest first."""
    chosen = month_of(month)
    found = Statement.objects.filter(month=chosen, simulated=money_asked(request))
    rows = (
        [
            *(month, each.market, each.version, each.gross_usd, each.fee_usd, each.net_usd),
            *(each.book_import.name, instant(each.imported_at)),
            *(each.book_import.acting_user, yes_or_no(each.simulated)),
        ]
        for each in found.select_related("book_import")
    )
    return file_of(f"statement-{month}-versions", VERSION_COLUMNS, rows)


@require_GET
@viewer_required
def statement_lines_csv(request: HttpRequest, month: str) -> HttpResponse:
    """The variance lines about a month, newest first; each counts in the profit of its
    day."""
    chosen = month_of(month)
    found = VarianceLine.objects.filter(month=chosen, simulated=money_asked(request))
    lines = found.select_related("served_model", "deployment", "statement")
    rows = (
        [
            *(month, line.day, line.deployment.slug if line.deployment else ""),
            line.served_model.slug if line.served_model else "",
            *(line.statement.market, line.statement.version, line.amount_usd),
            *(instant(line.booked_at), yes_or_no(line.simulated)),
        ]
        for line in lines.order_by("-booked_at", "pk")
    )
    return file_of(f"statement-{month}-lines", LINE_COLUMNS, rows)
