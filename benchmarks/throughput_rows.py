"""What the calibration and the benchmark of throughput share: rows, fits, hold-outs."""

from __future__ import annotations

import math
import random
import re
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from statistics import fmean, median

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from fleet.throughput.estimator import (  # noqa: E402
    DISTRIBUTION,
    measured_points_path,
)
from fleet.throughput.latency import Latency, Unknown  # noqa: E402
from fleet.throughput.model_work import known_work  # noqa: E402
from fleet.throughput.neighbours import Place, place_of  # noqa: E402
from fleet.throughput.peaks import GpuPeak, peak_of  # noqa: E402
from fleet.throughput.points import (  # noqa: E402
    MeasuredPoint,
    read_measured_file,
    read_points,
)
from fleet.throughput.roofline import Efficiency, roofline  # noqa: E402
from fleet.throughput.shape import ModelWork, ServingShape  # noqa: E402
from fleet.throughput.traffic import Traffic  # noqa: E402

PUBLISHED = ROOT.parent / "shared" / "data" / "throughput" / "throughput.csv"
FOLDS = 5
MOST_GPUS = 8  # one host: what a replica of ours can be
SEED = 20261124
LARGE = ("hopper", "blackwell")  # generations with rows enough for constants of all

# Range in which each constant may lie.
OWN = {"bandwidth": (0.3, 0.9), "arithmetic": (0.05, 0.9), "layer_us": (2.0, 150.0)}
ALIKE = {
    "expert_share": (0.2, 1.0),
    "moe_layers": (1.0, 5.0),
    "latent_layers": (0.05, 3.0),
    "prefill_layer_us": (50.0, 3000.0),
    "sequence_us": (1.0, 60.0),
    "all_reduce_us": (1.0, 30.0),
    "first_token_ms": (1.0, 150.0),
    "burst": (0.01, 1.0),
}
START = Efficiency(bandwidth=0.8, arithmetic=0.4, layer_us=30.0)
QUANTISED = re.compile(r"fp8|fp4|int4|int8|awq|gptq|w4a|w8a|gpt-oss|deepseek|kimi", re.I)
Efficiencies = dict[str, Efficiency]


@dataclass(frozen=True, slots=True)
class Row:
    """A measured point with everything that an estimate of it needs."""

    point: MeasuredPoint
    shape: ServingShape
    traffic: Traffic
    work: ModelWork
    peak: GpuPeak
    place: Place

    @property
    def rate(self) -> float:
        """[output tokens/s] measured."""
        return self.point.output_rate or 0.0

    def log_tpot(self, latency: Latency) -> float:
        """log(measured / estimated) of TPOT; of the stream's pace where it is not given."""
        if self.point.tpot_ms is not None:
            return math.log(self.point.tpot_ms / latency.tpot_ms)
        return math.log(
            (self.point.stream_ms or 1.0)
            / latency.stream_ms(self.traffic.completion_tokens)
        )

    def log_ttft(self, latency: Latency) -> float | None:
        if self.point.ttft_ms is None:
            return None
        return math.log(self.point.ttft_ms / latency.ttft_ms)

    def log_rate(self, latency: Latency) -> float:
        tokens = self.traffic.completion_tokens
        concurrency = self.traffic.concurrency or 1.0
        told = latency.requests_per_second(concurrency, tokens) * tokens
        return math.log(self.rate / told)


def measured_rows() -> list[Row]:
    """Every usable row at hand, and on stderr what was not."""
    path = measured_points_path()
    points: list[MeasuredPoint] = []
    if path is not None:
        points += read_measured_file(path, version=version(DISTRIBUTION)).points
    else:
        print(
            "aiconfigurator_core is not installed: its points are missing", file=sys.stderr
        )
    if PUBLISHED.exists():
        points += read_points(PUBLISHED.read_text(encoding="utf-8")).points
    else:
        print(f"{PUBLISHED.name} is not at hand: its points are missing", file=sys.stderr)
    rows = [row for row in map(_row, points) if row is not None]
    print(f"{len(points)} points, {len(rows)} usable", file=sys.stderr)
    return rows


def _row(point: MeasuredPoint) -> Row | None:
    if not point.precision and not QUANTISED.search(point.model):
        # The source names a repository of 16-bit weights and no precision: vLLM then
        # serves it as it is stored.
        point = replace(point, precision="bf16")
    shape, traffic = point.shape, point.traffic
    if shape is None or traffic is None or point.stream_ms is None:
        return None
    if point.speculative or not point.verified:
        return None
    work, peak = known_work(point.model, point.precision), peak_of(point.gpu)
    if work is None or peak is None:
        return None
    return Row(point, shape, traffic, work, peak, place_of(shape, traffic))


def by_model(rows: Iterable[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row.place.model].append(row)
    return groups


def folds(rows: Sequence[Row]) -> dict[str, int]:
    """The fold of each model: the largest first, dealt like cards."""
    groups = sorted(by_model(rows).items(), key=lambda item: (-len(item[1]), item[0]))
    return {model: number % FOLDS for number, (model, _) in enumerate(groups)}


def fitted(rows: Sequence[Row], *, steps: int = 900, sample: int = 450) -> Efficiencies:
    """Efficiencies that fit `rows`: a seeded random descent, alike for equal rows.

    Rows of one host only. The constants that are alike everywhere come from the two
    generations with many rows; a small generation then gets its own three, held near
    those of Hopper by a penalty, because a dozen rows cannot bear more.
    """
    chance = random.Random(SEED)
    by_generation: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row.shape.gpu_count <= MOST_GPUS:
            by_generation[row.peak.generation].append(row)
    samples = {
        name: group if len(group) <= sample else chance.sample(group, sample)
        for name, group in by_generation.items()
    }
    large = {name: START for name in LARGE if name in samples}
    loss = {name: _loss(samples[name], large[name]) for name in large}
    for step in range(steps):
        if step % 2:
            name, constant = chance.choice(list(large)), chance.choice(list(OWN))
            tried = {name: _moved(large[name], constant, OWN[constant], chance)}
        else:
            constant = chance.choice(list(ALIKE))
            one = _moved(large[LARGE[0]], constant, ALIKE[constant], chance)
            value = getattr(one, constant)
            tried = {n: replace(e, **{constant: value}) for n, e in large.items()}
        told = {name: _loss(samples[name], values) for name, values in tried.items()}
        if sum(told.values()) < sum(loss[name] for name in told):
            large.update(tried)
            loss.update(told)
    found = dict(large)
    for name in sorted(set(samples) - set(large)):
        found[name] = _small(samples[name], large[LARGE[0]], chance, steps // 4)
    return found


def _small(
    rows: Sequence[Row], near: Efficiency, chance: random.Random, steps: int
) -> Efficiency:
    def loss(values: Efficiency) -> float:
        moved = sum(
            math.log(getattr(values, name) / getattr(near, name)) ** 2 for name in OWN
        )
        return _loss(rows, values) + 0.05 * moved

    best, least = near, loss(near)
    for _ in range(steps):
        constant = chance.choice(list(OWN))
        tried = _moved(best, constant, OWN[constant], chance)
        told = loss(tried)
        if told < least:
            best, least = tried, told
    return best


def _moved(
    values: Efficiency, constant: str, bounds: tuple[float, float], chance: random.Random
) -> Efficiency:
    low, high = bounds
    value = getattr(values, constant) * math.exp(chance.gauss(0, 0.3))
    return replace(values, **{constant: min(high, max(low, value))})


def _loss(rows: Sequence[Row], values: Efficiency) -> float:
    """Mean and median of |log error| of TPOT, and half of it of TTFT; capped at 1."""
    later, first = [], []
    for row in rows:
        latency = roofline(row.shape, row.work, row.traffic, values)
        if isinstance(latency, Unknown):
            continue
        later.append(abs(row.log_tpot(latency)))
        told = row.log_ttft(latency)
        if told is not None:
            first.append(abs(told))
    return _middle(later) + 0.5 * _middle(first)


def _middle(errors: Sequence[float]) -> float:
    if not errors:
        return 0.0
    return fmean(min(error, 1.0) for error in errors) + median(errors)


def fold_efficiencies(rows: Sequence[Row]) -> tuple[dict[str, int], list[Efficiencies]]:
    """Fold of each model, and for each fold the fit on all the other models."""
    fold_of = folds(rows)
    fits = []
    for fold in range(FOLDS):
        fits.append(fitted([row for row in rows if fold_of[row.place.model] != fold]))
        print(f"fold {fold + 1} of {FOLDS} is fitted", file=sys.stderr)
    return fold_of, fits


def is_same_config(one: Row, other: Row) -> bool:
    """The same thing measured again: never its own neighbour."""
    pairs = zip(one.place.doublings, other.place.doublings, strict=True)
    return is_same_curve(one, other) and all(abs(a - b) < 0.12 for a, b in pairs)


def is_same_curve(one: Row, other: Row) -> bool:
    """The same shape, at any load."""
    return (
        *(one.place.model, one.place.precision, one.place.gpu, one.place.engine),
        *one.place.doublings[3:],
    ) == (
        *(other.place.model, other.place.precision, other.place.gpu, other.place.engine),
        *other.place.doublings[3:],
    )


def is_same_gpu(one: Row, other: Row) -> bool:
    """The same model on the same GPU, in any shape."""
    return one.place.model == other.place.model and one.place.gpu == other.place.gpu


Excludes = Callable[[Row, Row], bool]
HOLD_OUTS: dict[str, Excludes] = {
    "point": is_same_config,
    "shape": is_same_curve,
    "model on GPU": is_same_gpu,
}


def rounded(values: Efficiency) -> dict[str, float]:
    return {
        field.name: float(f"{getattr(values, field.name):.4g}") for field in fields(values)
    }
