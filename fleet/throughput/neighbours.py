"""Measured points near a question, and how they correct an estimate of it.

A neighbour is a measurement of the same architecture. Its distance counts doublings, each
weighted by how much it changes what an estimate gets wrong: lengths, concurrency, the
ways of splitting, and steps for another precision, engine or GPU. Points of other models
are not used: on held-out models their ratios made the estimate worse, because what they
share (the GPU) is what the roofline is calibrated on already. docs/throughput.md has the
numbers.

The correction is the distance-weighted mean of log(measured / estimated) at the
neighbours. With two estimates (aiconfigurator and the roofline) each is corrected by
itself and the one whose ratios agree more among the neighbours counts for more.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from fleet.throughput.latency import Latency, Unknown
from fleet.throughput.names import gpu_key, model_key
from fleet.throughput.peaks import peak_of
from fleet.throughput.points import MeasuredPoint
from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic

MOST_NEIGHBOURS = 8
REACH = 0.4  # the distance over which a neighbour's weight falls to 1/e
NO_FURTHER = 2.5  # a point beyond this distance says nothing
# On the same GPU a point reaches farther: half the GPUs must not seem faster than all of
# them only because nobody measured the half.
NO_FURTHER_ON_SAME_GPU = 3.5
NOISE = 0.05  # of a repeated measurement; keeps two agreeing points from being certain

# Weight of one doubling.
PROMPT, COMPLETION, CONCURRENCY = 0.6, 0.4, 0.7
TENSOR, DATA, EXPERT = 0.9, 0.9, 0.6
# What another one costs, in distance.
ANOTHER_ENGINE, ANOTHER_PRECISION = 1.2, 1.2
ANOTHER_GPU, ANOTHER_GENERATION = 1.5, 3.0
OLD_ENGINE = 1.0
CACHED_SHARE = 2.0  # per unit of difference in the cached share

Base = Callable[[ServingShape, Traffic], Latency | Unknown]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shape under a load stands; two places have a distance."""

    model: str
    precision: str
    gpu: str
    generation: str
    engine: str
    doublings: tuple[float, ...]
    cached_share: float


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A measured point and its distance from the question."""

    point: MeasuredPoint
    shape: ServingShape
    traffic: Traffic
    distance: float

    def is_same_gpu(self, gpu: str) -> bool:
        return gpu_key(self.shape.gpu) == gpu_key(gpu)


@dataclass(frozen=True, slots=True)
class Corrected:
    """A latency after its correction, and how near the nearest neighbour was."""

    latency: Latency
    nearest: float
    count: int
    same_gpu: bool


@lru_cache(maxsize=100_000)
def place_of(shape: ServingShape, traffic: Traffic) -> Place:
    """The place of a shape under a load with a concurrency."""
    peak = peak_of(shape.gpu)
    sizes = (
        *(traffic.prompt_tokens, traffic.completion_tokens, traffic.concurrency or 1.0),
        *(shape.tensor_parallel * shape.pipeline_parallel, shape.data_parallel),
        shape.expert_parallel,
    )
    weights = (PROMPT, COMPLETION, CONCURRENCY, TENSOR, DATA, EXPERT)
    return Place(
        model=model_key(shape.model),
        precision=shape.precision,
        gpu=gpu_key(shape.gpu),
        generation=peak.generation if peak else shape.gpu,
        engine=shape.engine,
        doublings=tuple(
            weight * math.log2(max(size, 1e-3))
            for weight, size in zip(weights, sizes, strict=True)
        ),
        cached_share=traffic.cached_share,
    )


def distance(one: Place, other: Place) -> float:
    """Doublings between two places, weighted; infinite between two architectures."""
    if one.model != other.model:
        return math.inf
    squares = math.dist(one.doublings, other.doublings) ** 2
    squares += (CACHED_SHARE * (one.cached_share - other.cached_share)) ** 2
    if one.engine != other.engine:
        squares += ANOTHER_ENGINE**2
    if one.precision != other.precision:
        squares += ANOTHER_PRECISION**2
    if one.gpu != other.gpu:
        same = one.generation == other.generation
        squares += (ANOTHER_GPU if same else ANOTHER_GENERATION) ** 2
    return math.sqrt(squares)


def nearest(
    shape: ServingShape, traffic: Traffic, points: Iterable[MeasuredPoint]
) -> list[Neighbour]:
    """The nearest usable points, nearest first, at most `MOST_NEIGHBOURS`.

    Usable is a verified point without speculative decoding that tells shape and load.
    Points on the same GPU come first: others are taken only where there is none.
    """
    here = place_of(shape, traffic)
    found = []
    for point in points:
        if point.speculative or not point.verified or model_key(point.model) != here.model:
            continue
        there, load = point.shape, point.traffic
        if there is None or load is None or point.stream_ms is None:
            continue
        away = distance(here, place_of(there, load))
        if there.is_old_engine != shape.is_old_engine:
            away = math.hypot(away, OLD_ENGINE)
        if away <= reach_of(there.gpu, shape.gpu):
            found.append(Neighbour(point, there, load, away))
    found.sort(key=lambda neighbour: neighbour.distance)
    same = [neighbour for neighbour in found if neighbour.is_same_gpu(shape.gpu)]
    return (same or found)[:MOST_NEIGHBOURS]


def reach_of(measured: str, asked: str) -> float:
    """The distance beyond which a point of one GPU says nothing of another."""
    same = gpu_key(measured) == gpu_key(asked)
    return NO_FURTHER_ON_SAME_GPU if same else NO_FURTHER


def corrected(
    shape: ServingShape,
    traffic: Traffic,
    bases: Sequence[Base],
    neighbours: Sequence[Neighbour],
) -> Corrected | Unknown:
    """The estimates of `bases` as the neighbours correct them, or why there is none."""
    votes: tuple[list[_Vote], list[_Vote]] = ([], [])
    reasons = []
    # Weight of "no correction" beside the neighbours: that of one at the end of the reach.
    doubt = (
        math.exp(-reach_of(neighbours[0].shape.gpu, shape.gpu) / REACH) if neighbours else 1
    )
    for base in bases:
        here = base(shape, traffic)
        if isinstance(here, Unknown):
            reasons.append(here.reason)
            continue
        ratios = _ratios(base, neighbours)
        votes[0].append(_vote(here.ttft_ms, [(w, r) for w, r, _ in ratios], doubt))
        votes[1].append(_vote(here.tpot_ms, [(w, r) for w, _, r in ratios], doubt))
    if not votes[0] or not neighbours:
        return Unknown(" ".join(reasons) or "There is no measured neighbour.")
    return Corrected(
        latency=Latency(_agreed(votes[0]), _agreed(votes[1])),
        nearest=neighbours[0].distance,
        count=len(neighbours),
        same_gpu=neighbours[0].is_same_gpu(shape.gpu),
    )


@dataclass(frozen=True, slots=True)
class _Vote:
    """The log of a corrected figure, and the variance of the ratios behind it."""

    log: float
    variance: float


_Ratios = list[tuple[float, float | None, float | None]]


def _ratios(base: Base, neighbours: Sequence[Neighbour]) -> _Ratios:
    """Weight, log ratio of TTFT and log ratio of TPOT at each neighbour."""
    found: _Ratios = []
    for neighbour in neighbours:
        there = base(neighbour.shape, neighbour.traffic)
        if isinstance(there, Unknown):
            continue
        point = neighbour.point
        weight = math.exp(-neighbour.distance / REACH)
        first = point.ttft_ms and math.log(point.ttft_ms / there.ttft_ms)
        if point.tpot_ms is not None:
            later = math.log(point.tpot_ms / there.tpot_ms)
        else:  # the source gives a rate: compare what a stream waits for a token
            stream_ms = there.stream_ms(neighbour.traffic.completion_tokens)
            later = math.log((point.stream_ms or stream_ms) / stream_ms)
        found.append((weight, first, later))
    return found


def _vote(
    estimate: float, weighted: list[tuple[float, float | None]], doubt: float
) -> _Vote:
    ratios = [(weight, ratio) for weight, ratio in weighted if ratio is not None]
    total = sum(weight for weight, _ in ratios)
    if not total:
        return _Vote(math.log(estimate), 1.0)
    mean = sum(weight * ratio for weight, ratio in ratios) / (total + doubt)
    spread = sum(weight * (ratio - mean) ** 2 for weight, ratio in ratios) / total
    return _Vote(math.log(estimate) + mean, spread + NOISE**2)


def _agreed(votes: Sequence[_Vote]) -> float:
    weight = sum(1 / vote.variance for vote in votes)
    return math.exp(sum(vote.log / vote.variance for vote in votes) / weight)
