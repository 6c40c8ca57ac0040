"""What was calibrated: efficiencies and error bands, with the day and the rows used.

`calibration.json` is written by `benchmarks/calibrate_throughput.py` and by nobody else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from fleet.throughput.evidence import Band, Evidence
from fleet.throughput.names import gpu_key
from fleet.throughput.roofline import Efficiency

FILE = Path(__file__).with_name("calibration.json")
# Upper ends of the distance that bands are kept for; beyond the last is no neighbour.
DISTANCES = (0.5, 1.0, 1.6, 2.5, 3.5)
FEWEST_ROWS = 25  # below this a band is noise: it is not kept, and a wider one is taken
WIDE = Band(0.4, 2.0, 0)  # nothing was held out: half an order of magnitude
STAND_INS = {"blackwell-rtx": "ada", "ada": "hopper", "ampere": "hopper"}


@dataclass(frozen=True, slots=True)
class Calibration:
    """Efficiencies by generation and bands by kind, GPU and distance."""

    made_on: date
    rows: int
    efficiencies: Mapping[str, Efficiency]
    rows_by_generation: Mapping[str, int]
    bands: Mapping[str, Band]

    def efficiency(self, generation: str) -> Efficiency:
        """That of the generation; where none was fitted, that of its nearest relative."""
        while generation not in self.efficiencies and generation != "hopper":
            generation = STAND_INS.get(generation, "hopper")
        return self.efficiencies[generation]

    def band(self, kind: Evidence, gpu: str, nearest: float | None = None) -> Band:
        """The band of a kind: the GPU's own where enough rows were held out."""
        key = gpu_key(gpu)
        for name in (band_name(kind, key, nearest), band_name(kind, "", nearest)):
            band = self.bands.get(name)
            if band is not None:
                return band
        return WIDE


def band_name(kind: Evidence, gpu: str, nearest: float | None = None) -> str:
    """The name of a band in the file: kind, distance and GPU ("" for all)."""
    name = kind.name.lower()
    if nearest is not None:
        end = next((end for end in DISTANCES if nearest <= end + 1e-9), DISTANCES[-1])
        name += f"<={end:g}"
    return f"{name}@{gpu}" if gpu else name


@lru_cache(maxsize=1)
def calibration() -> Calibration:
    """The calibration that the package carries."""
    return parse(json.loads(FILE.read_text(encoding="utf-8")))


def parse(told: Mapping[str, Any]) -> Calibration:
    """A calibration from its file."""
    return Calibration(
        made_on=date.fromisoformat(told["made_on"]),
        rows=int(told["rows"]),
        efficiencies={
            name: Efficiency(**values) for name, values in told["efficiencies"].items()
        },
        rows_by_generation=told["rows_by_generation"],
        bands={name: Band(*values) for name, values in told["bands"].items()},
    )
