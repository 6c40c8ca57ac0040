"""Everything that can be set about one sandbox, in one place."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Literal

EngineChoice = Literal["auto", "vllm", "replay"]
ENGINE_CHOICES: tuple[EngineChoice, ...] = ("auto", "vllm", "replay")


@dataclass(frozen=True)
class SandboxSettings:
    """How one sandbox behaves.

    state_dir                folder that keeps pods, volumes and the balance
    engine                   what new pods run; a pod's KERNE_SANDBOX_ENGINE overrides it
    vllm_python              interpreter that has vLLM, or None
    opening_balance_usd      credit of a new account (an existing one keeps its own)
    provisioning_seconds     time in PROVISIONING
    starting_seconds         time in STARTING
    replay_load_seconds      from STARTING until a replay engine answers
    download_gb_per_second   a replay's first load of a model's weights; 0 takes no time
    volume_gb_per_second     later loads, from a network volume that keeps them; 0 likewise
    serverless_cold_start_seconds  of a worker, before its weights load
    serverless_fee_share     the platform's fee as a share of a worker's compute
    spot_interruptions_per_hour  of each pod of the spot market
    spot_seed                what its prices and interruptions follow from
    billing_run_seconds      period of the billing run; what it has not seen yet is missing
                             from billing and balance. 0 means billed at once
    requests_per_minute      quota per key; the hour allows 50 times, the day 800 times that
    max_vllm_engines         real engines at a time; pods beyond that replay
    tick_seconds             how often time passes without a request; 0 means never
    proxy_silence_seconds    the proxy gives up (524) on an engine silent for so long
    """

    state_dir: Path
    engine: EngineChoice = "auto"
    vllm_python: Path | None = None
    opening_balance_usd: Decimal = Decimal("500.00")
    provisioning_seconds: float = 1.0
    starting_seconds: float = 1.0
    replay_load_seconds: float = 0.5
    download_gb_per_second: float = 0.0
    volume_gb_per_second: float = 0.0
    serverless_cold_start_seconds: float = 2.0
    serverless_fee_share: Decimal = Decimal(0)
    spot_interruptions_per_hour: float = 0.05
    spot_seed: str = "spot"
    billing_run_seconds: int = 300
    requests_per_minute: int = 1200
    max_vllm_engines: int = 2
    tick_seconds: float = 0.25
    proxy_silence_seconds: float = 100.0
