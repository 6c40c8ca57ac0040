"""How the time of a full replica falls on prompt, cached prompt and output tokens.

The best evidence tells the time of a whole request; a price list needs each class of
tokens for itself. The roofline tells what the time is spent on: computing the prompt,
generating, and reading the cache of everything that came before. Formula and worked
examples: docs/formulas/class-seconds.md.
"""

from __future__ import annotations

from dataclasses import dataclass

from fleet.throughput.calibration import Calibration
from fleet.throughput.latency import Unknown
from fleet.throughput.peaks import peak_of
from fleet.throughput.roofline import decode_step_ms, mean_context, prefill_request_ms
from fleet.throughput.room import load_of
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic


@dataclass(frozen=True, slots=True)
class RequestParts:
    """What the time of one mean request is spent on; only the proportions count.

    prefill   computing the uncached prompt
    generate  the steps of its completion, without what reading the cache adds
    read      reading the cache of prompt and completion, over all steps
    """

    prefill: float
    generate: float
    read: float

    def __post_init__(self) -> None:
        if not (self.prefill >= 0 and self.generate > 0 and self.read >= 0):
            raise ValueError(
                f"a request takes time to generate, and none is negative: {self}"
            )


@dataclass(frozen=True, slots=True)
class ClassSeconds:
    """[s] of a full replica per token; they make up one request of the asked mix."""

    uncached_prompt: float
    cached_prompt: float
    completion: float


def request_parts(
    shape: ServingShape, work: ModelWork, traffic: Traffic, calibrated: Calibration
) -> RequestParts | Unknown:
    """What one request of a traffic with a concurrency takes, by the roofline [ms].

    Unknown for a GPU that is not listed.
    """
    peak = peak_of(shape.gpu)
    if peak is None:
        return Unknown(f"The bandwidth and arithmetic of {shape.gpu} are not listed.")
    efficiency = calibrated.efficiency(peak.generation)
    batch = max(1.0, load_of(shape, work, peak, traffic).running / shape.data_parallel)

    def step(context: float) -> float:
        return decode_step_ms(shape, work, peak, efficiency, batch, context)

    bare, whole = step(0.0), step(mean_context(traffic))
    share = traffic.completion_tokens / batch  # of each step, over the request's life
    return RequestParts(
        prefill=prefill_request_ms(shape, work, peak, efficiency, traffic),
        generate=bare * share,
        read=max(0.0, whole - bare) * share,
    )


def class_seconds(
    traffic: Traffic, request_seconds: float, parts: RequestParts
) -> ClassSeconds:
    """The seconds per token of each class; one request takes `request_seconds`.

    request_seconds  [s] of the whole replica per request, by the best evidence, above 0

    >>> parts = RequestParts(prefill=2, generate=2, read=0)
    >>> class_seconds(Traffic(1_000, 125, 0.5, concurrency=8), 0.5, parts)
    ClassSeconds(uncached_prompt=0.0005, cached_prompt=0.0, completion=0.002)
    """
    if not request_seconds > 0:
        raise ValueError(f"a request must take more than 0 s, got {request_seconds}")
    unit = request_seconds / (parts.prefill + parts.generate + parts.read)
    held = mean_context(traffic)
    read = unit * parts.read / held  # per token that lies in the cache
    computed = traffic.uncached_tokens
    prefill = unit * parts.prefill / computed if computed else 0.0
    own = read * (traffic.completion_tokens / 2) / traffic.completion_tokens
    completion = unit * parts.generate / traffic.completion_tokens + own
    return ClassSeconds(prefill + read, read, completion)
