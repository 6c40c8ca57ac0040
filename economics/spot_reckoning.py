"""What spot costs per hour of use, for the fleet's plans. Named in SPOT_RECKONING."""

from __future__ import annotations

from economics.calc.spot import break_even_interruptions_per_hour, usd_per_useful_hour
from economics.calc.unknown import Unknown
from fleet.services.spot_reckoning import SpotQuestion, SpotReckoning


def reckon(question: SpotQuestion) -> SpotReckoning:
    """The formulas of docs/formulas/spot-reload.md; no work is lost but the loading."""
    useful = usd_per_useful_hour(
        usd_per_spot_hour=question.usd_per_spot_hour,
        interruptions_per_hour=question.interruptions_per_hour,
        load_hours=question.load_hours,
    )
    rate = break_even_interruptions_per_hour(
        usd_per_spot_hour=question.usd_per_spot_hour,
        usd_per_on_demand_hour=question.usd_per_on_demand_hour,
        load_hours=question.load_hours,
    )
    cheaper = None
    if not isinstance(useful, Unknown):
        cheaper = useful < question.usd_per_on_demand_hour
    return SpotReckoning(
        usd_per_useful_hour=None if isinstance(useful, Unknown) else useful,
        useful_reason=useful.reason if isinstance(useful, Unknown) else "",
        break_even_per_hour=None if isinstance(rate, Unknown) else rate,
        break_even_reason=rate.reason if isinstance(rate, Unknown) else "",
        is_cheaper=cheaper,
    )
