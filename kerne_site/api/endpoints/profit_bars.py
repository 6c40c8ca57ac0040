"""GET /api/v1/profit/bars and /lines: the figures of the profit page, and their rows."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.hours import day_of
from economics.calc.profit import Provenance
from economics.calc.profit_parts import BARS, COSTS, Part
from economics.charts.profit_waterfall import waterfall_steps
from economics.selectors.profit.cells import (
    day_key,
    grouped,
    owner_key,
    profit_cells,
    total,
)
from economics.selectors.profit.lines import SHARED, bar_lines
from economics.selectors.profit.owners import KINDS
from economics.selectors.profit.scope import DAYS_SHOWN, MOST_DAYS, Wanted
from economics.views.profit_charts import figure_record
from economics.views.profit_lines import line_record
from fleet.csv_files import without_tail
from kerne_site.api import (
    Asked,
    Endpoint,
    Parameter,
    a_day,
    a_name,
    a_whole_number,
    api_view,
    one_of,
)
from kerne_site.api import schemas as s

MONEY = ("real", "simulated")
ROWS_GIVEN = 1_000
MOST_PAGES = 10_000


@api_view()
def bars(request: HttpRequest) -> dict[str, Any]:
    """The bars of some days, and of each day, deployment, model and fleet in them."""
    now = timezone.now()
    wanted = wanted_of(Asked(request.GET), now)
    cells = profit_cells(wanted, now=now)
    whole = total(cells)
    return {
        **head_of(wanted),
        "waterfall": [
            {
                "bar": step.bar,
                "label": step.label,
                "usd": without_tail(step.usd),
                "is_sum": step.is_sum,
            }
            for step in waterfall_steps(whole)
        ],
        "whole": figure_record(whole),
        "days": [
            {"day": day, **figure_record(figures)}
            for day, figures in sorted(grouped(cells, day_key).items())
        ],
        **{
            kind: [
                {"slug": slug or None, "name": name, **figure_record(figures)}
                for (slug, name), figures in grouped(cells, owner_key(wanted, kind)).items()
            ]
            for kind in KINDS
        },
    }


@api_view()
def lines(request: HttpRequest) -> dict[str, Any]:
    """A page of the rows whose sum a bar is."""
    now, asked = timezone.now(), Asked(request.GET)
    bar = asked.take("bar", one_of(tuple(BARS)), default="profit")
    shared = asked.take("shared", one_of([word for word in SHARED if word]), default="")
    page = asked.take("page", a_whole_number(1, MOST_PAGES), default=1)
    wanted = wanted_of(asked, now)
    found = bar_lines(
        wanted,
        bar,
        now=now,
        shared=shared,
        offset=(page - 1) * ROWS_GIVEN,
        limit=ROWS_GIVEN,
    )
    return {
        **head_of(wanted),
        "bar": bar,
        "total_usd": found.total_usd,
        "row_count": found.count,
        "page": page,
        "pages": max(-(-found.count // ROWS_GIVEN), 1),
        "rows": [line_record(line) for line in found.rows],
    }


def wanted_of(asked: Asked, now: datetime) -> Wanted:
    """What the parameters ask for. Raises Problem for what is wrong."""
    today = day_of(now)
    last = asked.take("to", a_day, default=today)
    first = asked.take("from", a_day, default=last - timedelta(days=DAYS_SHOWN - 1))
    names = {
        name: asked.take(name, a_name, default="")
        for name in ("fleet", "model", "deployment")
    }
    money = asked.take("money", one_of(MONEY), default="")
    asked.check()
    address = {"first": f"{first}", "last": f"{last}", **names}
    wanted = Wanted.of(address | ({"money": money} if money else {}), today=today)
    if wanted.window.fault:
        asked.refuse("from", wanted.fault)
    elif wanted.fault:
        asked.refuse(next(name for name, word in names.items() if word), wanted.fault)
    asked.check()
    return wanted


def head_of(wanted: Wanted) -> dict[str, Any]:
    newest: date | None = wanted.newest_closed
    return {
        "from_day": wanted.begin,
        "to_day": wanted.end,
        "is_simulated": wanted.simulated,
        "newest_closed_day": newest,
    }


HEAD: dict[str, s.Schema] = {
    "from_day": s.DAY,
    "to_day": s.DAY,
    "is_simulated": s.described(s.FLAG, "Play money, which never mixes with real."),
    "newest_closed_day": s.or_null(s.described(s.DAY, "Days after it are open.")),
}
USD = s.described(s.DECIMAL, "USD; a cost is positive.")
FIGURES: dict[str, s.Schema] = {
    "is_open": s.described(s.FLAG, "Some of it is not closed, and as far as it is known."),
    "provenance": s.described(s.words(*Provenance), "The weakest of its parts."),
    "uncached_prompt_tokens": s.WHOLE,
    "cached_prompt_tokens": s.WHOLE,
    "completion_tokens": s.WHOLE,
    "unpriced_tokens": s.described(s.WHOLE, "Served with no price set: in no bar."),
    "revenue_usd": s.described(s.DECIMAL, "USD, gross."),
    "discount_usd": s.described(
        s.DECIMAL, "USD that we took off the list ourselves: not in revenue, and no cost."
    ),
    **{f"{part}_usd": USD for part in (Part.FEES, *COSTS)},
    "net_revenue_usd": s.described(s.DECIMAL, "USD after the take rate."),
    "cost_usd": USD,
    "contribution_margin_usd": s.described(s.DECIMAL, "USD; net minus avoidable cost."),
    "profit_usd": s.described(s.DECIMAL, "USD; negative is a loss."),
    "break_even_revenue_usd": s.described(s.DECIMAL, "USD of gross revenue."),
}
OWNED = s.many(
    s.record(
        slug=s.or_null(s.described(s.TEXT, "Null: what only several have together.")),
        name=s.TEXT,
        **FIGURES,
    )
)
LINE = s.record(
    line=s.described(s.TEXT, "The row of the ledger, such as cost-12."),
    day_utc=s.described(s.DAY, "The accounting day that it counts in."),
    part=s.TEXT,
    deployment=s.described(s.TEXT, 'Its slug; "" where several share it.'),
    fleet=s.TEXT,
    name=s.TEXT,
    detail=s.TEXT,
    start_utc=s.described(s.INSTANT, "The hour or day that it is about."),
    seconds=s.or_null(s.WHOLE),
    of_seconds=s.or_null(s.described(s.WHOLE, "Billed seconds of the whole hour.")),
    tokens=s.or_null(s.WHOLE),
    rate_usd=s.or_null(s.described(s.DECIMAL, "USD per hour, or per token.")),
    amount_usd=s.described(s.DECIMAL, "USD; what it adds to the bar."),
    provenance=s.words(*Provenance),
    is_booked=s.described(s.FLAG, "False: has run up since the last lines."),
    corrects_line=s.or_null(s.WHOLE),
    at_most_usd=s.or_null(
        s.described(s.DECIMAL, "USD that it may have earned at most; null: it is exact.")
    ),
)
PARAMETERS = (
    Parameter("from", f"First UTC day; {DAYS_SHOWN} days in all without it.", s.DAY),
    Parameter("to", f"Last UTC day, at most {MOST_DAYS} in all; today.", s.DAY),
    Parameter("fleet", "The slug of one, with what it shares; all.", s.TEXT),
    Parameter("model", "The slug of one; all.", s.TEXT),
    Parameter("deployment", "The slug of one; all.", s.TEXT),
    Parameter("money", "Which kind; that of the first fleet.", s.words(*MONEY)),
)
PROFIT_BARS = Endpoint(
    path="profit/bars",
    view=bars,
    line="Profit of open and closed days, bar by bar: by day, deployment, model, fleet.",
    parameters=PARAMETERS,
    answer=s.record(
        **HEAD,
        waterfall=s.many(
            s.record(
                bar=s.words(*BARS),
                label=s.TEXT,
                usd=s.described(s.DECIMAL, "USD; what it adds, negative for a cost."),
                is_sum=s.FLAG,
            )
        ),
        whole=s.record(**FIGURES),
        days=s.many(s.record(day=s.DAY, **FIGURES)),
        deployments=OWNED,
        models=OWNED,
        fleets=OWNED,
    ),
)
PROFIT_LINES = Endpoint(
    path="profit/lines",
    view=lines,
    line="The rows of the ledger whose sum a bar of the profit is.",
    parameters=(
        *PARAMETERS,
        Parameter("bar", "Which; profit.", s.words(*BARS)),
        Parameter(
            "shared",
            "Only what no deployment, or no fleet, has for itself.",
            s.words(*(word for word in SHARED if word)),
        ),
        Parameter("page", f"From 1, of {ROWS_GIVEN:,} rows each.", s.WHOLE),
    ),
    answer=s.record(
        **HEAD,
        bar=s.words(*BARS),
        total_usd=s.described(s.DECIMAL, "USD; the sum of all rows, not of this page."),
        row_count=s.WHOLE,
        page=s.WHOLE,
        pages=s.WHOLE,
        rows=s.many(LINE),
    ),
)
