"""The schema of a plan's answer, which `economics.selectors.plan_json` gives."""

from __future__ import annotations

from economics.planner.money import PlanVerdict
from kerne_site.api import schemas as s

QUESTION = s.record(
    prompt_tokens_per_request=s.WHOLE,
    cached_share=s.DECIMAL,
    completion_tokens_per_request=s.WHOLE,
    max_model_len_tokens=s.WHOLE,
    concurrency=s.or_null(s.WHOLE),
    max_tpot_ms=s.or_null(s.DECIMAL),
    max_ttft_ms=s.or_null(s.DECIMAL),
    gpu_memory_utilization=s.DECIMAL,
    utilization=s.DECIMAL,
    price_factor=s.DECIMAL,
    gpu_price_factor=s.DECIMAL,
    take_rate=s.DECIMAL,
    hours_per_day=s.DECIMAL,
    starts_per_day=s.WHOLE,
    load_gb_per_second=s.DECIMAL,
)
PRICES = s.record(
    uncached_prompt_usd_per_token=s.or_unknown(s.DECIMAL),
    cached_prompt_usd_per_token=s.or_unknown(s.DECIMAL),
    completion_usd_per_token=s.or_unknown(s.DECIMAL),
    source=s.described(s.TEXT, "Where they are from; empty without any."),
)
COST = s.record(
    blended=s.described(s.DECIMAL, "Of the mix."),
    uncached_prompt=s.DECIMAL,
    cached_prompt=s.DECIMAL,
    completion=s.DECIMAL,
)
MONEY = s.record(
    profit_usd_per_day=s.or_unknown(s.DECIMAL),
    tokens_per_day=s.or_unknown(s.DECIMAL),
    break_even_utilization=s.or_unknown(
        s.described(s.DECIMAL, "Above 1 it cannot break even.")
    ),
    break_even_tokens_per_day=s.or_unknown(s.DECIMAL),
    can_break_even=s.or_unknown(s.FLAG),
    cost_usd_per_million=s.or_unknown(COST),
)
SPEED = s.record(
    output_tokens_per_second=s.described(s.DECIMAL, "Of a full replica."),
    ttft_ms=s.or_unknown(s.DECIMAL),
    tpot_ms=s.DECIMAL,
    concurrency=s.WHOLE,
    limited_by=s.TEXT,
    evidence=s.described(s.TEXT, "Measured, published, estimated or by the roofline."),
    source=s.TEXT,
    dated=s.or_null(s.DAY),
    low_factor=s.described(s.DECIMAL, "The low end of the error band, times this."),
    high_factor=s.DECIMAL,
)
OPTION = s.record(
    key=s.described(s.TEXT, "Stable name of the option."),
    provider=s.TEXT,
    cloud=s.TEXT,
    rental_kind=s.TEXT,
    gpu_type_id=s.TEXT,
    gpu_name=s.TEXT,
    gpu_count=s.WHOLE,
    precision=s.TEXT,
    repository=s.TEXT,
    fits=s.FLAG,
    reasons=s.described(s.many(s.TEXT), "Why it does not fit."),
    smallest_changes=s.or_unknown(s.many(s.TEXT)),
    short_gib_per_gpu=s.or_null(
        s.described(s.DECIMAL, "Missing memory, where that is the reason.")
    ),
    kv_cache_tokens=s.or_unknown(s.WHOLE),
    memory_gib_per_gpu=s.table(s.DECIMAL),
    usd_per_replica_hour=s.described(s.DECIMAL, "USD, with disks that are known."),
    usd_per_gpu_hour=s.DECIMAL,
    price_source=s.TEXT,
    price_observed_at=s.INSTANT,
    price_is_stale=s.FLAG,
    is_orderable_here=s.FLAG,
    usd_per_day=s.DECIMAL,
    start_seconds=s.described(s.DECIMAL, "From the create to the first answer."),
    start_usd=s.DECIMAL,
    verdict=s.words(*PlanVerdict),
    speed=s.or_unknown(SPEED),
    at_our_price=MONEY,
    at_market_price=s.or_unknown(MONEY),
)
PLAN_ANSWER = s.record(
    as_of=s.INSTANT,
    model=s.TEXT,
    question=QUESTION,
    mix=s.described(s.table(s.DECIMAL), "Shares of the token classes."),
    our_prices=PRICES,
    speeds_being_worked_out=s.described(s.WHOLE, "Ask again while it is above 0."),
    options=s.described(
        s.many(OPTION), "Cheapest token first; at the end what does not fit."
    ),
)
