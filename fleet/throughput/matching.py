"""Which measured points are the very thing that is asked, not only near it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from fleet.throughput.names import gpu_key, model_key
from fleet.throughput.points import MeasuredPoint
from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic

TOLERANCE = 0.10  # of lengths and concurrency
CACHED_TOLERANCE = 0.05  # of the cached share, absolute
LONG_AGO = date(1970, 1, 1)


def matches(
    shape: ServingShape, traffic: Traffic, points: Iterable[MeasuredPoint]
) -> list[MeasuredPoint]:
    """The points of the same shape under the same load, newest first.

    Same is: architecture, precision, GPU, every way of splitting, engine; lengths and
    concurrency within 10 %; the cached share within 0.05. A point with speculative
    decoding or an unverified one is no match.
    """
    found = [point for point in points if _is_same(shape, traffic, point)]
    return sorted(found, key=lambda point: point.measured_on or LONG_AGO, reverse=True)


def same_shape(one: ServingShape, other: ServingShape) -> bool:
    """Whether two shapes are one, whatever their GPU and model are called."""
    return _facts(one) == _facts(other)


def _facts(shape: ServingShape) -> tuple[object, ...]:
    return (
        *(model_key(shape.model), shape.precision, gpu_key(shape.gpu), shape.engine),
        *(shape.tensor_parallel, shape.pipeline_parallel, shape.data_parallel),
        shape.expert_parallel,
    )


def _is_same(shape: ServingShape, traffic: Traffic, point: MeasuredPoint) -> bool:
    if point.speculative or not point.verified or point.stream_ms is None:
        return False
    there, load = point.shape, point.traffic
    if there is None or load is None or not same_shape(shape, there):
        return False
    pairs = (
        (load.prompt_tokens, traffic.prompt_tokens),
        (load.completion_tokens, traffic.completion_tokens),
        (load.concurrency or 0.0, traffic.concurrency or 0.0),
    )
    near = all(abs(told - asked) <= TOLERANCE * asked for told, asked in pairs)
    return near and abs(load.cached_share - traffic.cached_share) <= CACHED_TOLERANCE
