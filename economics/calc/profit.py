"""The figures of a day, and how well they are known.

Formula: docs/formulas/daily-profit.md
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from economics.calc.break_even import break_even_revenue
from economics.calc.unknown import Unknown


class Provenance(StrEnum):
    """Where a number comes from, strongest first."""

    MEASURED = "measured"
    BILLED = "billed"
    ACCRUED = "accrued"
    ESTIMATED = "estimated"
    SIMULATED = "simulated"


STRENGTH = {tag: rank for rank, tag in enumerate(Provenance)}


def weakest(tags: Iterable[Provenance]) -> Provenance:
    """The tag of a sum: that of its weakest part. The sum of nothing is a measured 0.

    >>> weakest([Provenance.BILLED, Provenance.ACCRUED])
    <Provenance.ACCRUED: 'accrued'>
    """
    return max(tags, key=STRENGTH.__getitem__, default=Provenance.MEASURED)


@dataclass(frozen=True)
class DayFigures:
    """One UTC day of a deployment, a fleet or everything [USD], unrounded."""

    cost_usd: Decimal
    revenue_usd: Decimal  # gross: what customers are charged
    take_rate: Decimal  # 0..1 of gross revenue that the marketplace keeps
    provenance: Provenance
    fee_usd: Decimal | None = None  # the marketplace's; None: revenue x take rate

    @classmethod
    def from_sums(
        cls,
        *,
        cost_usd: Decimal,
        revenue_usd: Decimal,
        take_rate: Decimal,
        tags: Iterable[Provenance],
        fee_usd: Decimal | None = None,
    ) -> DayFigures:
        """Figures from the sums of the lines of a day and the tags of those lines.

        take_rate  of the day: what break-even is computed with
        fee_usd    of the lines, where some have another rate: tokens of an earlier day

        Raises ValueError for a take rate outside [0, 1].
        """
        if not 0 <= take_rate <= 1:
            raise ValueError(f"take rate must be a fraction in [0, 1], got {take_rate}")
        return cls(cost_usd, revenue_usd, take_rate, weakest(tags), fee_usd)

    @property
    def net_revenue_usd(self) -> Decimal:
        """What is left of gross revenue after the take rate."""
        if self.fee_usd is not None:
            return self.revenue_usd - self.fee_usd
        return self.revenue_usd * (1 - self.take_rate)

    @property
    def profit_usd(self) -> Decimal:
        """Net revenue minus all costs; negative is a loss."""
        return self.net_revenue_usd - self.cost_usd

    @property
    def break_even_revenue_usd(self) -> Decimal | Unknown:
        """Gross revenue that would have paid this day's cost.

        Corrections can make the cost of a day negative; then any revenue does.
        """
        cost = max(self.cost_usd, Decimal(0))
        return break_even_revenue(cost_usd=cost, take_rate=self.take_rate)
