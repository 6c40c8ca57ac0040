"""Candidates of a decision with plain numbers that can be followed by hand."""

from __future__ import annotations

from decimal import Decimal

from economics.calc.decide import Candidate, Figure, Input
from economics.calc.gates import FIELDS, Evidence, Policy, policy_of, texts_of
from economics.calc.unknown import Unknown

_SAFER = policy_of({each.name: each.example for each in FIELDS})
assert isinstance(_SAFER, Policy)
SAFER: Policy = _SAFER
_FOUNDING = policy_of(
    texts_of(SAFER)
    | {
        "most_market_share": "1",
        "least_demand_trend": "",
        "most_model_age_days": "",
        "price_quantile": "0.5",
        "gpu_price_factor": "1",
        "most_break_even_utilization": "0.8",
        "most_utilization": "0.8",
        "least_runway_days": "",
    }
)
assert isinstance(_FOUNDING, Policy)
FOUNDING: Policy = _FOUNDING


def figure(low: str, mid: str, high: str) -> Figure:
    return Figure(Decimal(low), Decimal(mid), Decimal(high), "by hand")


def flat(value: str) -> Figure:
    return figure(value, value, value)


def seen(value: str | None, reason: str = "nobody looked") -> Evidence:
    return Evidence(Unknown(reason) if value is None else Decimal(value), "by hand")


def candidate(
    key: str = "llama-4090",
    *,
    rent: str | Figure = "0.34",
    price: str | Figure = "0.0357",
    demand: str | Figure = "363500000",
    speed: str | Figure = "500000000",
    balance: str | None = "10000",
    at_policy: str | None = None,
    **columns: object,
) -> Candidate:
    """Llama 3.1 8B on an RTX 4090, unless told otherwise."""
    figures = {
        name: value if isinstance(value, Figure) else flat(value)
        for name, value in (
            (Input.PRICE, price),
            (Input.DEMAND, demand),
            (Input.RENT, rent),
            (Input.SPEED, speed),
        )
    }
    mid = figures[Input.PRICE].mid
    defaults: dict[str, object] = {
        "title": key,
        "model": "llama-3.1-8b",
        "cannot_run": (),
        "price_at_policy": Evidence(
            mid if at_policy is None else Decimal(at_policy), "by hand"
        ),
        "market_tokens": seen("7270000000"),
        "parameters_billion": Decimal("8.03"),
        "rivals": seen("5"),
        "age_days": seen("400"),
        "has_successor": False,
        "successor_share": seen(None),
        "balance": seen(balance, "the balance was not read"),
    }
    return Candidate(key=key, figures=figures, **(defaults | columns))  # type: ignore[arg-type]
