"""The one answer: how fast a replica serves a traffic, by the best evidence there is.

Order: our own measurement, a published measurement of the same thing, an estimate that
measured neighbours correct, an estimate without neighbours, the roofline alone.
docs/throughput.md describes the order, what counts as a match, and the bands.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from fleet.throughput.calibration import Calibration, calibration
from fleet.throughput.estimator import Estimator
from fleet.throughput.evidence import Band, Estimate, Evidence, estimate_at
from fleet.throughput.latency import Latency, Unknown
from fleet.throughput.matching import matches
from fleet.throughput.model_work import at_precision
from fleet.throughput.neighbours import Base, corrected, nearest
from fleet.throughput.peaks import peak_of
from fleet.throughput.points import MeasuredPoint
from fleet.throughput.roofline import roofline
from fleet.throughput.room import load_of
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

# Weight of the estimator beside the roofline where no neighbour tells which is right:
# held out by model, the roofline was the better of the two, and both better than one.
ESTIMATOR_WEIGHT = 0.3
FEWEST_WINDOWS = 5  # of our own, for a band of their own


@dataclass(frozen=True, slots=True)
class _Question:
    shape: ServingShape
    work: ModelWork | None
    own: Sequence[MeasuredPoint]
    published: Sequence[MeasuredPoint]
    estimator: Estimator | Unknown
    calibration: Calibration


def best_estimate(
    shape: ServingShape,
    work: ModelWork | None,
    traffic: Traffic,
    *,
    own: Sequence[MeasuredPoint] = (),
    published: Sequence[MeasuredPoint] = (),
    estimator: Estimator | Unknown,
    calibrated: Calibration | None = None,
) -> Estimate | Unknown:
    """What one replica of `shape` serves of `traffic` at its concurrency.

    work       None where the model's figures are not known: then only measurements and
               the estimator can answer
    own        measured on our own pods; published: measured by others
    estimator  the adapter, or why there is none

    A traffic with a latency target instead of a concurrency is `capacity`'s question.
    """
    if traffic.concurrency is None:
        return Unknown("Give a concurrency, or ask for the capacity at a latency target.")
    asked = _Question(shape, work, own, published, estimator, calibrated or calibration())
    measured = _measured(asked, traffic)
    return measured if measured is not None else modelled(asked, traffic)


def question(
    shape: ServingShape,
    work: ModelWork | None,
    *,
    own: Sequence[MeasuredPoint],
    published: Sequence[MeasuredPoint],
    estimator: Estimator | Unknown,
    calibrated: Calibration | None = None,
) -> _Question:
    """What `modelled` is asked about, with the calibration that the package carries."""
    return _Question(shape, work, own, published, estimator, calibrated or calibration())


def modelled(asked: _Question, traffic: Traffic) -> Estimate | Unknown:
    """The answer of the estimates alone, corrected where there are neighbours.

    It changes smoothly with the concurrency, which a measured point does not.
    """
    shape = asked.shape
    bases = _bases(asked)
    neighbours = nearest(shape, traffic, [*asked.own, *asked.published])
    if neighbours:
        answer = corrected(shape, traffic, list(bases.values()), neighbours)
        if not isinstance(answer, Unknown):
            where = "the same GPU" if answer.same_gpu else "another GPU"
            newest = [n.point.measured_on for n in neighbours if n.point.measured_on]
            return estimate_at(
                traffic,
                answer.latency,
                kind=Evidence.ESTIMATOR_CORRECTED,
                source=", ".join(
                    dict.fromkeys([*bases, *(n.point.source for n in neighbours)])
                ),
                dated=max(newest, default=asked.calibration.made_on),
                band=asked.calibration.band(
                    Evidence.ESTIMATOR_CORRECTED, shape.gpu, answer.nearest
                ),
                words=f"{' and '.join(bases)}, corrected by {answer.count} measured "
                f"points on {where}; the nearest is {answer.nearest:.1f} doublings away.",
                nearest=answer.nearest,
            )
    return _uncorrected(asked, traffic, bases)


def _uncorrected(
    asked: _Question, traffic: Traffic, bases: dict[str, Base]
) -> Estimate | Unknown:
    answers = {name: base(asked.shape, traffic) for name, base in bases.items()}
    known = {n: a for n, a in answers.items() if isinstance(a, Latency)}
    reasons = [a.reason for a in answers.values() if isinstance(a, Unknown)]
    if isinstance(asked.estimator, Unknown):
        reasons.append(asked.estimator.reason)
    if not known:
        return Unknown(" ".join(dict.fromkeys(reasons)) or "The model is not known.")
    by_estimator = any(name != ROOFLINE for name in known)
    kind = Evidence.ESTIMATOR if by_estimator else Evidence.ROOFLINE
    return estimate_at(
        traffic,
        _mean(known),
        kind=kind,
        source=" and ".join(known),
        dated=asked.calibration.made_on,
        band=asked.calibration.band(kind, asked.shape.gpu),
        words=" ".join(["No measured point of this model is near.", *reasons]),
    )


def _mean(known: dict[str, Latency]) -> Latency:
    """The weighted geometric mean of the estimates."""
    weights = {
        name: (1 - ESTIMATOR_WEIGHT) if name == ROOFLINE else ESTIMATOR_WEIGHT
        for name in known
    }
    total = sum(weights.values())

    def mean(figures: dict[str, float]) -> float:
        logs = [weights[name] * math.log(figure) for name, figure in figures.items()]
        return math.exp(sum(logs) / total)

    return Latency(
        ttft_ms=mean({name: latency.ttft_ms for name, latency in known.items()}),
        tpot_ms=mean({name: latency.tpot_ms for name, latency in known.items()}),
    )


ROOFLINE = "our roofline"


def _bases(asked: _Question) -> dict[str, Base]:
    """The estimates that can be asked, by their names."""
    bases: dict[str, Base] = {}
    work, estimator = asked.work, asked.estimator
    if not isinstance(estimator, Unknown):
        bases[estimator.name] = _estimator_base(estimator, asked)
    if work is not None:
        bases[ROOFLINE] = roofline_base(work, asked.shape.precision, asked.calibration)
    return bases


def roofline_base(work: ModelWork, precision: str, calibrated: Calibration) -> Base:
    """The roofline of a model, whose `work` is of `precision`, on any shape."""

    def base(shape: ServingShape, traffic: Traffic) -> Latency | Unknown:
        peak = peak_of(shape.gpu)
        if peak is None:
            return Unknown(f"The bandwidth and arithmetic of {shape.gpu} are not listed.")
        efficiency = calibrated.efficiency(peak.generation)
        return roofline(shape, _stored(work, precision, shape), traffic, efficiency)

    return base


def _stored(work: ModelWork, precision: str, shape: ServingShape) -> ModelWork:
    """The work in the shape's precision; a neighbour's may be another than ours."""
    return work if shape.precision == precision else at_precision(work, shape.precision)


def _estimator_base(estimator: Estimator, asked: _Question) -> Base:
    """The estimator on the sequences that find room; the others wait for a place."""

    def base(shape: ServingShape, traffic: Traffic) -> Latency | Unknown:
        if asked.work is None:
            return estimator.latency(shape, traffic)
        stored = _stored(asked.work, asked.shape.precision, shape)
        load = load_of(shape, stored, peak_of(shape.gpu), traffic)
        answer = estimator.latency(shape, traffic.at(load.running))
        if isinstance(answer, Unknown):
            return answer
        return load.waiting(answer, traffic.completion_tokens)

    return base


def _measured(asked: _Question, traffic: Traffic) -> Estimate | None:
    """Our own measurement of this, else a published one, else None."""
    own = matches(asked.shape, traffic, asked.own)
    if own:
        rates = [point.output_rate or 0.0 for point in own]
        middle = sorted(own, key=lambda point: point.output_rate or 0.0)[len(own) // 2]
        band = _own_band(rates, asked.calibration, asked.shape.gpu)
        words = f"The median of {len(own)} saturated windows of our own pods."
        return _from_point(asked, traffic, middle, Evidence.OWN_MEASUREMENT, band, words)
    published = matches(asked.shape, traffic, asked.published)
    if not published:
        return None
    point = published[0]
    band = asked.calibration.band(Evidence.PUBLISHED, asked.shape.gpu)
    words = "The same model, precision, GPUs, engine and load, measured by others."
    return _from_point(asked, traffic, point, Evidence.PUBLISHED, band, words)


def _own_band(rates: Sequence[float], calibrated: Calibration, gpu: str) -> Band:
    """How the windows differ; of too few windows, how repeated measurements differ."""
    if len(rates) < FEWEST_WINDOWS:
        return calibrated.band(Evidence.PUBLISHED, gpu)
    ordered, middle = sorted(rates), median(rates)
    tenth = len(ordered) // 10
    return Band(ordered[tenth] / middle, ordered[-1 - tenth] / middle, len(ordered))


def _from_point(
    asked: _Question,
    traffic: Traffic,
    point: MeasuredPoint,
    kind: Evidence,
    band: Band,
    words: str,
) -> Estimate:
    tokens = traffic.completion_tokens
    latency, ttft_known = point.latency, True
    if latency is None:  # a rate only: TTFT by the estimate, and TPOT from what is left
        guess = modelled(asked, traffic)
        stream_ms = point.stream_ms or 0.0
        ttft_ms = None if isinstance(guess, Unknown) else guess.ttft_ms
        if point.ttft_ms is not None:
            ttft_ms = point.ttft_ms
        ttft_known = ttft_ms is not None and ttft_ms < stream_ms * tokens
        first = ttft_ms if ttft_ms is not None and ttft_known else stream_ms
        rest = (stream_ms * tokens - first) / max(1, tokens - 1)
        latency = Latency(first, point.tpot_ms or max(rest, 1e-6))
    rate = point.output_tokens_per_second
    if rate is None and point.total_tokens_per_second is not None:
        rate = point.output_rate
    if rate is not None and point.completion_tokens:
        rate *= tokens / point.completion_tokens
    return estimate_at(
        traffic,
        latency,
        kind=kind,
        source=point.source,
        dated=point.measured_on,
        band=band,
        words=words,
        output_tokens_per_second=rate,
        ttft_known=ttft_known,
    )
