"""What the marketplace keeps: of a day, and of the revenue lines of one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from functools import cached_property

from django.conf import settings
from django.db.models import DecimalField, F, Sum, Value
from django.db.models.functions import Coalesce

from economics.models import DEFAULT_MARKET, TakeRate

EXACT = DecimalField(max_digits=40, decimal_places=10)  # 6 of an amount, 4 of a rate


class TakeRates:
    """The rates of the market under which revenue is accrued.

    rows  all of them; read once, when asked for, where not given
    """

    def __init__(self, rows: Iterable[TakeRate] | None = None) -> None:
        self._given = None if rows is None else list(rows)

    @cached_property
    def rows(self) -> list[TakeRate]:
        """Newest first."""
        known = self._given
        if known is None:
            known = list(TakeRate.objects.filter(market=DEFAULT_MARKET))
        return sorted(known, key=lambda row: row.valid_from, reverse=True)

    def named(self, pk: int | None) -> Decimal:
        """The share [1] of a line that names this rate; None: KERNE_TAKE_RATE."""
        row = next((row for row in self.rows if row.pk == pk), None)
        return settings.TAKE_RATE if row is None else row.rate

    def row(self, day: date) -> TakeRate | None:
        """What counts for tokens served on a UTC day; None: KERNE_TAKE_RATE."""
        return next((row for row in self.rows if row.valid_from <= day), None)

    def on(self, day: date) -> Decimal:
        """The share [1] of a day."""
        row = self.row(day)
        return settings.TAKE_RATE if row is None else row.rate


def fees_of_lines() -> Sum:
    """The marketplace's part [USD] of revenue lines, each at the rate that it names."""
    rate = Coalesce(F("take_rate__rate"), Value(settings.TAKE_RATE), output_field=EXACT)
    return Sum(F("amount_usd") * rate, output_field=EXACT)
