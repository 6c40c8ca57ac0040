"""How much faster is the allow-list scanner than prometheus_client's parser?

    python benchmarks/scan_metrics.py [file with a /metrics answer]

Prints milliseconds per answer and the ratio, medians of several rounds.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from prometheus_client.parser import text_string_to_metric_families  # noqa: E402

from fleet.vllm.metrics import parse  # noqa: E402

RECORDED = ROOT / "tests" / "recordings" / "vllm_0_32_metrics.txt"
ROUNDS = 7


def milliseconds(work: Callable[[], object], times: int) -> float:
    """Median over the rounds of the time of one call."""
    measured = []
    for _ in range(ROUNDS):
        began = perf_counter()
        for _ in range(times):
            work()
        measured.append((perf_counter() - began) / times * 1_000)
    return median(measured)


def main() -> None:
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else RECORDED
    body = path.read_bytes()
    text = body.decode()
    ours = milliseconds(lambda: parse(body), 200)
    theirs = milliseconds(lambda: list(text_string_to_metric_families(text)), 10)
    print(f"{path.name}: {len(body):,} bytes, {text.count(chr(10)):,} lines")
    print(f"allow-list scanner       {ours:8.3f} ms")
    print(f"prometheus_client parser {theirs:8.3f} ms")
    print(f"ratio                    {theirs / ours:8.1f}")


if __name__ == "__main__":
    main()
