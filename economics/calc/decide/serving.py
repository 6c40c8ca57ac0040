"""How a candidate is rented, as its day is reckoned. Formulas: docs/formulas/decision.md"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

HOURS = Decimal(24)


class Way(StrEnum):
    """The ways to rent a replica."""

    ON_DEMAND = "on demand"
    HOURS = "scheduled hours"
    SERVERLESS = "serverless"
    SPOT = "spot"


@dataclass(frozen=True, slots=True)
class Serving:
    """A day of one replica.

    hours      [h] in which it is rented; of serverless in which it may be asked
    share      [1] of the day's demand that falls into them
    starting   [h] of them that are paid and serve nothing
    useful     [1] of the others in which it serves: spot loses its reloads
    interruptions  [1 / pod-hour] how often spot is taken away; None: it is not
    busy_only  whether beside the starting only filled time is paid (serverless)
    words      the hours as a person writes them; "" for all of the day
    """

    way: Way = Way.ON_DEMAND
    hours: Decimal = HOURS
    share: Decimal = Decimal(1)
    starting: Decimal = Decimal(0)
    useful: Decimal = Decimal(1)
    busy_only: bool = False
    words: str = ""
    interruptions: Decimal | None = None
    _of_day: Decimal = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.hours <= HOURS or not 0 <= self.starting <= self.hours:
            raise ValueError(f"hours of a day must be 0 to 24, starting within, got {self}")
        if not 0 < self.share <= 1 or not 0 < self.useful <= 1:
            raise ValueError(f"share and useful must be in (0, 1], got {self}")
        object.__setattr__(self, "_of_day", self.serving_hours / HOURS)

    @property
    def serving_hours(self) -> Decimal:
        """Hours of the day in which it can answer [h]."""
        return (self.hours - self.starting) * self.useful

    @property
    def fixed_hours(self) -> Decimal:
        """Hours that are paid without a token served [h]."""
        return self.starting if self.busy_only else self.hours

    @property
    def filled_hours(self) -> Decimal:
        """Hours more that are paid where it is full [h]."""
        return self.hours - self.starting if self.busy_only else Decimal(0)

    def tokens(self, speed: Decimal) -> Decimal:
        """Tokens of a day that it can serve, at `speed` tokens in 24 full hours."""
        return speed * self._of_day

    def paid_hours(self, sold: Decimal, speed: Decimal, *, replicas: int = 1) -> Decimal:
        """Hours that are paid for so many tokens of a day [h]."""
        paid = self.fixed_hours * replicas
        if self.busy_only and speed:
            paid += sold / speed * HOURS
        return paid
