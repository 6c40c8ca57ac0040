"""Profit as the bars of a waterfall, whose sum it is. Formula: docs/profit.md"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from economics.calc.day_unit_cost import usd_per_million
from economics.calc.profit import Provenance, weakest
from economics.calc.token_mix import TokenCounts
from economics.calc.unknown import Unknown

NOTHING_SERVED = Unknown("no token was served, so there is no mix to sell more of")
NOTHING_LEFT = Unknown("these tokens earned nothing, so no number of them pays the cost")
NOT_JUDGED = Unknown("no second of these days on today's machine is judged yet")
NO_PEAK = Unknown("the peak throughput of a deployment in it is not known")


class Part(StrEnum):
    """A bar of the waterfall, in its order. Each line of the ledger is in exactly one, but
    a discounted one in two: what is paid in `revenue`, what was taken off in `discount`."""

    DISCOUNT = "discount"
    REVENUE = "revenue"
    FEES = "fees"
    SERVING = "serving"
    IDLE = "idle"
    START_UP = "start_up"
    DOWN = "down"
    UNKNOWN = "unknown"
    PENDING = "pending"
    UNSPLIT = "unsplit"
    VOLUMES = "volumes"
    SERVERLESS = "serverless"
    EXPENSES = "expenses"
    VARIANCE = "variance"


P = Part
USES = (P.SERVING, P.IDLE, P.START_UP, P.DOWN, P.UNKNOWN, P.PENDING, P.UNSPLIT)
COSTS = (*USES, P.VOLUMES, P.SERVERLESS, P.EXPENSES, P.VARIANCE)
SHARED = (P.VOLUMES, P.EXPENSES, P.VARIANCE)  # is spent with the deployment off, too
LABELS = {
    P.DISCOUNT: "Discount we fund",
    P.REVENUE: "Revenue at our prices",
    P.FEES: "Take rate",
    P.SERVING: "Pods, serving",
    P.IDLE: "Pods, idle",
    P.START_UP: "Pods, start-up",
    P.DOWN: "Pods, down",
    P.UNKNOWN: "Pods, use unknown",
    P.PENDING: "Pods, not split yet",
    P.UNSPLIT: "Pods, closed without a split",
    P.VOLUMES: "Network volumes",
    P.SERVERLESS: "Serverless",
    P.EXPENSES: "Other expenses",
    P.VARIANCE: "Statement variance",
}
# Bars that are sums of others: which lines they are made of.
SUMS: dict[str, tuple[Part, ...]] = {
    "list": (P.REVENUE, P.DISCOUNT),
    "net": (P.REVENUE, P.FEES),
    "cost": COSTS,
    "profit": (P.REVENUE, P.FEES, *COSTS),
}
SUM_LABELS = {
    "list": "Revenue at list prices",
    "net": "Net revenue",
    "cost": "Cost",
    "profit": "Profit",
}
BARS: dict[str, tuple[Part, ...]] = {part.value: (part,) for part in Part} | SUMS
BAR_LABELS: dict[str, str] = {part.value: LABELS[part] for part in Part} | SUM_LABELS


def sign_in(bar: str, part: Part) -> int:
    """Whether an amount of a part adds to a bar or takes from it. Amounts are positive;
    a bar of costs alone shows them so."""
    return -1 if bar in ("net", "profit") and part != Part.REVENUE else 1


@dataclass(frozen=True)
class Figures:
    """Some lines of the ledger, added up [USD].

    parts          amounts, costs positive; a part that is absent has no line
    needed_usd     gross revenue that would have paid the cost
    peak_seconds   seconds that the judged tokens take at peak; None: a peak is unknown
    judged_seconds  billed seconds of judged hours
    """

    parts: Mapping[Part, Decimal] = field(default_factory=dict)
    counts: TokenCounts = TokenCounts()
    unpriced_tokens: int = 0
    needed_usd: Decimal = Decimal(0)
    tags: frozenset[Provenance] = frozenset()
    peak_seconds: Decimal | None = Decimal(0)
    judged_seconds: int = 0
    is_open: bool = False

    def __add__(self, other: Figures) -> Figures:
        parts: defaultdict[Part, Decimal] = defaultdict(Decimal, self.parts)
        for part, usd in other.parts.items():
            parts[part] += usd
        both = (self.peak_seconds, other.peak_seconds)
        return Figures(
            parts=dict(parts),
            counts=self.counts + other.counts,
            unpriced_tokens=self.unpriced_tokens + other.unpriced_tokens,
            needed_usd=self.needed_usd + other.needed_usd,
            tags=self.tags | other.tags,
            peak_seconds=None if None in both else sum(filter(None, both), Decimal(0)),
            judged_seconds=self.judged_seconds + other.judged_seconds,
            is_open=self.is_open or other.is_open,
        )

    def of(self, part: Part) -> Decimal:
        return self.parts.get(part, Decimal(0))

    def bar(self, name: str) -> Decimal:
        """The height of a bar, as it is drawn: costs are positive in a bar of costs.

        Raises KeyError for a name that is not in BARS.
        """
        amounts = (sign_in(name, part) * self.of(part) for part in BARS[name])
        return sum(amounts, Decimal(0))

    @property
    def revenue_usd(self) -> Decimal:
        return self.of(Part.REVENUE)

    @property
    def net_revenue_usd(self) -> Decimal:
        return self.bar("net")

    @property
    def cost_usd(self) -> Decimal:
        return self.bar("cost")

    @property
    def profit_usd(self) -> Decimal:
        return self.bar("profit")

    @property
    def shared_usd(self) -> Decimal:
        return sum((self.of(part) for part in SHARED), Decimal(0))

    @property
    def contribution_usd(self) -> Decimal:
        """Net revenue minus what would not have been spent with the deployment off."""
        return self.net_revenue_usd - (self.cost_usd - self.shared_usd)

    @property
    def contribution_ratio(self) -> Decimal | Unknown:
        if self.net_revenue_usd <= 0:
            return Unknown("there is no net revenue to take a share of")
        return self.contribution_usd / self.net_revenue_usd

    @property
    def usd_per_million(self) -> Decimal | Unknown:
        return usd_per_million(self.cost_usd, self.counts.total)

    @property
    def provenance(self) -> Provenance:
        return weakest(self.tags)

    @property
    def cover(self) -> Decimal | Unknown:
        """By how much net revenue would have to grow to pay the cost: 1 is break-even."""
        if self.counts.total == 0:
            return NOTHING_SERVED
        if self.net_revenue_usd <= 0:
            return NOTHING_LEFT
        return max(self.cost_usd, Decimal(0)) / self.net_revenue_usd

    @property
    def break_even_tokens(self) -> Decimal | Unknown:
        """Tokens of this mix that would have paid these days."""
        cover = self.cover
        return cover if isinstance(cover, Unknown) else self.counts.total * cover

    @property
    def utilization(self) -> Decimal | Unknown:
        """Tokens served / tokens possible at peak in the judged hours."""
        if self.peak_seconds is None:
            return NO_PEAK
        if self.judged_seconds == 0:
            return NOT_JUDGED
        return self.peak_seconds / self.judged_seconds

    @property
    def break_even_utilization(self) -> Decimal | Unknown:
        """The utilization at which these days would have paid; above 1: none."""
        used, cover = self.utilization, self.cover
        if isinstance(used, Unknown):
            return used
        return cover if isinstance(cover, Unknown) else used * cover
