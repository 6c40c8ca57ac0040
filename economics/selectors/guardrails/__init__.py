"""What the guardrails see: money, machines, limits and open trips."""

from economics.selectors.guardrails.limits import current_limits, limits_of
from economics.selectors.guardrails.observations import World, observe, read_world
from economics.selectors.guardrails.trips import open_keys, open_trips

__all__ = [
    "World",
    "current_limits",
    "limits_of",
    "observe",
    "open_keys",
    "open_trips",
    "read_world",
]
