"""A day as it is paid and as it serves. Formulas: docs/formulas/serving-day.md

A replica is paid from its creation and serves from the moment when the weights are
loaded. Scheduled hours pay that again each day.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from economics.calc.hours import SECONDS_PER_HOUR

DAY_HOURS = Decimal(24)


@dataclass(frozen=True)
class ServingDay:
    """One UTC day of one replica.

    hours          [h] paid, in [0, 24]
    starts         [1] how often it starts within the day, 0 when it never stops
    start_seconds  [s] of each start, paid and not serving
    busy_only      whether only filled time is paid (serverless): then `hours` are the
                   hours in which it may be asked
    """

    hours: Decimal = DAY_HOURS
    starts: int = 0
    start_seconds: Decimal = Decimal(0)
    busy_only: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.hours <= DAY_HOURS:
            raise ValueError(f"hours of a day must be 0 to 24, got {self.hours}")
        if self.starts < 0 or self.start_seconds < 0:
            raise ValueError(f"starts and their seconds must be 0 or more, got {self}")

    @property
    def starting_seconds(self) -> Decimal:
        """Seconds [s] of the day that are spent on starting, at most all paid ones."""
        paid = self.hours * SECONDS_PER_HOUR
        return min(self.starts * self.start_seconds, paid)

    @property
    def serving_seconds(self) -> Decimal:
        """Seconds [s] of the day in which requests can be answered."""
        return self.hours * SECONDS_PER_HOUR - self.starting_seconds

    def paid_seconds(self, utilization: Decimal) -> Decimal:
        """Seconds [s] of the day that are billed at a utilization in [0, 1]."""
        if not 0 <= utilization <= 1:
            raise ValueError(f"utilization must be in [0, 1], got {utilization}")
        filled = utilization if self.busy_only else Decimal(1)
        return self.starting_seconds + filled * self.serving_seconds

    def cost_usd(self, usd_per_hour: Decimal, utilization: Decimal) -> Decimal:
        """Rent of the day [USD], unrounded.

        >>> ServingDay(hours=Decimal(8), starts=1, start_seconds=Decimal(2480)).cost_usd(
        ...     Decimal("36.72"), Decimal("0.5"))
        Decimal('293.76')
        """
        return usd_per_hour * self.paid_seconds(utilization) / SECONDS_PER_HOUR


def start_seconds(
    *, weight_gb: Decimal, load_gb_per_second: Decimal, boot_seconds: Decimal
) -> Decimal:
    """Seconds [s] from the create to the first answer.

    weight_gb           [GB = 10^9 bytes] of weights to fetch
    load_gb_per_second  [GB / s] where they come from: 0.2 to 0.4 is typical for a network
                        volume of RunPod, whatever peak is claimed
    boot_seconds        [s] image, CUDA graphs, warm-up

    Raises ValueError for a speed that is not above 0 or a negative amount.

    >>> start_seconds(weight_gb=Decimal(744), load_gb_per_second=Decimal("0.3"),
    ...     boot_seconds=Decimal(0))
    Decimal('2480')
    """
    if load_gb_per_second <= 0:
        raise ValueError(f"the load speed must be above 0 GB/s, got {load_gb_per_second}")
    if weight_gb < 0 or boot_seconds < 0:
        raise ValueError("weights and boot time must be 0 or more")
    return weight_gb / load_gb_per_second + boot_seconds
