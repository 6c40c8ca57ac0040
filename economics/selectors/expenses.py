"""What people booked into a day: per deployment, and what fleets and all share.

Other expenses, and the variance of statements: what a marketplace pays less than was
accrued is a cost of the day on which it was found, what it pays more lowers it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, QuerySet, Sum

from economics.models import ExpenseLine, VarianceLine

# (simulated, fleet id): what a fleet shares; None: what all fleets of that money share.
Sharer = tuple[bool, int | None]


@dataclass(frozen=True)
class DayExpenses:
    """[USD] that count in one day."""

    by_deployment: dict[int, Decimal]
    shared: dict[Sharer, Decimal]

    def shared_by(self, *, simulated: bool, fleet_id: int | None = None) -> Decimal:
        """What a fleet shares, or, without one, all fleets of a kind of money: their own
        shared expenses and those of the whole."""
        return sum(
            (
                usd
                for (kind, fleet), usd in self.shared.items()
                if (kind == simulated and fleet_id is None)
                or (fleet_id is not None and fleet == fleet_id)
            ),
            Decimal(0),
        )


Line = tuple[int | None, int | None, bool, Decimal]


def day_lines(day: date) -> QuerySet[ExpenseLine, Line]:
    """(deployment, fleet, simulated, cost [USD]) of a day, grouped, in one query."""
    expenses = (
        ExpenseLine.objects.filter(day=day)
        .order_by()
        .values_list("expense__deployment", "expense__fleet", "expense__simulated")
        .annotate(usd=Sum("amount_usd"))
    )
    variances = (
        VarianceLine.objects.filter(day=day)
        .order_by()
        .values_list("deployment", "deployment__fleet", "simulated")
        .annotate(usd=-Sum(F("amount_usd")))
    )
    return expenses.union(variances, all=True)


def day_cost(day: date, *, simulated: bool) -> Decimal:
    """All of it in one kind of money [USD]. One query."""
    return sum((usd for *_, kind, usd in day_lines(day) if kind == simulated), Decimal(0))
