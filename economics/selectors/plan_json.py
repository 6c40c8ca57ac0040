"""A plan's answer as plain JSON: the same for the command and the API.

Money and rates are strings, so that no reader makes a float of them by accident; each
name carries its unit; what is not known is null, with the reason beside it in
`<name>_unknown_because`. Every field is always there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any

from economics.calc.token_mix import TokenRates
from economics.calc.unit_cost import UnitCost
from economics.calc.unknown import Unknown
from economics.planner.money import OptionMoney
from economics.planner.option import PlanOption, Speed
from economics.planner.question import PlanQuestion
from economics.selectors.plan import PlanAnswer

DECIMALS = 12
DIGITS = 60  # of the arithmetic that rounds: a large amount keeps its 12 decimals
BECAUSE = "_unknown_because"
DAY_FIGURES = (
    *("profit_usd_per_day", "tokens_per_day", "break_even_utilization"),
    *("break_even_tokens_per_day", "can_break_even"),
)
NO_TTFT = Unknown("no evidence tells the time to the first token")
NO_TOKENS = Unknown("the cache could not be worked out; see reasons")
NOT_LOOKED_FOR = Unknown("not looked for; ask with changes")


def plan_json(found: PlanAnswer, *, with_changes: bool) -> dict[str, Any]:
    """The question, what is assumed, and the options of `found`.

    with_changes  whether the answer was asked for what would make a shape fit
    """
    one = found.what_if
    shares = one.assumed.mix.shares
    return {
        "model": found.facts.model.slug,
        "question": question_json(found.question),
        "mix": {name: text(share) for name, share in shares.items()},
        "our_prices": prices_json(one.rates, found.prices_source),
        "speeds_being_worked_out": len(found.missing),
        "options": [
            option_json(option, with_changes=with_changes) for option in found.options
        ],
    }


def question_json(asked: PlanQuestion) -> dict[str, Any]:
    """Every field of the question but its prices, which stand beside it."""
    return {
        "prompt_tokens_per_request": asked.prompt_tokens,
        "cached_share": text(asked.cached_share),
        "completion_tokens_per_request": asked.completion_tokens,
        "max_model_len_tokens": asked.needed_model_len,
        "concurrency": asked.concurrency,
        "max_tpot_ms": text(asked.max_tpot_ms),
        "max_ttft_ms": text(asked.max_ttft_ms),
        "gpu_memory_utilization": text(asked.gpu_memory_utilization),
        "utilization": text(asked.utilization),
        "price_factor": text(asked.price_factor),
        "gpu_price_factor": text(asked.gpu_price_factor),
        "take_rate": text(asked.take_rate),
        "hours_per_day": text(asked.hours),
        "starts_per_day": asked.starts,
        "load_gb_per_second": text(asked.load_gb_per_second),
    }


def prices_json(rates: TokenRates | Unknown, source: str) -> dict[str, Any]:
    """Our prices as they are reckoned with; null where there is none."""
    classes = ("uncached_prompt", "cached_prompt", "completion")
    told: dict[str, Any] = {}
    for name in classes:
        rate = rates if isinstance(rates, Unknown) else getattr(rates, name)
        told |= known(f"{name}_usd_per_token", rate)
    return told | {"source": source}


def option_json(option: PlanOption, *, with_changes: bool) -> dict[str, Any]:
    """One option."""
    machine = option.machine
    fitting, price = machine.fitting, machine.price
    changes = list(fitting.changes) if with_changes or fitting.ok else NOT_LOOKED_FOR
    return {
        "key": machine.key,
        "provider": machine.provider,
        "cloud": machine.cloud,
        "rental_kind": machine.kind,
        "gpu_type_id": machine.gpu_type_id,
        "gpu_name": machine.gpu_name,
        "gpu_count": machine.gpu_count,
        "precision": machine.precision,
        "repository": machine.repository,
        "fits": fitting.ok,
        "reasons": list(fitting.reasons),
        **known("smallest_changes", changes),
        "short_gib_per_gpu": text(fitting.short_gib),
        **known("kv_cache_tokens", _or(fitting.kv_tokens, NO_TOKENS)),
        "memory_gib_per_gpu": {term.name: text(term.gib) for term in fitting.memory},
        "usd_per_replica_hour": text(option.usd_per_hour),
        "usd_per_gpu_hour": text(price.usd_per_gpu_hour),
        "price_source": machine.price_source,
        "price_observed_at": instant(price.observed_at),
        "price_is_stale": price.stale,
        "is_orderable_here": price.rentable,
        "usd_per_day": text(option.usd_per_day),
        "start_seconds": text(machine.start_seconds),
        "start_usd": text(option.start_usd),
        "verdict": option.ours.verdict.value,
        **known("speed", _each(machine.speed, speed_json)),
        "at_our_price": money_json(option.ours),
        **known("at_market_price", _each(option.market, money_json)),
    }


def speed_json(speed: Speed) -> dict[str, Any]:
    """How fast a full replica is, and how that is known."""
    return {
        "output_tokens_per_second": text(speed.output_tokens_per_second),
        **known("ttft_ms", _or(speed.ttft_ms, NO_TTFT)),
        "tpot_ms": text(speed.tpot_ms),
        "concurrency": speed.concurrency,
        "limited_by": speed.limited_by,
        "evidence": speed.kind,
        "source": speed.source,
        "dated": speed.dated.isoformat() if speed.dated else None,
        "low_factor": text(speed.low),
        "high_factor": text(speed.high),
    }


def money_json(money: OptionMoney) -> dict[str, Any]:
    """Cost per million, break-even and profit; null with the reason where unknown."""
    day = money.day
    if isinstance(day, Unknown):
        figures: dict[str, Any] = dict.fromkeys(DAY_FIGURES, day)
    else:
        meets = day.break_even
        share = meets if isinstance(meets, Unknown) else meets.utilization
        figures = {
            "profit_usd_per_day": day.profit_usd,
            "tokens_per_day": day.tokens,
            "break_even_utilization": share,
            "break_even_tokens_per_day": day.break_even_tokens,
            "can_break_even": day.can_break_even,
        }
    figures["cost_usd_per_million"] = _each(money.cost, cost_json)
    told: dict[str, Any] = {}
    for name, value in figures.items():
        told |= known(name, value)
    return told


def cost_json(cost: UnitCost) -> dict[str, Any]:
    """[USD / 1M tokens] of the mix, and of each class."""
    return {
        "blended": text(cost.blended),
        "uncached_prompt": text(cost.uncached_prompt),
        "cached_prompt": text(cost.cached_prompt),
        "completion": text(cost.completion),
    }


def known(name: str, value: Any) -> dict[str, Any]:
    """A field with its value, or null and the reason beside it."""
    if isinstance(value, Unknown):
        return {name: None, name + BECAUSE: value.reason}
    return {name: text(value) if isinstance(value, Decimal) else value}


def text(value: Decimal | None) -> str | None:
    """A number without an exponent, at most 12 decimals; None stays None."""
    if value is None:
        return None
    with localcontext(prec=DIGITS):
        rounded = round(value, DECIMALS)
    if not rounded:  # "-0" is a loss of nothing
        return "0"
    plain = f"{rounded:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def instant(at: datetime) -> str:
    """An instant as 2026-03-04T16:20:00Z."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _or(value: Any, unknown: Unknown) -> Any:
    return unknown if value is None else value


def _each(value: Any, form: Any) -> Any:
    return value if isinstance(value, Unknown) else form(value)
