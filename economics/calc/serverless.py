"""When a pod is cheaper than serverless. Formula: docs/formulas/serverless-crossover.md"""

from dataclasses import dataclass
from decimal import Decimal

SECONDS_PER_HOUR = Decimal(3600)
HOURS_PER_DAY = Decimal(24)


@dataclass(frozen=True)
class Crossover:
    """Above these busy hours a day, a pod that always runs is cheaper.

    busy_hours_per_day  0: the pod always is; above 24: serverless always is
    tokens_per_day      the same in tokens, at the speed of one worker
    """

    busy_hours_per_day: Decimal
    tokens_per_day: Decimal

    @property
    def serverless_always_cheaper(self) -> bool:
        """Whether not even a worker that is busy all day costs as much as the pod."""
        return self.busy_hours_per_day > HOURS_PER_DAY


def overhead_hours_per_day(
    *, wakes_per_day: Decimal, cold_start_seconds: Decimal, idle_timeout_seconds: Decimal
) -> Decimal:
    """Billed hours a day in which a worker serves nothing: cold starts and idle time."""
    _refuse_negative(wakes_per_day, cold_start_seconds, idle_timeout_seconds)
    return wakes_per_day * (cold_start_seconds + idle_timeout_seconds) / SECONDS_PER_HOUR


def serverless_usd_per_day(
    *, busy_hours_per_day: Decimal, overhead_hours: Decimal, usd_per_worker_hour: Decimal
) -> Decimal:
    """What one worker's day costs [USD], unrounded."""
    _refuse_negative(busy_hours_per_day, overhead_hours, usd_per_worker_hour)
    return usd_per_worker_hour * (busy_hours_per_day + overhead_hours)


def crossover(
    *,
    usd_per_pod_hour: Decimal,
    usd_per_worker_hour: Decimal,
    overhead_hours: Decimal,
    tokens_per_second: Decimal,
) -> Crossover:
    """Busy hours and tokens a day at which a pod of 24 hours costs as much as serverless.

    overhead_hours     [h/day] from `overhead_hours_per_day`
    tokens_per_second  of one worker while it is busy

    Raises ValueError for a price that is not above 0, and for a negative quantity.

    >>> crossover(usd_per_pod_hour=Decimal("0.5"), usd_per_worker_hour=Decimal(1),
    ...           overhead_hours=Decimal(0), tokens_per_second=Decimal(1000))
    Crossover(busy_hours_per_day=Decimal('12.0'), tokens_per_day=Decimal('43200000.0'))
    """
    if usd_per_pod_hour <= 0 or usd_per_worker_hour <= 0:
        raise ValueError(
            "both prices must be above 0 USD/h, got "
            f"{usd_per_pod_hour} and {usd_per_worker_hour}"
        )
    _refuse_negative(overhead_hours, tokens_per_second)
    paid = HOURS_PER_DAY * usd_per_pod_hour / usd_per_worker_hour
    busy = max(paid - overhead_hours, Decimal(0))
    return Crossover(busy, busy * SECONDS_PER_HOUR * tokens_per_second)


def _refuse_negative(*quantities: Decimal) -> None:
    for quantity in quantities:
        if quantity < 0:
            raise ValueError(f"a quantity must be 0 or more, got {quantity}")
