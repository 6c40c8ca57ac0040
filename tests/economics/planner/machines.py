"""Machines of stated figures, for tests of ranking, comparing and drawing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from economics.calc.token_mix import TokenRates
from economics.calc.unit_cost import TokenSeconds
from economics.calc.unknown import Unknown
from economics.market.public import mix_of
from economics.planner.money import Assumptions, Throughput
from economics.planner.option import Fitting, Machine, Price, Speed, WhatIf

SEEN = datetime(2026, 11, 24, 12, tzinfo=UTC)
MIX = mix_of(prompt_tokens=1_000, cached_share=Decimal("0.26"), completion_tokens=100)
RATES = TokenRates.from_per_million(
    uncached_prompt=Decimal("0.10"),
    cached_prompt=Decimal("0.05"),
    completion=Decimal("0.20"),
)


def make_speed(seconds_per_output: str = "0.0005", *, low: str = "0.8") -> Speed:
    out = Decimal(seconds_per_output)
    return Speed(
        throughput=Throughput(TokenSeconds(out / 10, out / 100, out), Decimal(low)),
        high=Decimal("1.2"),
        kind="published",
        source="a benchmark",
        dated=date(2026, 5, 1),
        concurrency=64,
        output_tokens_per_second=1 / out,
        ttft_ms=Decimal(200),
        tpot_ms=Decimal(20),
    )


def make_machine(
    key: str = "one", *, usd: str = "0.74", gpus: int = 1, **changes: Any
) -> Machine:
    """A machine that fits and has a known speed, unless told otherwise."""
    machine = Machine(
        key=key,
        provider="runpod",
        cloud="secure",
        kind="on_demand",
        gpu_type_id="NVIDIA GeForce RTX 4090",
        gpu_name="RTX 4090",
        gpu_count=gpus,
        precision="bf16",
        repository="meta-llama/Llama-3.1-8B-Instruct",
        disk_gb=40,
        price=Price(Decimal(usd) * gpus, Decimal(usd), "a price list", SEEN),
        fitting=Fitting(ok=True, kv_tokens=30_000),
        speed=make_speed(),
        start_seconds=Decimal(120),
    )
    return replace(machine, **changes)


def make_what_if(utilization: str = "0.5", **changes: Any) -> WhatIf:
    what_if = WhatIf(
        assumed=Assumptions(MIX, Decimal(utilization)),
        rates=RATES,
        market=Unknown("no price of it is known"),
    )
    return replace(what_if, **changes)
