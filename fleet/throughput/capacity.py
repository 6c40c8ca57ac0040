"""The most that a replica serves inside a latency target, and its closed formula."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fleet.throughput.answer import best_estimate, modelled, question
from fleet.throughput.calibration import Calibration
from fleet.throughput.estimator import Estimator
from fleet.throughput.evidence import Estimate
from fleet.throughput.latency import Unknown
from fleet.throughput.points import MeasuredPoint
from fleet.throughput.shape import ModelWork, ServingShape
from fleet.throughput.traffic import Traffic

MOST_STEPS = 24  # halvings; 2^16 sequences need 16


@dataclass(frozen=True, slots=True)
class Capacity:
    """The highest concurrency that holds, the estimate there, and what limits it."""

    concurrency: int
    estimate: Estimate
    limited_by: str


def capacity(
    shape: ServingShape,
    work: ModelWork | None,
    traffic: Traffic,
    *,
    max_sequences: int,
    own: Sequence[MeasuredPoint] = (),
    published: Sequence[MeasuredPoint] = (),
    estimator: Estimator | Unknown,
    calibrated: Calibration | None = None,
) -> Capacity | Unknown:
    """The highest concurrency up to `max_sequences` that keeps the traffic's target.

    max_sequences  what the KV cache and --max-num-seqs of the replica allow
    traffic        with a latency target; with a concurrency that is the limit too

    Unknown, with the sentence, where not even one request keeps the target. The search
    halves: latency grows with concurrency in every estimate we have. Measured points
    correct it on the way, and answer themselves where they are the very point found.
    """
    if max_sequences < 1:
        return Unknown(f"max_sequences is {max_sequences}; it must be 1 or more.")
    asked = question(
        shape,
        work,
        own=own,
        published=published,
        estimator=estimator,
        calibrated=calibrated,
    )
    most = max_sequences
    if traffic.concurrency is not None:
        most = max(1, min(most, int(traffic.concurrency)))

    def fault(concurrency: int) -> str:
        """Which target `concurrency` breaks; "" when it keeps them all."""
        answer = modelled(asked, traffic.at(concurrency))
        return answer.reason if isinstance(answer, Unknown) else _missed(answer, traffic)

    reason = fault(1)
    if reason:
        return Unknown(f"Not even one request at a time is served: {reason}")
    found, limit = _highest(most, fault)
    answer = best_estimate(
        shape,
        work,
        traffic.at(found),
        own=own,
        published=published,
        estimator=estimator,
        calibrated=calibrated,
    )
    if isinstance(answer, Unknown):
        return answer
    return Capacity(found, answer, limit or f"the most sequences allowed, {most:,}.")


def _missed(answer: Estimate, traffic: Traffic) -> str:
    if traffic.max_tpot_ms is not None and answer.tpot_ms > traffic.max_tpot_ms:
        return f"TPOT would be {answer.tpot_ms:.1f} ms, above {traffic.max_tpot_ms:g} ms."
    first = answer.ttft_ms
    if (
        traffic.max_ttft_ms is not None
        and first is not None
        and first > traffic.max_ttft_ms
    ):
        return f"TTFT would be {first:,.0f} ms, above {traffic.max_ttft_ms:g} ms."
    return ""


def _highest(most: int, fault: Callable[[int], str]) -> tuple[int, str]:
    """The highest concurrency without a fault, and the fault of the next one."""
    reason = fault(most)
    if not reason:
        return most, ""
    good, bad = 1, most
    for _ in range(MOST_STEPS):
        if bad - good <= 1:
            break
        middle = (good + bad) // 2
        told = fault(middle)
        if told:
            bad, reason = middle, told
        else:
            good = middle
    return good, reason
