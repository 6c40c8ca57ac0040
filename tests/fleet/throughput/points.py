"""Points, shapes and works for tests, with figures that can be followed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from fleet.throughput.calibration import Calibration
from fleet.throughput.evidence import Band
from fleet.throughput.latency import Unknown
from fleet.throughput.model_work import known_work
from fleet.throughput.points import COLUMNS, MeasuredPoint
from fleet.throughput.roofline import Efficiency
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

PUBLISHED = Path(__file__).resolve().parents[4] / "shared" / "data" / "throughput"
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
L40S = ServingShape(LLAMA, "bf16", "NVIDIA L40S")
LOAD = Traffic(prompt_tokens=1000, completion_tokens=250, concurrency=16)
NOT_INSTALLED = Unknown("The estimator is not installed.")
FLAT = Efficiency(bandwidth=0.8, arithmetic=0.4, layer_us=30.0)
BANDS = {
    "roofline": Band(0.5, 1.6, 100),
    "estimator": Band(0.6, 1.5, 100),
    "estimator_corrected<=0.5": Band(0.9, 1.1, 100),
    "estimator_corrected<=1": Band(0.8, 1.2, 100),
    "estimator_corrected<=1.6": Band(0.7, 1.3, 100),
    "estimator_corrected<=2.5": Band(0.6, 1.4, 100),
    "published": Band(0.9, 1.2, 100),
}
CALIBRATED = Calibration(date(2026, 1, 1), 100, {"hopper": FLAT}, {"hopper": 100}, BANDS)


def work(model: str = LLAMA, precision: str = "bf16") -> ModelWork:
    found = known_work(model, precision)
    assert found is not None
    return found


def make_point(**changes: Any) -> MeasuredPoint:
    """Llama 3.1 8B in BF16 on one L40S, 16 requests of 1,000 and 250 tokens."""
    point = MeasuredPoint(
        model=LLAMA,
        precision="bf16",
        gpu="L40S",
        gpu_count=1,
        tensor_parallel=1,
        pipeline_parallel=1,
        data_parallel=1,
        expert_parallel=1,
        engine="vllm",
        engine_version="0.19.0",
        prompt_tokens=1000,
        completion_tokens=250,
        concurrency=16,
        output_tokens_per_second=None,
        total_tokens_per_second=None,
        ttft_ms=300.0,
        tpot_ms=40.0,
        measured_on=date(2026, 3, 1),
        source="a test",
    )
    return replace(point, **changes)


def csv_of(*rows: dict[str, object]) -> str:
    """A CSV with all columns; a row gives the cells that differ from a good one."""
    good = {
        "model": LLAMA,
        "precision": "bf16",
        "gpu": "L40S",
        "count": 1,
        "tp": 1,
        "dp": 1,
        "pp": 1,
        "isl": 1000,
        "osl": 250,
        "concurrency": 16,
        "output_tok_s": 400,
        "speculative": "no",
        "measured": "yes",
        "source": "a test",
        "source_url": "https://example.org/bench",
    }
    lines = [",".join(COLUMNS)]
    for row in rows:
        lines.append(",".join(str((good | row).get(name, "")) for name in COLUMNS))
    return "\n".join(lines) + "\n"
