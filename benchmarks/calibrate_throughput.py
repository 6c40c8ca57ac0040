"""Calibrates roofline and error bands; writes fleet/throughput/calibration.json.

    python benchmarks/calibrate_throughput.py 2026-11-24

The day is an argument, so that two runs on the same rows write the same file. Bands come
from rows that were held out: the efficiencies behind a prediction were fitted without
its model, and its own point (once: its whole shape, once: all of its model on its GPU)
was no neighbour. Takes about five minutes on one core.
"""

from __future__ import annotations

import json
import math
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import pairwise

from throughput_rows import (
    HOLD_OUTS,
    Efficiencies,
    Row,
    by_model,
    fitted,
    fold_efficiencies,
    is_same_config,
    measured_rows,
    rounded,
)

from fleet.throughput import calibration
from fleet.throughput.answer import modelled, question
from fleet.throughput.calibration import FEWEST_ROWS, Calibration, band_name
from fleet.throughput.estimator import Estimator, estimator
from fleet.throughput.evidence import Estimate, Evidence
from fleet.throughput.latency import Unknown


def main() -> None:
    made_on = date.fromisoformat(sys.argv[1])
    rows = measured_rows()
    efficiencies = fitted(rows)
    fold_of, fits = fold_efficiencies(rows)
    errors: dict[str, list[float]] = defaultdict(list)
    for name, gpu, error in held_out_errors(rows, fold_of, fits):
        errors[name].append(error)
        errors[f"{name}@{gpu}"].append(error)
    for gpu, error in repeats(rows):
        name = band_name(Evidence.PUBLISHED, "")
        errors[name].append(error)
        errors[f"{name}@{gpu}"].append(error)
    used: dict[str, int] = defaultdict(int)
    for row in rows:
        used[row.peak.generation] += 1
    told = {
        "made_on": made_on.isoformat(),
        "rows": len(rows),
        "rows_by_generation": dict(sorted(used.items())),
        "efficiencies": {name: rounded(e) for name, e in sorted(efficiencies.items())},
        "bands": {
            name: band(values)
            for name, values in sorted(errors.items())
            if len(values) >= FEWEST_ROWS
        },
    }
    calibration.FILE.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    print(f"wrote {calibration.FILE.name}: {len(rows)} rows, {len(told['bands'])} bands")


def held_out_errors(
    rows: Sequence[Row], fold_of: dict[str, int], fits: Sequence[Efficiencies]
) -> Iterator[tuple[str, str, float]]:
    """Band, GPU and log(measured / estimated rate) of every held-out prediction."""
    adapter = estimator()
    for model, group in by_model(rows).items():
        folded = with_efficiencies(fits[fold_of[model]])
        for row in group:
            for told in _predictions(row, group, folded, adapter):
                error = math.log(row.rate / told.output_tokens_per_second)
                yield _band_of(told), row.place.gpu, error


def _predictions(
    row: Row, group: Sequence[Row], folded: Calibration, adapter: Estimator | Unknown
) -> Iterator[Estimate]:
    with_it = predicted(row, [], folded, adapter)
    without = predicted(row, [], folded, Unknown("left out on purpose"))
    if isinstance(with_it, Estimate) and with_it.kind is Evidence.ESTIMATOR:
        yield with_it
    if isinstance(without, Estimate):
        yield without
    for excludes in HOLD_OUTS.values():
        others = [other for other in group if not excludes(row, other)]
        told = predicted(row, others, folded, adapter)
        if isinstance(told, Estimate) and told.kind is Evidence.ESTIMATOR_CORRECTED:
            yield told


def predicted(
    row: Row, others: Sequence[Row], folded: Calibration, adapter: Estimator | Unknown
) -> Estimate | Unknown:
    """What we would have said of `row`, had only `others` been published."""
    asked = question(
        row.shape,
        row.work,
        own=(),
        published=[other.point for other in others],
        estimator=adapter,
        calibrated=folded,
    )
    return modelled(asked, row.traffic)


def with_efficiencies(efficiencies: Efficiencies) -> Calibration:
    """A calibration without bands, for predictions that make them."""
    return Calibration(date.min, 0, efficiencies, {}, {})


def _band_of(told: Estimate) -> str:
    return band_name(told.kind, "", told.nearest)


def repeats(rows: Sequence[Row]) -> Iterator[tuple[str, float]]:
    """GPU and log(later / earlier rate) of things that were measured again."""
    for group in by_model(rows).values():
        rest = sorted(group, key=lambda row: str(row.point.measured_on))
        while rest:
            row = rest.pop(0)
            same = [row, *(other for other in rest if is_same_config(row, other))]
            rest = [other for other in rest if not is_same_config(row, other)]
            for one, other in pairwise(same):
                yield row.place.gpu, math.log(other.rate / one.rate)


def band(errors: Sequence[float]) -> list[float]:
    """Factors at 10 % and 90 % of the held-out errors, and how many there were."""
    ordered = sorted(errors)
    tenth = len(ordered) // 10
    low, high = ordered[tenth], ordered[-1 - tenth]
    return [round(math.exp(low), 3), round(math.exp(high), 3), len(ordered)]


if __name__ == "__main__":
    main()
