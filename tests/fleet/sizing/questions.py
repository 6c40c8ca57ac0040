"""Questions to the calculator that tests ask, in few words."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

from fleet.sizing.catalog import catalog
from fleet.sizing.engine import Engine
from fleet.sizing.fit import SizingResult, size
from fleet.sizing.request import Sizing


def asked(slug: str, precision: str, gpu: str, count: int = 1, **changes: Any) -> Sizing:
    """A model of the catalog on `count` GPUs, 4,096 tokens unless told otherwise."""
    model = catalog()[slug]
    stored = model.precision(precision)
    assert stored is not None
    given: dict[str, Any] = {
        "architecture": model.architecture,
        "precision": stored,
        "gpu": gpu,
        "gpu_count": count,
        "max_model_len": 4096,
        "gpu_memory_utilization": Decimal("0.90"),
    }
    return Sizing(**{**given, **changes})


def judged(
    slug: str, precision: str, gpu: str, count: int = 1, **changes: Any
) -> SizingResult:
    return size(asked(slug, precision, gpu, count, **changes))


def release(minor: int) -> Engine:
    """vLLM 0.`minor`."""
    return Engine(version=(0, minor), v1=minor >= 8)


def installed_configs() -> dict[str, Mapping[str, Any]]:
    """The real config.json files that aiconfigurator-core ships; none without it."""
    found = importlib.util.find_spec("aiconfigurator_core")
    if found is None or not found.submodule_search_locations:
        return {}
    folder = Path(next(iter(found.submodule_search_locations))) / "model_configs"
    return {
        path.name.removesuffix("_config.json").replace("--", "/"): json.loads(
            path.read_text()
        )
        for path in sorted(folder.glob("*_config.json"))
        if "hf_quant" not in path.name
    }
