"""The options of a plan as CSV: every one that is looked at, with every decimal."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.calc.unit_cost import peak_tokens_per_second
from economics.calc.unknown import Unknown
from economics.planner.money import OptionMoney
from economics.planner.option import PlanOption
from economics.selectors.plan import PlanAnswer
from economics.views.plan_asked import answer_of
from fleet.access import viewer_required
from fleet.csv_files import write_rows

COLUMNS = (
    *("rank", "model", "provider", "cloud", "rental_kind", "gpu_type_id", "gpu"),
    *("gpu_count", "precision", "repository", "fits", "reasons"),
    *("context_tokens", "kv_cache_tokens", "usd_per_replica_hour", "usd_per_gpu_hour"),
    *("usd_per_day", "tokens_per_second_when_full", "output_tokens_per_second"),
    *("requests_at_once", "ttft_ms", "tpot_ms", "speed_evidence", "speed_source"),
    *("speed_low_factor", "speed_high_factor", "cost_usd_per_million_tokens"),
    *("cost_usd_per_million_uncached_prompt", "cost_usd_per_million_cached_prompt"),
    *("cost_usd_per_million_completion", "break_even_utilization"),
    *("break_even_tokens_per_day", "break_even_utilization_at_market_price"),
    *("profit_usd_per_day", "verdict", "start_seconds", "usd_per_start"),
    *("price_source", "price_observed_at_utc", "price_is_stale", "unknown_because"),
)


@require_GET
@viewer_required
def plan_csv(request: HttpRequest) -> HttpResponse:
    """What is filtered; 422 with the sentences where the question is wrong."""
    seen = answer_of(request.GET, now=timezone.now())
    if seen.answer is None:
        said = [text for texts in seen.form.errors.values() for text in texts]
        return HttpResponse(
            "\n".join(map(str, said)), content_type="text/plain; charset=utf-8", status=422
        )
    model = seen.answer.facts.model.slug
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="plan-{model}.csv"'},
    )
    write_rows(COLUMNS, csv_rows(seen.answer), response.write)
    return response


def csv_rows(found: PlanAnswer) -> Iterator[list[object]]:
    """A row an option, in the order of the page; empty where a figure is not known."""
    for rank, option in enumerate(found.options, start=1):
        cells = {"rank": rank, "model": found.facts.model.slug} | cells_of(option, found)
        yield [plain(cells[name]) for name in COLUMNS]


def plain(value: Any) -> object:
    """A cell: nothing for what is not known, words for a flag."""
    if value is None or isinstance(value, Unknown):
        return ""
    return str(value).lower() if isinstance(value, bool) else value


def cells_of(option: PlanOption, found: PlanAnswer) -> dict[str, Any]:
    """The columns of an option but its rank."""
    machine, price, day = option.machine, option.machine.price, option.ours.day
    return {
        "provider": machine.provider,
        "cloud": machine.cloud,
        "rental_kind": machine.kind,
        "gpu_type_id": machine.gpu_type_id,
        "gpu": machine.gpu_name,
        "gpu_count": machine.gpu_count,
        "precision": machine.precision,
        "repository": machine.repository,
        "fits": machine.fitting.ok,
        "reasons": " ".join(machine.fitting.reasons),
        "context_tokens": found.question.needed_model_len,
        "kv_cache_tokens": machine.fitting.kv_tokens,
        "usd_per_replica_hour": option.usd_per_hour,
        "usd_per_gpu_hour": price.usd_per_gpu_hour,
        "usd_per_day": option.usd_per_day,
        **speed_cells(option, found),
        **cost_cells(option),
        "break_even_utilization": break_even(option.ours),
        "break_even_tokens_per_day": (
            None if isinstance(day, Unknown) else day.break_even_tokens
        ),
        "break_even_utilization_at_market_price": break_even(option.market),
        "profit_usd_per_day": None if isinstance(day, Unknown) else day.profit_usd,
        "verdict": option.ours.verdict.value,
        "start_seconds": machine.start_seconds,
        "usd_per_start": option.start_usd,
        "price_source": machine.price_source,
        "price_observed_at_utc": f"{price.observed_at:%Y-%m-%dT%H:%M:%SZ}",
        "price_is_stale": price.stale,
        "unknown_because": day.reason if isinstance(day, Unknown) else "",
    }


def speed_cells(option: PlanOption, found: PlanAnswer) -> dict[str, Any]:
    """How fast, and how that is known."""
    speed = option.machine.speed
    if isinstance(speed, Unknown):
        names = [name for name in COLUMNS if name.startswith(("speed_", "tokens_per"))]
        names += ["output_tokens_per_second", "requests_at_once", "ttft_ms", "tpot_ms"]
        return dict.fromkeys(names)
    mix = found.what_if.assumed.mix
    return {
        "tokens_per_second_when_full": peak_tokens_per_second(
            speed.throughput.seconds, mix
        ),
        "output_tokens_per_second": speed.output_tokens_per_second,
        "requests_at_once": speed.concurrency,
        "ttft_ms": speed.ttft_ms,
        "tpot_ms": speed.tpot_ms,
        "speed_evidence": speed.kind,
        "speed_source": speed.source,
        "speed_low_factor": speed.low,
        "speed_high_factor": speed.high,
    }


def cost_cells(option: PlanOption) -> dict[str, Any]:
    """What a million tokens cost: of the mix, and of each class."""
    cost = option.ours.cost
    if isinstance(cost, Unknown):
        return dict.fromkeys(name for name in COLUMNS if name.startswith("cost_usd_"))
    return {
        "cost_usd_per_million_tokens": cost.blended,
        "cost_usd_per_million_uncached_prompt": cost.uncached_prompt,
        "cost_usd_per_million_cached_prompt": cost.cached_prompt,
        "cost_usd_per_million_completion": cost.completion,
    }


def break_even(money: OptionMoney | Unknown) -> Decimal | None:
    """Utilization [1] of break-even; None where it is not known or there is none."""
    day = money if isinstance(money, Unknown) else money.day
    if isinstance(day, Unknown) or isinstance(day.break_even, Unknown):
        return None
    return day.break_even.utilization
