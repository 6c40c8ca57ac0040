"""Small questions about schedules, in round numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from economics.calc.token_mix import TokenCounts, TokenRates
from economics.calc.unit_cost import TokenSeconds
from economics.planner.schedule.problem import Candidate, ModelDemand, Problem

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
# One completion token takes a second of a replica, and earns a thousandth of a dollar: a
# replica does 3,600 tokens in an hour, and earns $3.60 with them.
ONE_A_SECOND = TokenSeconds(Decimal(0), Decimal(0), Decimal(1))
A_THOUSANDTH = TokenRates(Decimal(0), Decimal(0), Decimal("0.001"))


def demand(*completions: int, model: str = "qwen", **more: object) -> ModelDemand:
    """Completion tokens hour by hour; one request of 100 tokens each."""
    values: dict[str, object] = {
        "model": model,
        "tokens": tuple(TokenCounts(completion=count) for count in completions),
        "requests": tuple(count // 100 for count in completions),
        "net_rates": A_THOUSANDTH,
    }
    return ModelDemand(**{**values, **more})  # type: ignore[arg-type]


def candidate(key: str = "h100", usd: str = "2", **more: object) -> Candidate:
    values: dict[str, object] = {
        "key": key,
        "model": "qwen",
        "usd_per_hour": Decimal(usd),
        "seconds": ONE_A_SECOND,
    }
    return Candidate(**{**values, **more})  # type: ignore[arg-type]


def problem(*parts: ModelDemand | Candidate, **more: object) -> Problem:
    demands = tuple(each for each in parts if isinstance(each, ModelDemand))
    candidates = tuple(each for each in parts if isinstance(each, Candidate))
    return Problem(MONDAY, demands, candidates, **more)  # type: ignore[arg-type]
