"""What is booked in days: cost, revenue, tokens and expenses, summed up by one statement.

Pages ask for open days at every look and the close for each day once, so it is SQL by
hand: built from parts by the ORM it takes twice the time, in eight questions.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from economics.calc.hours import DAY, day_bounds
from economics.calc.profit import DayFigures
from economics.calc.profit import Provenance as Tag
from economics.calc.token_mix import TokenCounts
from economics.models import DEFAULT_MARKET, CostKind, Provenance, TakeRate
from economics.selectors.expenses import DayExpenses
from economics.selectors.take_rates import TakeRates

FIRST_DAY = date(2000, 1, 1)  # from which the statement counts days
# A line is settled when a billed one corrects it. No correction counts earlier than what
# it corrects, so the lines of older days need not be read for that.
BOOKED = """
SELECT line.day, 'pod' AS part, pod.deployment_id, line.kind, line.provenance,
  sum(line.amount_usd) AS usd, sum(line.seconds)::bigint AS a, count(*) AS b,
  count(*) FILTER (WHERE line.id IN (SELECT bill.corrects_id FROM economics_costline AS bill
    WHERE bill.corrects_id IS NOT NULL AND bill.day >= %(first)s)) AS c, 0::bigint AS d
FROM economics_costline AS line JOIN fleet_pod AS pod ON pod.id = line.pod_id
WHERE line.day BETWEEN %(first)s AND %(last)s
GROUP BY line.day, pod.deployment_id, line.kind, line.provenance
UNION ALL
SELECT line.day, 'resource', line.deployment_id,
  CASE WHEN line.endpoint_id IS NULL THEN 'volume' ELSE 'endpoint' END, line.provenance,
  sum(line.amount_usd), 0, count(*), count(*) FILTER (WHERE EXISTS (
    SELECT FROM economics_resourcecostline AS bill WHERE bill.volume_id = line.volume_id
      AND bill.hour_start = line.hour_start AND bill.billed_usd IS NOT NULL)), 0
FROM economics_resourcecostline AS line
WHERE line.day BETWEEN %(others_from)s AND %(last)s GROUP BY line.day, 3, 4, 5
UNION ALL
SELECT line.day, 'expense', expense.deployment_id, 'expense', NULL, sum(line.amount_usd),
  expense.fleet_id, expense.simulated::int, 0, 0
FROM economics_expenseline AS line
JOIN economics_expense AS expense ON expense.id = line.expense_id
WHERE line.day BETWEEN %(others_from)s AND %(last)s
GROUP BY line.day, expense.deployment_id, expense.fleet_id, expense.simulated
UNION ALL
SELECT line.day, 'expense', line.deployment_id, 'variance', NULL, -sum(line.amount_usd),
  owner.fleet_id, line.simulated::int, 0, 0
FROM economics_varianceline AS line
LEFT JOIN fleet_deployment AS owner ON owner.id = line.deployment_id
WHERE line.day BETWEEN %(others_from)s AND %(last)s
GROUP BY line.day, line.deployment_id, owner.fleet_id, line.simulated
UNION ALL
SELECT line.day, 'revenue', line.deployment_id, NULL, line.provenance,
  sum(line.amount_usd), sum(line.tokens)::bigint, line.take_rate_id, 0, 0
FROM economics_revenueline AS line
WHERE line.day BETWEEN %(first)s AND %(last)s
GROUP BY line.day, line.deployment_id, line.provenance, line.take_rate_id
UNION ALL
SELECT NULL, 'take', NULL, NULL, NULL, take.rate, take.id,
  take.valid_from - DATE '2000-01-01', 0, 0
FROM economics_takerate AS take WHERE take.market = %(market)s
UNION ALL
SELECT NULL, 'closed', NULL, NULL, NULL, NULL, max(day) - DATE '2000-01-01', 0, 0, 0
FROM economics_dayclose
UNION ALL
SELECT (hour.hour_start AT TIME ZONE 'UTC')::date, 'usage', pod.deployment_id, NULL, NULL,
  NULL, sum(hour.uncached_prompt_tokens)::bigint, sum(hour.cached_prompt_tokens)::bigint,
  sum(hour.completion_tokens)::bigint,
  coalesce(sum(hour.uncached_prompt_tokens + hour.cached_prompt_tokens
    + hour.completion_tokens) FILTER (WHERE hour.booked_at IS NULL), 0)::bigint
FROM economics_usagehour AS hour JOIN fleet_pod AS pod ON pod.id = hour.pod_id
WHERE hour.hour_start >= %(start)s AND hour.hour_start < %(end)s GROUP BY 1, 3
UNION ALL
SELECT (hour.hour_start AT TIME ZONE 'UTC')::date, 'usage', hour.deployment_id, NULL, NULL,
  NULL, sum(hour.uncached_prompt_tokens)::bigint, sum(hour.cached_prompt_tokens)::bigint,
  sum(hour.completion_tokens)::bigint,
  coalesce(sum(hour.uncached_prompt_tokens + hour.cached_prompt_tokens
    + hour.completion_tokens) FILTER (WHERE NOT EXISTS (
      SELECT FROM economics_revenueline AS line WHERE line.log_hour_id = hour.id
    )), 0)::bigint
FROM economics_loghour AS hour
WHERE hour.earns AND hour.deployment_id IS NOT NULL
  AND hour.hour_start >= %(start)s AND hour.hour_start < %(end)s GROUP BY 1, 3
"""
# What discounts that we fund took off the lines. In no sum of a day, so the close does not
# ask for it.
DISCOUNTS = """
UNION ALL
SELECT line.day, 'discount', line.deployment_id, NULL, line.provenance,
  sum(line.discount_usd), 0, 0, 0, 0
FROM economics_revenueline AS line
WHERE line.discount_usd <> 0 AND line.day BETWEEN %(others_from)s AND %(last)s
GROUP BY line.day, line.deployment_id, line.provenance
"""


@dataclass(frozen=True)
class DaySums:
    """One day of one deployment, or of several added up.

    counts            [tokens] served in the day, by the hours they were served in
    unpriced_tokens   of them: in no line, because no price was set
    priced_tokens     [tokens] behind `revenue_usd`
    gpu_seconds       [s] of billed pod time
    fee_usd           the marketplace's part of `revenue_usd`, each line at its own rate
    """

    cost_usd: Decimal = Decimal(0)
    revenue_usd: Decimal = Decimal(0)
    counts: TokenCounts = TokenCounts()
    unpriced_tokens: int = 0
    priced_tokens: int = 0
    gpu_seconds: int = 0
    tags: frozenset[Tag] = frozenset()
    fee_usd: Decimal = Decimal(0)

    def __add__(self, other: DaySums) -> DaySums:
        return DaySums(
            cost_usd=self.cost_usd + other.cost_usd,
            revenue_usd=self.revenue_usd + other.revenue_usd,
            counts=self.counts + other.counts,
            unpriced_tokens=self.unpriced_tokens + other.unpriced_tokens,
            priced_tokens=self.priced_tokens + other.priced_tokens,
            gpu_seconds=self.gpu_seconds + other.gpu_seconds,
            tags=self.tags | other.tags,
            fee_usd=self.fee_usd + other.fee_usd,
        )

    def figures(self, take_rate: Decimal) -> DayFigures:
        """Profit of these sums, and break-even at the take rate of their day."""
        return DayFigures.from_sums(
            cost_usd=self.cost_usd,
            revenue_usd=self.revenue_usd,
            take_rate=take_rate,
            tags=self.tags,
            fee_usd=self.fee_usd,
        )


SumsByDeployment = dict[int, DaySums]
Part = tuple[int, DaySums]


class Booked(NamedTuple):
    """A row of BOOKED. What a to d count depends on the part; see the statement."""

    day: date | None
    part: str
    deployment: int | None
    kind: str | None
    provenance: str
    usd: Decimal
    a: int
    b: int
    c: int
    d: int


@dataclass(frozen=True)
class BookedDay:
    """The lines of a day, and its hours of usage, per deployment.

    expenses       what people booked, with what fleets and all share
    takes          the dated take rates
    newest_closed  None before the first close
    """

    rows: tuple[Booked, ...]
    expenses: DayExpenses
    takes: TakeRates
    newest_closed: date | None

    def sums(self, *, with_unpriced: bool = True) -> SumsByDeployment:
        """All of it. `with_unpriced`: tokens of hours without a line are told as such."""
        usage = self._usage(with_unpriced=with_unpriced)
        return added((*self._costs(), *self.revenue(), *usage))

    def costs(self) -> SumsByDeployment:
        """The cost alone."""
        return added(self._costs())

    def revenue(self) -> list[Part]:
        """The revenue lines alone."""
        return [
            (
                row.deployment,
                DaySums(
                    revenue_usd=row.usd,
                    fee_usd=row.usd * self.takes.named(row.b),
                    priced_tokens=row.a,
                    tags=frozenset({Tag(row.provenance)}),
                ),
            )
            for row in self.rows
            if row.part == "revenue" and row.deployment is not None
        ]

    def endpoint_costs(self) -> dict[int, Decimal]:
        """What serverless endpoints cost [USD]."""
        found: defaultdict[int, Decimal] = defaultdict(Decimal)
        for row in self.rows:
            if row.kind == "endpoint" and row.deployment is not None:
                found[row.deployment] += row.usd
        return dict(found)

    def _costs(self) -> list[Part]:
        lines = [
            (
                row.deployment,
                DaySums(
                    cost_usd=row.usd,
                    gpu_seconds=row.a if row.kind == CostKind.GPU else 0,
                    tags=tags_of(row),
                ),
            )
            for row in self.rows
            if row.part in ("pod", "resource") and row.deployment is not None
        ]
        own = self.expenses.by_deployment.items()
        return lines + [(deployment, shared_sums(usd)) for deployment, usd in own]

    def _usage(self, *, with_unpriced: bool) -> list[Part]:
        return [
            (
                row.deployment,
                DaySums(
                    counts=TokenCounts(row.a, row.b, row.c),
                    unpriced_tokens=row.d if with_unpriced else 0,
                ),
            )
            for row in self.rows
            if row.part == "usage" and row.deployment is not None
        ]


def booked_day(day: date) -> BookedDay:
    """What is booked in a day. One query."""
    return booked_days(day, day)[day]


def booked_days(
    first: date, last: date, *, others_from: date | None = None
) -> dict[date, BookedDay]:
    """What is booked in each day of [first, last], both included. One query.

    others_from  a day up to the first, from which what is not stored with a close is told
                 as well: volumes, endpoints, expenses, variances; those days are in it.
                 Where it is given, so are the discounts that we fund
    """
    begin = min(first, others_from or first)
    asked: dict[str, Any] = {
        "first": first,
        "last": last,
        "others_from": begin,
        "start": day_bounds(first).start,
        "end": day_bounds(last).end,
        "market": DEFAULT_MARKET,
    }
    with connection.cursor() as cursor:
        cursor.execute(BOOKED if others_from is None else BOOKED + DISCOUNTS, asked)
        rows = list(map(Booked._make, cursor.fetchall()))
    takes = takes_of(rows)
    newest = next((row.a for row in rows if row.part == "closed"), None)
    closed = None if newest is None else FIRST_DAY + timedelta(days=newest)
    of_day: defaultdict[date | None, list[Booked]] = defaultdict(list)
    for row in rows:
        of_day[row.day].append(row)
    return {
        day: BookedDay(tuple(of_day[day]), expenses_of(of_day[day]), takes, closed)
        for day in (begin + n * DAY for n in range((last - begin).days + 1))
    }


def takes_of(rows: Iterable[Booked]) -> TakeRates:
    """The take rates, which stand among the rows of every day."""
    return TakeRates(
        TakeRate(pk=row.a, rate=row.usd, valid_from=FIRST_DAY + timedelta(days=row.b))
        for row in rows
        if row.part == "take"
    )


def expenses_of(rows: Iterable[Booked]) -> DayExpenses:
    """The expense and variance lines among the rows of a day."""
    own: defaultdict[int, Decimal] = defaultdict(Decimal)
    shared: defaultdict[tuple[bool, int | None], Decimal] = defaultdict(Decimal)
    for row in rows:
        if row.part != "expense":
            continue
        if row.deployment is not None:
            own[row.deployment] += row.usd
        else:
            shared[bool(row.b), row.a] += row.usd
    return DayExpenses(dict(own), dict(shared))


def added(parts: Iterable[Part]) -> SumsByDeployment:
    """Parts of deployments, added up for each."""
    sums: SumsByDeployment = {}
    for deployment, more in parts:
        sums[deployment] = sums[deployment] + more if deployment in sums else more
    return sums


def tags_of(row: Booked) -> frozenset[Tag]:
    """How cost lines are known, of which `c` of `b` are settled by the bill."""
    settled = {cost_tag(row.provenance, confirmed=True)} if row.c else set()
    waiting = {cost_tag(row.provenance, confirmed=False)} if row.b > row.c else set()
    return frozenset(settled | waiting)


def cost_tag(provenance: str, *, confirmed: bool) -> Tag:
    """The tag of a cost line, given whether a billed line settles it."""
    if confirmed and provenance in (Provenance.ACCRUED, Provenance.ESTIMATED):
        return Tag.BILLED
    return Tag(provenance)


def shared_sums(usd: Decimal) -> DaySums:
    """Other expenses as sums: invoices, so they count as billed; nothing without any."""
    return DaySums(cost_usd=usd, tags=frozenset({Tag.BILLED})) if usd else DaySums()
