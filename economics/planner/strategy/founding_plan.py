"""The founding plan of 2026-02-12: GLM-5 beside small models, as it was written."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from economics.planner.strategy.plan import (
    KindClaim,
    ModelClaim,
    PlanTier,
    Range,
    RentClaim,
    StrategyPlan,
    SumClaim,
    WordClaim,
)

A100, H100, RTX_4090 = "A100 80GB", "H100 80GB", "RTX 4090"
MILLION = Decimal(1_000_000)
FLAGS = (
    "--dtype auto",
    "--max-model-len 4096",
    "--gpu-memory-utilization 0.95",
    "--enable-prefix-caching",
    "--trust-remote-code",
)


def tokens(low: str, high: str | None = None) -> Range:
    """Millions of tokens a day."""
    return Range.of(low, high).times(MILLION)


TIERS = (
    PlanTier(
        key="glm-5-on-a-4090",
        title="GLM-5 on a single RTX 4090",
        section="Executive decision",
        model="glm-5",
        precision="fp8",
        gpu=RTX_4090,
        gpu_count=1,
        claims_to_run=False,
    ),
    PlanTier(
        key="minimum",
        title="GLM-5 minimum: INT4 on 5× A100 80GB",
        section="1. Hardware requirements",
        model="glm-5",
        precision="int4",
        gpu=A100,
        gpu_count=5,
        tensor_parallel=5,
        usd_per_hour=Range.of("7.50"),
    ),
    PlanTier(
        key="recommended",
        title="GLM-5 recommended: FP8 on 8× A100 80GB",
        section="1. Hardware requirements",
        model="glm-5",
        precision="fp8",
        gpu=A100,
        gpu_count=8,
        tensor_parallel=8,
        usd_per_hour=Range.of("12"),
        usd_per_day=Range.of("288"),
        prompt_usd_per_million=Decimal("1.00"),
        completion_usd_per_million=Decimal("2.00"),
        blended_usd_per_million=Range.of("1.50"),
        break_even_tokens_per_day=192 * MILLION,
        tokens_per_day=tokens("60", "80"),
        at_utilization=Range.of("0.5"),
        break_even_utilization=Range.of("0.8", "1.0"),
    ),
    PlanTier(
        key="throughput",
        title="GLM-5 for better throughput: FP8 on 8× H100 80GB",
        section="2. Recommended configuration",
        model="glm-5",
        precision="fp8",
        gpu=H100,
        gpu_count=8,
        tensor_parallel=8,
        usd_per_hour=Range.of("20"),
        usd_per_day=Range.of("480"),
        prompt_usd_per_million=Decimal("1.00"),
        completion_usd_per_million=Decimal("2.00"),
        blended_usd_per_million=Range.of("1.50"),
        tokens_per_day=tokens("60", "80"),
        at_utilization=Range.of("0.5"),
        break_even_utilization=Range.of("0.8", "1.0"),
    ),
    PlanTier(
        key="optimal",
        title="GLM-5 optimal: BF16 on 16× A100 80GB",
        section="1. Hardware requirements",
        model="glm-5",
        precision="bf16",
        gpu=A100,
        gpu_count=16,
        usd_per_hour=Range.of("24"),
    ),
    PlanTier(
        key="launch",
        title="Launch command: zai-org/GLM-5 with --dtype auto on 8× A100 80GB",
        section="5. Quick start commands",
        model="glm-5",
        precision="bf16",
        gpu=A100,
        gpu_count=8,
        tensor_parallel=8,
        max_model_len=4096,
        flags=FLAGS,
    ),
    PlanTier(
        key="launch-int4",
        title="Launch command: GLM-5-INT4 with --tensor-parallel-size 4",
        section="5. Quick start commands",
        model="glm-5",
        precision="int4",
        gpu=A100,
        gpu_count=4,
        tensor_parallel=4,
        max_model_len=8192,
        flags=("--dtype auto", "--max-model-len 8192"),
    ),
    PlanTier(
        key="at-60",
        title="GLM-5 profitable at 60 % utilization",
        section="6. Pricing strategy",
        model="glm-5",
        precision="fp8",
        gpu=H100,
        gpu_count=8,
        usd_per_day=Range.of("288", "480"),
        blended_usd_per_million=Range.of("1.50"),
        tokens_per_day=tokens("72", "96"),
        at_utilization=Range.of("0.6"),
        profit_usd_per_day=Range.of("200", "400"),
    ),
    PlanTier(
        key="at-80",
        title="GLM-5 profitable at 80 % utilization and above",
        section="10. Bottom line",
        model="glm-5",
        precision="fp8",
        gpu=H100,
        gpu_count=8,
        usd_per_day=Range.of("288", "480"),
        blended_usd_per_million=Range.of("1.50"),
        tokens_per_day=tokens("96", "160"),
        at_utilization=Range.of("0.8", "1.0"),
        break_even_utilization=Range.of("0.8"),
    ),
    PlanTier(
        key="fleet-2",
        title="Fleet 2: GLM-5 on 8× A100 80GB, spot",
        section="7. The hybrid fleet",
        model="glm-5",
        precision="fp8",
        gpu=A100,
        gpu_count=8,
        usd_per_day=Range.of("50", "150"),
        blended_usd_per_million=Range.of("1.50"),
        tokens_per_day=tokens("60", "80"),
        at_utilization=Range.of("0.5"),
        revenue_usd_per_day=Range.of("150", "400"),
        profit_usd_per_day=Range.of("0", "250"),
    ),
    PlanTier(
        key="scheduled",
        title="GLM-5 at scheduled hours, 8 h a day",
        section="4. Deployment options",
        model="glm-5",
        precision="fp8",
        gpu=A100,
        gpu_count=8,
        usd_per_hour=Range.of("12", "20"),
        hours_per_day=Decimal(8),
        usd_per_day=Range.of("96", "160"),
    ),
    PlanTier(
        key="tier-1",
        title="Tier 1: Llama 3.1 8B on an RTX 4090",
        section="4. Phase 1: start small",
        model="llama-3.1-8b",
        precision="bf16",
        gpu=RTX_4090,
        gpu_count=1,
        usd_per_day=Range.of("8.16"),
        blended_usd_per_million=Range.of("0.10", "0.20"),
        tokens_per_day=tokens("80", "120"),
        at_utilization=Range.of("0.4", "0.6"),
        revenue_usd_per_day=Range.of("50", "80"),
        profit_usd_per_day=Range.of("40", "70"),
    ),
    PlanTier(
        key="fleet-1",
        title="Fleet 1: small models on 1 to 2 RTX 4090",
        section="7. The hybrid fleet",
        model="llama-3.1-8b",
        precision="bf16",
        gpu=RTX_4090,
        gpu_count=1,
        usd_per_day=Range.of("8", "16"),
        revenue_usd_per_day=Range.of("60", "120"),
        profit_usd_per_day=Range.of("50", "100"),
        beside=("qwen-2.5-7b",),
    ),
)

TABLE_2 = "2. Why RunPod"
RENTS = (
    RentClaim("runpod-h100", TABLE_2, "runpod", "secure", H100, 8, Range.of("20", "30")),
    RentClaim("lambda-h100", TABLE_2, "lambda", "", H100, 8, Range.of("20", "25")),
    RentClaim("aws-h100", TABLE_2, "aws", "", H100, 8, Range.of("98")),
    RentClaim("digitalocean-h100", TABLE_2, "digitalocean", "", H100, 8, None),
    RentClaim("runpod-a100", TABLE_2, "runpod", "secure", A100, 8, Range.of("12", "15")),
    RentClaim("lambda-a100", TABLE_2, "lambda", "", A100, 8, Range.of("12", "15")),
    RentClaim("aws-a100", TABLE_2, "aws", "", A100, 8, Range.of("32")),
    RentClaim(
        "runpod-4090",
        "4. Phase 1: start small",
        "runpod",
        "community",
        RTX_4090,
        1,
        Range.of("0.34"),
    ),
)

MODELS = (
    ModelClaim("size", "Executive decision", "glm-5", parameters_billion=Decimal(750)),
    ModelClaim(
        "quantised", "5. Quick start commands", "glm-5", shrinks_by=Range.of("4", "8")
    ),
    ModelClaim(
        "market-rate",
        "6. Pricing strategy",
        "glm-5",
        market_prompt=Range.of("1.50", "2.00"),
        market_completion=Range.of("3.00", "4.00"),
    ),
    ModelClaim(
        "below-market",
        "6. Pricing strategy",
        "glm-5",
        own_prompt_is_below_market=Decimal("1.00"),
    ),
    ModelClaim("few-providers", "3. The profit problem", "glm-5", few_providers=True),
    ModelClaim(
        "small-models-rate",
        "3. The profit problem",
        "llama-3.1-8b",
        blended_usd_per_million=Range.of("0.10", "0.20"),
    ),
)

SUMS = (
    SumClaim(
        "total-profit",
        "7. The hybrid fleet",
        "profit of both fleets",
        (Range.of("50", "100"), Range.of("0", "250")),
        Range.of("50", "350"),
    ),
    SumClaim(
        "headline-profit",
        "10. Bottom line",
        "profit of the hybrid approach, as its headline states it",
        (Range.of("50", "100"), Range.of("0", "250")),
        Range.of("100", "300"),
    ),
)

KINDS = (
    KindClaim("spot", TABLE_2, "runpod", "spot", "Spot instances at RunPod, 60-80% off"),
    KindClaim(
        "spot-option",
        "4. Deployment options",
        "runpod",
        "spot",
        "Spot instances at RunPod for peak demand, $50-100 a day",
    ),
)

WORDS = (
    WordClaim(
        "today",
        "9. Quick decision matrix",
        "Start generating profit today with Llama 3.1 8B on an RTX 4090",
        "when the marketplace admits a new provider; it reviews applications, and none "
        "has been sent",
    ),
    WordClaim(
        "guaranteed",
        "10. Bottom line",
        "Small models first: guaranteed profit",
        "days that have been closed with a profit; no figure guarantees one",
    ),
    WordClaim(
        "capable",
        "3. The profit problem",
        "GLM-5 is the most capable open-source model",
        "a benchmark that both sides accept, on the day it is said",
    ),
    WordClaim(
        "deploy-script",
        "7. The hybrid fleet",
        "Use the existing deploy.sh",
        "the script; it is not part of the plan",
    ),
)

FOUNDING_PLAN = StrategyPlan(
    title="Founding plan: GLM-5 beside small models",
    written_on=date(2026, 2, 12),
    tiers=TIERS,
    rents=RENTS,
    models=MODELS,
    sums=SUMS,
    kinds=KINDS,
    words=WORDS,
    experiment=("recommended", "throughput"),
    maximum_loss_usd=Range.of("50", "100"),
    maximum_loss_days=Range.of("1", "2"),
)
