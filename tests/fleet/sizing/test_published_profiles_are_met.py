"""The KV cache of one GPU [GiB] in published profiles and boots, and ours.

The first two groups set the coefficients of the work space; the last was found after
they stood, and moved none of them (the V100 taught that V0 chunks nothing on Volta).
"""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.fleet.sizing.questions import judged, release

# (model, weights, GPU, count, vLLM 0.x, share, max_model_len, log [GiB], within)
PROFILES = [  # of the llm-d benchmark's capacity planner
    ("gpt-oss-20b", "mxfp4", "H100", 1, 11, "0.90", 16_000, "50.28", 0.01),
    ("llama-3.3-70b", "fp8", "H100", 2, 11, "0.90", 16_000, "32.00", 0.01),
    ("llama-3.1-8b", "bf16", "H100", 1, 11, "0.90", 16_000, "51.38", 0.01),
    ("qwen-3-0.6b", "bf16", "H100", 1, 11, "0.90", 16_000, "64.45", 0.01),
    ("qwen-3-32b", "bf16", "H100", 1, 11, "0.90", 16_000, "4.45", 0.02),
    ("qwen-3-32b", "bf16", "H100", 2, 11, "0.90", 16_000, "34.49", 0.01),
    ("qwen-3-14b", "bf16", "H100", 1, 16, "0.95", 8_192, "41.94", 0.01),
    ("qwen-3-14b", "bf16", "H100", 1, 17, "0.95", 8_192, "45.34", 0.01),
    ("qwen-2.5-7b", "bf16", "H100", 1, 19, "0.95", 8_192, "58.53", 0.01),
    ("llama-3.1-8b", "bf16", "H100", 1, 19, "0.95", 8_192, "58.11", 0.01),
]
OTHERS = [
    ("llama-3.1-8b", "bf16", "H100", 1, 31, "0.92", 131_072, "56.21", 0.01),
    ("qwen-3.5-27b", "fp8", "L40S", 1, 26, "0.90", 131_072, "8.82", 0.05),
]
FOUND_LATER = [
    ("gpt-oss-20b", "mxfp4", "A100", 1, 19, "0.65", 131_072, "36.56", 0.02),
    ("gemma-4-26b-a4b", "bf16", "A100", 1, 19, "0.90", 131_072, "21.50", 0.03),
    ("llama-3.1-8b", "fp16", "V100", 2, 6, "0.90", 40_000, "3.76", 0.02),
    ("qwen-3-8b", "fp8", "RTX 4090", 1, 10, "0.80", 1_024, "8.60", 0.02),
    ("llama-2-7b", "fp16", "A100", 1, 2, "0.90", 4_096, "57.43", 0.01),
]


@pytest.mark.parametrize(
    ("slug", "weights", "gpu", "count", "minor", "share", "length", "log", "within"),
    [*PROFILES, *OTHERS, *FOUND_LATER],
)
def test_the_memory_left_is_what_the_engine_logged(
    slug: str,
    weights: str,
    gpu: str,
    count: int,
    minor: int,
    share: str,
    length: int,
    log: str,
    within: float,
):
    result = judged(
        slug,
        weights,
        gpu,
        count,
        engine=release(minor),
        gpu_memory_utilization=Decimal(share),
        max_model_len=length,
    )

    assert result.kv_gib is not None
    assert float(result.kv_gib / Decimal(log)) == pytest.approx(1, abs=within)
