"""Tables of the books that have no filter of their own, as files: exact, days in UTC."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.hours import day_of
from economics.calc.money import per_million
from economics.calc.unknown import Unknown
from economics.models import CashEntry, TokenPrice
from economics.selectors.log_differences import log_days
from economics.views.charts import money_asked
from economics.views.usage import DAYS_SHOWN
from fleet.access import viewer_required
from fleet.views.files import MOST_ROWS, file_of, instant

CASH_COLUMNS = (
    *("entry", "kind", "party", "month", "paid_on", "amount_usd", "note", "reverses"),
    *("booked_by", "booked_at_utc", "simulated"),
)
PRICE_COLUMNS = (
    *("model", "valid_from_utc", "usd_per_million_uncached_prompt"),
    *("usd_per_million_cached_prompt", "usd_per_million_completion", "rules"),
    *("discount_fraction", "discount_from_utc", "discount_until_utc", "funded_by"),
    *("set_by", "set_at_utc"),
)
LOG_COLUMNS = (
    *("day_utc", "model", "from_utc", "until_utc", "logged_requests", "counted_requests"),
    *("logged_prompt_tokens", "counted_prompt_tokens", "logged_completion_tokens"),
    *("counted_completion_tokens", "reasoning_tokens", "unmetered_tokens"),
    *("difference_share", "is_apart"),
)


@require_GET
@viewer_required
def cash_csv(request: HttpRequest) -> HttpResponse:
    """Every payment and top-up of this kind of money, newest first; the page shows 50."""
    rows = CashEntry.objects.filter(simulated=money_asked(request))
    return file_of("cash", CASH_COLUMNS, map(cash_cells, rows[:MOST_ROWS]))


def cash_cells(entry: CashEntry) -> list[object]:
    """An entry; a top-up pays no month."""
    month = "" if entry.month is None else f"{entry.month:%Y-%m}"
    return [
        *(entry.pk, entry.kind, entry.party, month, entry.paid_on, entry.amount_usd),
        *(entry.note, entry.reverses_id, entry.acting_user, instant(entry.booked_at)),
        "yes" if entry.simulated else "no",
    ]


@require_GET
@viewer_required
def prices_csv(request: HttpRequest) -> HttpResponse:
    """Every price that was set, of all models, newest first."""
    rows = TokenPrice.objects.select_related("served_model").order_by("-valid_from", "-pk")
    return file_of("prices", PRICE_COLUMNS, map(price_cells, rows[:MOST_ROWS]))


def price_cells(price: TokenPrice) -> list[object]:
    """A price, every digit of it; its rules as they are kept."""
    return [
        *(price.served_model.name, instant(price.valid_from)),
        per_million(price.uncached_prompt_usd_per_token).normalize(),
        per_million(price.cached_prompt_usd_per_token).normalize(),
        per_million(price.completion_usd_per_token).normalize(),
        price.rules or "",
        price.discount_fraction,
        *(instant(price.discount_from), instant(price.discount_until)),
        *(price.discount_funding, price.set_by, instant(price.set_at)),
    ]


@require_GET
@viewer_required
def usage_csv(request: HttpRequest) -> HttpResponse:
    """Logs beside counters, of the days that the page shows."""
    last = day_of(timezone.now())
    rows = (
        [
            *(day.day, day.model.name, instant(day.first_hour), instant(day.end)),
            *(day.logged.requests, day.counted.requests),
            *(day.logged.prompt, day.counted.prompt),
            *(day.logged.completion, day.counted.completion),
            *(day.reasoning, day.unmetered),
            "" if isinstance(day.share, Unknown) else day.share,
            "yes" if day.is_apart else "no",
        ]
        for day in log_days(last - timedelta(days=DAYS_SHOWN - 1), last)
    )
    return file_of("usage", LOG_COLUMNS, rows)
