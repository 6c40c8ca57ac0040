"""When a pod is cheaper than serverless. Named in settings as SERVERLESS_CROSSOVER."""

from __future__ import annotations

from decimal import Decimal

from economics.calc.serverless import crossover, overhead_hours_per_day
from fleet.selectors.crossover import CrossoverAsk, CrossoverPoint


def point_of(ask: CrossoverAsk) -> CrossoverPoint:
    """Busy hours and tokens a day above which the pod is cheaper.

    Raises ValueError for a price that is not above 0.
    """
    speed = ask.tokens_per_second
    found = crossover(
        usd_per_pod_hour=ask.usd_per_pod_hour,
        usd_per_worker_hour=ask.usd_per_worker_hour,
        overhead_hours=overhead_hours_per_day(
            wakes_per_day=ask.wakes_per_day.value,
            cold_start_seconds=ask.cold_start_seconds.value,
            idle_timeout_seconds=Decimal(ask.idle_timeout_seconds),
        ),
        tokens_per_second=speed.value if speed else Decimal(0),
    )
    return CrossoverPoint(found.busy_hours_per_day, found.tokens_per_day if speed else None)
