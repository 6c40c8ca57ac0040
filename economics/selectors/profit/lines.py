"""The rows whose sum a bar is: lines of the ledger, and what has run up since them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from economics.calc.hours import DAY, day_bounds
from economics.calc.profit import Provenance, weakest
from economics.calc.profit_parts import BARS, COSTS, USES, Part, sign_in
from economics.selectors.profit.cells import Cell, profit_cells
from economics.selectors.profit.ledger import (
    DISCOUNT,
    OTHERS,
    POD_LINES,
    REVENUE,
    pod_hours,
    values_of,
)
from economics.selectors.profit.running import Running, running_rows
from economics.selectors.profit.scope import Wanted

ROWS_OF_A_PAGE = 100
# Which rows of owners: all; what no deployment has for itself; what no fleet has either.
SHARED = {
    "": "",
    "deployments": " AND deployment_id IS NULL",
    "fleets": " AND deployment_id IS NULL AND fleet_id IS NULL",
}
ORDER = "day, source, line_id, hour_start, part"
COLUMNS = (
    "day, deployment_id, fleet_id, part, source, line_id, pod_id, hour_start, usd, "
    "seconds, provenance"
)
# The rows of a bar with the sign that they have in it.
SIGNED = f"""
SELECT day, deployment_id, fleet_id, part, source, line_id, pod_id, hour_start,
  CASE WHEN part = ANY(%(minus)s) THEN -usd ELSE usd END AS usd, seconds, provenance
FROM ({{union}}) AS every ({COLUMNS}) WHERE part = ANY(%(parts)s){{shared}}
"""
# How many rows each branch has in a day: counted one by one, most are not read as rows.
COUNTED = f"""
SELECT day, COUNT(*) AS rows, SUM(usd) AS usd FROM ({SIGNED}) AS mine GROUP BY day
"""
DETAILS = f"""
SELECT totals.rows, totals.usd, picked.day, picked.deployment_id, picked.fleet_id,
  picked.part, picked.source, picked.line_id, picked.usd, picked.seconds,
  picked.provenance,
  COALESCE(pod.name, volume.name, endpoint.name, expense.description,
    statement.market || ' ' || TO_CHAR(variance.month, 'YYYY-MM'), 'request log') AS name,
  COALESCE(cost.kind, revenue.token_class, expense.category, picked.part) AS detail,
  COALESCE(picked.hour_start, used_hour.hour_start, estimate.from_at, logged.hour_start,
    share.about::timestamp AT TIME ZONE 'UTC',
    variance.month::timestamp AT TIME ZONE 'UTC') AS start_at,
  COALESCE(cost.usd_per_hour, revenue.usd_per_token) AS rate, revenue.tokens,
  used.seconds AS of_seconds, COALESCE(cost.corrects_id, revenue.corrects_id) AS corrects,
  revenue.at_most_usd
FROM totals LEFT JOIN picked ON TRUE
LEFT JOIN economics_costline cost ON picked.source = 'cost' AND cost.id = picked.line_id
LEFT JOIN economics_revenueline revenue
  ON picked.source = 'revenue' AND revenue.id = picked.line_id
LEFT JOIN economics_usagehour used_hour ON used_hour.id = revenue.usage_hour_id
LEFT JOIN economics_usageestimate estimate ON estimate.id = revenue.estimate_id
LEFT JOIN economics_loghour logged ON logged.id = revenue.log_hour_id
LEFT JOIN fleet_pod pod
  ON pod.id = COALESCE(picked.pod_id, used_hour.pod_id, estimate.pod_id)
LEFT JOIN economics_podhouruse used ON picked.source = 'pod_hour'
  AND used.pod_id = picked.pod_id AND used.hour_start = picked.hour_start
LEFT JOIN economics_resourcecostline resource
  ON picked.source = 'resource' AND resource.id = picked.line_id
LEFT JOIN fleet_networkvolume volume ON volume.id = resource.volume_id
LEFT JOIN fleet_serverlessendpoint endpoint ON endpoint.id = resource.endpoint_id
LEFT JOIN economics_expenseline share
  ON picked.source = 'expense' AND share.id = picked.line_id
LEFT JOIN economics_expense expense ON expense.id = share.expense_id
LEFT JOIN economics_varianceline variance
  ON picked.source = 'variance' AND variance.id = picked.line_id
LEFT JOIN economics_statement statement ON statement.id = variance.statement_id
ORDER BY {", ".join(f"picked.{name}" for name in ORDER.split(", "))}
"""


@dataclass(frozen=True)
class Line:
    """One row of a bar [USD].

    key         the line of the ledger; what is computed from several says which
    usd         what it adds to the bar
    of_seconds  billed seconds of the hour that `seconds` are a part of
    rate        USD per hour, or USD per token
    is_booked   whether it is a line, not what has run up since the last ones
    corrects    id of the line that it puts right
    at_most_usd what it may have earned at most, where prompts may have been long
    """

    key: str
    day: date
    part: str
    deployment: str
    fleet: str
    name: str
    detail: str
    start: datetime
    usd: Decimal
    seconds: int | None = None
    of_seconds: int | None = None
    tokens: int | None = None
    rate: Decimal | None = None
    provenance: Provenance = Provenance.MEASURED
    is_booked: bool = True
    corrects: int | None = None
    at_most_usd: Decimal | None = None


@dataclass(frozen=True)
class Lines:
    """Some rows of a bar, and the number and the sum of all of them."""

    rows: tuple[Line, ...]
    count: int
    total_usd: Decimal


def bar_lines(
    wanted: Wanted,
    bar: str,
    *,
    now: datetime,
    shared: str = "",
    offset: int = 0,
    limit: int = ROWS_OF_A_PAGE,
) -> Lines:
    """Rows [offset, offset + limit) of a bar, oldest day first; what runs up comes last.

    shared  a key of SHARED: only what no deployment, or no fleet, has for itself

    Raises KeyError for a bar that is not in BARS, or another word in `shared`. Seven
    queries at most.
    """
    count, total, booked = booked_lines(wanted, bar, now, shared, offset, limit)
    made = [] if shared else [*made_lines(wanted, bar, now)]
    first = max(offset - count, 0)
    rest = made[first : first + limit - len(booked)] if offset + limit > count else []
    return Lines(
        rows=(*booked, *rest),
        count=count + len(made),
        total_usd=total + sum((line.usd for line in made), Decimal(0)),
    )


def branches_of(bar: str) -> list[str]:
    """The branches with the rows of a bar. A bar of all costs has pods' lines whole; one
    of a use has their hours by use."""
    parts = BARS[bar]
    told = {Part.REVENUE: REVENUE, Part.DISCOUNT: DISCOUNT}
    found = [branch for part, branch in told.items() if part in parts]
    if set(COSTS) <= set(parts):
        return [*found, POD_LINES, *OTHERS]
    if set(USES) & set(parts):
        found.append(pod_hours(*parts))
    return [*found, *OTHERS]


def booked_lines(
    wanted: Wanted, bar: str, now: datetime, shared: str, offset: int, limit: int
) -> tuple[int, Decimal, list[Line]]:
    """(number of all, their sum, those asked for). One query, in two passes: all days are
    counted, then only those that the page reaches are read again and put in order."""
    branches = branches_of(bar)
    counted = " UNION ALL ".join(
        COUNTED.format(union=branch, shared=SHARED[shared]) for branch in branches
    )
    near = " UNION ALL ".join(branches)
    for name, bound in (("begin", "first"), ("lines_from", "first"), ("end", "last")):
        near = near.replace(f"%({name})s", f"(SELECT {bound} FROM reach)")
    statement = f"""
    WITH days AS MATERIALIZED (
      SELECT day, SUM(rows) AS rows, SUM(usd) AS usd FROM ({counted}) AS mine GROUP BY day
    ), reach AS MATERIALIZED (
      SELECT MIN(day) AS first, MAX(day) AS last, MIN(before) AS before FROM (
        SELECT day, rows, SUM(rows) OVER (ORDER BY day) - rows AS before FROM days
      ) AS counted
      WHERE before < %(offset)s + %(limit)s AND before + rows > %(offset)s
    ), totals AS (
      SELECT COALESCE(SUM(rows), 0)::bigint AS rows, COALESCE(SUM(usd), 0) AS usd FROM days
    ), picked AS (
      {SIGNED.format(union=near, shared=SHARED[shared])} ORDER BY {ORDER}
      LIMIT %(limit)s OFFSET GREATEST(%(offset)s - (SELECT before FROM reach), 0)
    )
    {DETAILS}"""
    parts = BARS[bar]
    costs = [part.value for part in parts if part != Part.REVENUE] + ["pods"]
    values = values_of(wanted, now=now, lines_from=wanted.begin) | {
        "parts": [*(part.value for part in parts), *_pods(bar)],
        "minus": costs if sign_in(bar, Part.IDLE) < 0 else [],
        "limit": limit,
        "offset": offset,
    }
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        names = [column.name for column in cursor.description or ()]
        found = cursor.fetchall()
    lines = [line_of(dict(zip(names[2:], row[2:], strict=True)), wanted) for row in found]
    return found[0][0], found[0][1], [line for line in lines if line is not None]


def _pods(bar: str) -> Sequence[str]:
    return ("pods",) if POD_LINES in branches_of(bar) else ()


def line_of(row: dict[str, Any], wanted: Wanted) -> Line | None:
    """A row of the statement; None for that of the totals alone."""
    if row["day"] is None:
        return None
    deployment, fleet = names_of(row["deployment_id"], row["fleet_id"], wanted)
    key = f"{row['source'].replace('_', '-')}-{row['line_id']}"
    if row["source"] == "pod_hour":
        key = f"{key}-{row['start_at']:%Y%m%dT%H}"
    tags = (Provenance(tag) for tag in row["provenance"].split(","))
    return Line(
        key=key,
        day=row["day"],
        part=row["part"],
        deployment=deployment,
        fleet=fleet,
        name=row["name"],
        detail=row["detail"],
        start=row["start_at"],
        usd=row["usd"],
        seconds=row["seconds"],
        of_seconds=row["of_seconds"],
        tokens=row["tokens"],
        rate=row["rate"],
        provenance=weakest(tags),
        corrects=row["corrects"],
        at_most_usd=row["at_most_usd"],
    )


def names_of(
    deployment_id: int | None, fleet_id: int | None, wanted: Wanted
) -> tuple[str, str]:
    """(slug of the deployment, slug of the fleet) of a row; "" where it has none."""
    for each in wanted.choices:
        if each.pk == deployment_id:
            return each.slug, each.fleet.slug
        if deployment_id is None and each.fleet_id == fleet_id:
            return "", each.fleet.slug
    return "", ""


def made_lines(wanted: Wanted, bar: str, now: datetime) -> Iterable[Line]:
    """Rows that are no lines: what runs up, and the marketplace's share of each day and
    deployment, which is worked out from its revenue."""
    parts = BARS[bar]
    needed = (*parts, Part.REVENUE) if Part.FEES in parts else parts
    running = running_rows(wanted, now=now, parts=needed)
    for number, row in enumerate(running):
        if row.part in parts:
            yield running_line(row, bar, number, wanted)
    if Part.FEES in parts:
        cells = profit_cells(wanted, now=now, revenue_alone=True, running=running)
        for cell in cells:
            if cell.figures.of(Part.FEES):
                yield fee_line(cell, bar, wanted)


def running_line(row: Running, bar: str, number: int, wanted: Wanted) -> Line:
    deployment, fleet = names_of(row.deployment_id, None, wanted)
    return Line(
        key=f"running-{number}",
        day=row.day,
        part=row.part.value,
        deployment=deployment,
        fleet=fleet,
        name=row.name,
        detail=row.kind,
        start=row.start,
        usd=row.usd * sign_in(bar, row.part),
        seconds=row.seconds,
        tokens=row.tokens,
        provenance=weakest(row.tags),
        is_booked=False,
    )


def fee_line(cell: Cell, bar: str, wanted: Wanted) -> Line:
    deployment, fleet = names_of(cell.deployment_id, cell.fleet_id, wanted)
    fees, revenue = cell.figures.of(Part.FEES), cell.figures.revenue_usd
    return Line(
        key=f"fees-{deployment}-{cell.day}",
        day=cell.day,
        part=Part.FEES.value,
        deployment=deployment,
        fleet=fleet,
        name=f"{fees / revenue:.2%} of {revenue:f}" if revenue else "take rate",
        detail="take rate",
        start=day_bounds(cell.day).end - DAY,
        usd=fees * sign_in(bar, Part.FEES),
        provenance=cell.figures.provenance,
        is_booked=not cell.figures.is_open,
    )
