"""How far off are our throughput estimates, on rows that they have not seen?

    python benchmarks/throughput.py

All aggregated rows of aiconfigurator's `silicon_sample.csv` and of `throughput.csv` that
tell shape and load. Nothing sees its own row: the roofline's constants were fitted
without the row's model (5 folds by model), and of the neighbours are left out

    point         every measurement of the same shape at the same load, whenever made
    shape         every measurement of the same shape, at any load
    model on GPU  every measurement of the same model on the same GPU
    model         every measurement of the same model: no neighbour is left

A measured neighbour is a point of the same architecture within 2.5 weighted doublings
(fleet/throughput/neighbours.py), and the error is |estimated / measured - 1|, median.
Where a source gives no TPOT, the pace of a stream (concurrency / rate) stands for it.
"""

from __future__ import annotations

import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from statistics import median

from calibrate_throughput import band, held_out_errors, predicted, with_efficiencies
from throughput_rows import (
    FOLDS,
    HOLD_OUTS,
    Row,
    by_model,
    fold_efficiencies,
    measured_rows,
)

from fleet.throughput.answer import roofline_base
from fleet.throughput.calibration import Calibration
from fleet.throughput.estimator import Estimator, estimator
from fleet.throughput.evidence import Estimate, Evidence
from fleet.throughput.latency import Latency, Unknown

FIGURES = ("TPOT", "TTFT", "output tok/s")
ALONE, ROOF, NO_NEIGHBOUR = "estimator alone", "roofline alone", "ours, model"
COLUMNS = (ALONE, ROOF, *(f"ours, {name}" for name in HOLD_OUTS), NO_NEIGHBOUR)
Errors = tuple[float, float | None, float]
Told = dict[str, Errors]


def main() -> None:
    rows = measured_rows()
    fold_of, fits = fold_efficiencies(rows)
    adapter = estimator()
    told: list[tuple[Row, Told]] = []
    errors: dict[tuple[str, int], list[float]] = defaultdict(list)
    for model, group in by_model(rows).items():
        folded = with_efficiencies(fits[fold_of[model]])
        told += [(row, _errors(row, group, folded, adapter)) for row in group]
        for name, _, error in held_out_errors(group, fold_of, fits):
            errors[name, fold_of[model]].append(error)
        print(f"{model}: {len(group)} rows", file=sys.stderr)
    for figure, name in enumerate(FIGURES):
        print_table(name, figure, told)
    print_target(told)
    print_coverage(errors)


def _errors(
    row: Row,
    group: Sequence[Row],
    folded: Calibration,
    adapter: Estimator | Unknown,
) -> Told:
    told: Told = {}
    if not isinstance(adapter, Unknown):
        answer = adapter.latency(row.shape, row.traffic)
        if isinstance(answer, Latency):
            told[ALONE] = _off(row, answer)
    roof = roofline_base(row.work, row.shape.precision, folded)(row.shape, row.traffic)
    if isinstance(roof, Latency):
        told[ROOF] = _off(row, roof)
    for name, excludes in HOLD_OUTS.items():
        others = [other for other in group if not excludes(row, other)]
        guess = predicted(row, others, folded, adapter)
        if isinstance(guess, Estimate) and guess.kind is Evidence.ESTIMATOR_CORRECTED:
            told[f"ours, {name}"] = _off(row, _latency(guess))
    guess = predicted(row, [], folded, adapter)
    if isinstance(guess, Estimate):
        told[NO_NEIGHBOUR] = _off(row, _latency(guess))
    return told


def _latency(guess: Estimate) -> Latency:
    return Latency(guess.ttft_ms or 0.0, guess.tpot_ms)


def _off(row: Row, latency: Latency) -> Errors:
    first = row.log_ttft(latency)
    return (
        abs(math.exp(-row.log_tpot(latency)) - 1),
        None if first is None else abs(math.exp(-first) - 1),
        abs(math.exp(-row.log_rate(latency)) - 1),
    )


def print_table(name: str, figure: int, told: Sequence[tuple[Row, Told]]) -> None:
    """Median errors by GPU; in brackets the rows that had such an estimate."""
    groups: dict[str, list[Told]] = defaultdict(list)
    for row, errors in told:
        groups["all"].append(errors)
        where = row.place.gpu
        groups[where if row.shape.gpu_count <= 8 else f"{where}, > 8 GPUs"].append(errors)
    print(f"\n### {name}, median error\n")
    print("| GPU | " + " | ".join(COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 1) + "|")
    for group, listed in sorted(groups.items(), key=lambda item: -len(item[1])):
        cells = [_cell([e[c][figure] for e in listed if c in e]) for c in COLUMNS]
        print(f"| {group} | " + " | ".join(cells) + " |")


def _cell(errors: Sequence[float | None]) -> str:
    known = [error for error in errors if error is not None]
    return f"{median(known):.1%} ({len(known)})" if known else "—"


def print_target(told: Sequence[tuple[Row, Told]]) -> None:
    """The target, on exactly the rows that both can say something about."""
    print("\n### TPOT on the same rows: estimator alone and ours with a neighbour\n")
    print("| left out | rows | estimator alone | ours | ratio |")
    print("|---|---|---|---|---|")
    for name in HOLD_OUTS:
        column = f"ours, {name}"
        both = [e for _, e in told if ALONE in e and column in e]
        if not both:
            continue
        alone = median(e[ALONE][0] for e in both)
        ours = median(e[column][0] for e in both)
        print(f"| {name} | {len(both)} | {alone:.1%} | {ours:.1%} | {ours / alone:.2f} |")


def print_coverage(errors: dict[tuple[str, int], list[float]]) -> None:
    """How many of a fold's measurements lie in the band that the other folds give."""
    print("\n### Bands of four fifths of the models, tried on the others (80 % expected)\n")
    print("| kind and distance | rows | inside |")
    print("|---|---|---|")
    for name in sorted({name for name, _ in errors}):
        inside = rows = 0
        for fold in range(FOLDS):
            here = errors.get((name, fold), [])
            others = [
                e for f in range(FOLDS) if f != fold for e in errors.get((name, f), [])
            ]
            if not here or len(others) < 10:
                continue
            low, high, _ = band(others)
            inside += sum(low <= math.exp(error) <= high for error in here)
            rows += len(here)
        if rows:
            print(f"| {name} | {rows} | {inside / rows:.0%} |")


if __name__ == "__main__":
    main()
