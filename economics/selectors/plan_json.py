"""A plan's answer as plain JSON: the same for the command and the API.

Money and rates are strings, so that no reader makes a float of them by accident; each
name carries its unit; what is not known is null, with the reason beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from economics.calc.token_mix import TokenRates
from economics.calc.unit_cost import UnitCost
from economics.calc.unknown import Unknown
from economics.planner.money import OptionMoney
from economics.planner.option import PlanOption
from economics.selectors.plan import PlanAnswer


def plan_json(found: PlanAnswer, options: Sequence[PlanOption]) -> dict[str, Any]:
    """The question, what is assumed, and the options."""
    asked, one = found.question, found.what_if
    shares = one.assumed.mix.shares
    return {
        "model": found.facts.model.slug,
        "question": {
            "prompt_tokens_per_request": asked.prompt_tokens,
            "cached_share": text(asked.cached_share),
            "completion_tokens_per_request": asked.completion_tokens,
            "max_model_len_tokens": asked.needed_model_len,
            "concurrency": asked.concurrency,
            "max_tpot_ms": text(asked.max_tpot_ms),
            "max_ttft_ms": text(asked.max_ttft_ms),
            "utilization": text(asked.utilization),
            "take_rate": text(asked.take_rate),
        },
        "mix": {name: text(share) for name, share in shares.items()},
        "our_prices": rates_json(one.rates) | {"source": found.prices_source},
        "speeds_being_worked_out": len(found.missing),
        "options": [option_json(option) for option in options],
    }


def rates_json(rates: TokenRates | Unknown) -> dict[str, Any]:
    """Prices per token of each class; null where there is none."""
    names = ("uncached_prompt", "cached_prompt", "completion")
    return {
        f"{name}_usd_per_token": (
            None if isinstance(rates, Unknown) else text(getattr(rates, name))
        )
        for name in names
    }


def option_json(option: PlanOption) -> dict[str, Any]:
    """One option."""
    machine = option.machine
    fitting, speed = machine.fitting, machine.speed
    told: dict[str, Any] = {
        "key": machine.key,
        "provider": machine.provider,
        "cloud": machine.cloud,
        "rental_kind": machine.kind,
        "gpu_type_id": machine.gpu_type_id,
        "gpu_count": machine.gpu_count,
        "precision": machine.precision,
        "repository": machine.repository,
        "fits": fitting.ok,
        "reasons": list(fitting.reasons),
        "smallest_changes": list(fitting.changes),
        "short_gib_per_gpu": text(fitting.short_gib),
        "kv_cache_tokens": fitting.kv_tokens,
        "memory_gib_per_gpu": {term.name: text(term.gib) for term in fitting.memory},
        "usd_per_replica_hour": text(option.usd_per_hour),
        "usd_per_gpu_hour": text(machine.price.usd_per_gpu_hour),
        "price_source": machine.price.source,
        "price_observed_at": machine.price.observed_at.isoformat(),
        "price_is_stale": machine.price.stale,
        "usd_per_day": text(option.usd_per_day),
        "start_seconds": text(machine.start_seconds),
        "start_usd": text(option.start_usd),
        "verdict": option.ours.verdict.value,
    }
    told |= {"speed": None, "speed_unknown_because": ""}
    if isinstance(speed, Unknown):
        told["speed_unknown_because"] = speed.reason
    else:
        told["speed"] = {
            "output_tokens_per_second": text(speed.output_tokens_per_second),
            "ttft_ms": text(speed.ttft_ms),
            "tpot_ms": text(speed.tpot_ms),
            "concurrency": speed.concurrency,
            "evidence": speed.kind,
            "source": speed.source,
            "dated": speed.dated.isoformat() if speed.dated else None,
            "low_factor": text(speed.low),
            "high_factor": text(speed.high),
        }
    told["at_our_price"] = money_json(option.ours)
    market = option.market
    told["at_market_price"] = (
        {"unknown_because": market.reason}
        if isinstance(market, Unknown)
        else money_json(market)
    )
    return told


def money_json(money: OptionMoney) -> dict[str, Any]:
    """Cost per million, break-even and profit; null with the reason where unknown."""
    day, cost = money.day, money.cost
    if isinstance(day, Unknown):
        return {"unknown_because": day.reason} | cost_json(cost)
    meets = day.break_even
    never = isinstance(meets, Unknown)
    told: dict[str, Any] = {
        "profit_usd_per_day": text(day.profit_usd),
        "tokens_per_day": text(day.tokens),
        "break_even_utilization": None
        if isinstance(meets, Unknown)
        else text(meets.utilization),
        "break_even_tokens_per_day": (
            None
            if isinstance(day.break_even_tokens, Unknown)
            else text(day.break_even_tokens)
        ),
        "break_even_unknown_because": meets.reason if isinstance(meets, Unknown) else "",
        "can_break_even": not never and day.can_break_even,
    }
    return told | cost_json(cost)


def cost_json(cost: UnitCost | Unknown) -> dict[str, Any]:
    """What a million tokens of each class cost, or why that is not known."""
    if isinstance(cost, Unknown):
        return {"cost_unknown_because": cost.reason}
    return {
        "cost_usd_per_million": {
            "blended": text(cost.blended),
            "uncached_prompt": text(cost.uncached_prompt),
            "cached_prompt": text(cost.cached_prompt),
            "completion": text(cost.completion),
        }
    }


def text(value: Decimal | None) -> str | None:
    """An exact number without an exponent, at most 12 decimals."""
    if value is None:
        return None
    rounded = round(value, 12)
    plain = f"{rounded:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain
