"""Other expenses of a day: per deployment, and what fleets and all share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import Sum

from economics.models import ExpenseLine

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


def day_expenses(day: date) -> DayExpenses:
    """The expense lines of a day. One query."""
    rows = (
        ExpenseLine.objects.filter(day=day)
        .order_by()
        .values_list("expense__deployment", "expense__fleet", "expense__simulated")
        .annotate(usd=Sum("amount_usd"))
    )
    by_deployment: dict[int, Decimal] = {}
    shared: dict[Sharer, Decimal] = {}
    for deployment, fleet, simulated, usd in rows:
        if deployment is not None:
            by_deployment[deployment] = usd
        else:
            shared[simulated, fleet] = usd
    return DayExpenses(by_deployment, shared)
