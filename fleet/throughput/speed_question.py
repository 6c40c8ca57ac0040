"""The question that is kept with its answer: a shape, a traffic, the evidence of then."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from hashlib import sha256
from typing import Any

from fleet.throughput.calibration import calibration
from fleet.throughput.capacity import Capacity, capacity
from fleet.throughput.class_seconds import ClassSeconds, class_seconds, request_parts
from fleet.throughput.estimator import Estimator
from fleet.throughput.latency import Unknown
from fleet.throughput.points import MeasuredPoint
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

METHOD = 3  # counted up when the same evidence would be answered otherwise
REAL = ("cached_share", "max_tpot_ms", "max_ttft_ms")  # numbers that need not be whole
# Precisions without measurements of their own: as many bytes, on the same units.
SAME_SPEED = {"fp16": "bf16", "mxfp8": "fp8"}


@lru_cache(maxsize=8192)
def _key_of(asked: SpeedQuestion) -> str:
    return sha256(json.dumps(asked.plain(), sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class SpeedQuestion:
    """How fast is this shape with this traffic?

    model           the repository of the weights, or what weights are called that nobody
                    published
    model_slug      of the catalog's model or the uploaded one: its architecture, whatever
                    the weights are called
    max_sequences   what the KV cache holds at the traffic's length
    stamp           names the evidence that the answer stands on; new evidence, new question
    """

    model: str
    precision: str
    gpu: str
    gpu_count: int
    tensor_parallel: int
    prompt_tokens: int
    completion_tokens: int
    cached_share: float
    concurrency: int | None
    max_tpot_ms: float | None
    max_ttft_ms: float | None
    max_sequences: int
    stamp: str
    model_slug: str = ""

    @property
    def key(self) -> str:
        """The same for equal questions, and for no others."""
        return _key_of(self)

    def plain(self) -> dict[str, Any]:
        """As JSON holds it; 0 and 0.0 alike, since they are one question."""
        told = asdict(self)
        for name in REAL:
            told[name] = None if told[name] is None else float(told[name])
        return told

    @classmethod
    def of(cls, plain: dict[str, Any]) -> SpeedQuestion:
        """Out of `plain`."""
        return cls(**plain)

    @property
    def shape(self) -> ServingShape:
        return ServingShape(
            model=self.model,
            precision=SAME_SPEED.get(self.precision, self.precision),
            gpu=self.gpu,
            gpu_count=self.gpu_count,
            tensor_parallel=self.tensor_parallel,
            pipeline_parallel=1,
            data_parallel=self.gpu_count // self.tensor_parallel,
        )

    @property
    def traffic(self) -> Traffic:
        given = self.concurrency is not None
        return Traffic(
            prompt_tokens=self.prompt_tokens,
            completion_tokens=self.completion_tokens,
            cached_share=self.cached_share,
            concurrency=self.concurrency,
            max_tpot_ms=None if given else self.max_tpot_ms,
            max_ttft_ms=None if given else self.max_ttft_ms,
        )


@dataclass(frozen=True, slots=True)
class SpeedEvidence:
    """What answers stand on: our own points, the published ones, the estimator."""

    own: list[MeasuredPoint]
    published: list[MeasuredPoint]
    estimator: Estimator | Unknown


def answer_speed(
    asked: SpeedQuestion, work: ModelWork | None, evidence: SpeedEvidence
) -> dict[str, Any]:
    """The answer as plain values; {"unknown": sentence} where there is none."""
    try:
        shape, traffic = _shape(asked, work), asked.traffic
    except ValueError as wrong:
        return {"unknown": str(wrong)}
    found = capacity(
        shape,
        work,
        traffic,
        max_sequences=asked.max_sequences,
        own=evidence.own,
        published=evidence.published,
        estimator=evidence.estimator,
    )
    if isinstance(found, Unknown):
        return {"unknown": found.reason}
    if work is None:
        return {"unknown": "What a token of this model costs is not known."}
    load = traffic.at(found.concurrency)
    parts = request_parts(shape, work, load, calibration())
    if isinstance(parts, Unknown):
        return {"unknown": parts.reason}
    whole = traffic.completion_tokens / found.estimate.output_tokens_per_second
    return _plain(found, class_seconds(load, whole, parts))


def _shape(asked: SpeedQuestion, work: ModelWork | None) -> ServingShape:
    """The shape by its architecture's key, so that measured points of it are found."""
    return asked.shape if work is None else replace(asked.shape, model=work.model)


def _plain(found: Capacity, seconds: ClassSeconds) -> dict[str, Any]:
    told = found.estimate
    return {
        "kind": told.kind.words,
        "source": told.source,
        "dated": told.dated.isoformat() if told.dated else None,
        "words": told.words,
        "low": told.band.low,
        "high": told.band.high,
        "band_rows": told.band.rows,
        "concurrency": found.concurrency,
        "limited_by": found.limited_by,
        "output_tokens_per_second": told.output_tokens_per_second,
        "ttft_ms": told.ttft_ms,
        "tpot_ms": told.tpot_ms,
        "uncached_prompt_seconds": seconds.uncached_prompt,
        "cached_prompt_seconds": seconds.cached_prompt,
        "completion_seconds": seconds.completion,
    }
