"""The answer about a speed by round figures, so that peaks can be worked out by hand."""

from __future__ import annotations

ROUND_ANSWER = {
    "uncached_prompt_seconds": "0.0001",
    "cached_prompt_seconds": "0.00001",
    "completion_seconds": "0.001",
    "low": "0.8",
    "high": "1.25",
    "kind": "roofline",
    "source": "a test",
    "dated": "",
    "concurrency": 8,
    "output_tokens_per_second": "1000",
    "ttft_ms": None,
    "tpot_ms": "10",
    "words": "",
    "limited_by": "",
}
