"""What spot costs per hour of use: the money's arithmetic, without the fleet knowing it.

`SPOT_RECKONING` names a callable `(SpotQuestion) -> SpotReckoning`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from django.conf import settings
from django.utils.module_loading import import_string


@dataclass(frozen=True, slots=True)
class SpotQuestion:
    """Prices [USD/h] of a replica with its disk, interruptions [1/h], loading [h]."""

    usd_per_spot_hour: Decimal
    usd_per_on_demand_hour: Decimal
    interruptions_per_hour: Decimal
    load_hours: Decimal


@dataclass(frozen=True, slots=True)
class SpotReckoning:
    """What an hour of serving costs [USD/h], and up to which rate [1/h] spot is cheaper.

    None where it is unknown; the reason says why.
    """

    usd_per_useful_hour: Decimal | None
    useful_reason: str
    break_even_per_hour: Decimal | None
    break_even_reason: str
    is_cheaper: bool | None


def reckon(question: SpotQuestion) -> SpotReckoning:
    """The answer of the callable that settings name. Raises ImportError."""
    answer: Callable[[SpotQuestion], SpotReckoning] = import_string(settings.SPOT_RECKONING)
    return answer(question)
