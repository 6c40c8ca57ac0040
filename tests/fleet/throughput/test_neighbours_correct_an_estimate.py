"""Measured points near the question pull the estimate to what was measured there."""

from dataclasses import replace

import pytest

from fleet.throughput.answer import roofline_base
from fleet.throughput.latency import Latency, Unknown
from fleet.throughput.neighbours import corrected, distance, nearest, place_of
from tests.fleet.throughput.points import CALIBRATED, L40S, LOAD, make_point, work


def twice_as_slow(base, **changes):
    """A point that measured twice what `base` says of it."""
    point = make_point(**changes)
    said = base(point.shape, point.traffic)
    return replace(point, ttft_ms=2 * said.ttft_ms, tpot_ms=2 * said.tpot_ms)


@pytest.fixture
def base():
    return roofline_base(work(), "bf16", CALIBRATED)


def test_neighbours_that_were_slower_make_the_estimate_slower(base):
    points = [twice_as_slow(base, concurrency=c) for c in (8, 32)]

    answer = corrected(L40S, LOAD, [base], nearest(L40S, LOAD, points))

    said = base(L40S, LOAD)
    assert answer.latency.tpot_ms == pytest.approx(2 * said.tpot_ms, rel=0.02)
    assert answer.latency.ttft_ms == pytest.approx(2 * said.ttft_ms, rel=0.02)


def test_a_far_neighbour_corrects_less_than_a_near_one(base):
    def answer(concurrency):
        points = [twice_as_slow(base, concurrency=concurrency)]
        return corrected(L40S, LOAD, [base], nearest(L40S, LOAD, points))

    near, far = answer(20), answer(16 * 11)

    assert near.latency.tpot_ms > far.latency.tpot_ms > base(L40S, LOAD).tpot_ms
    assert near.nearest < far.nearest


def test_the_estimate_that_agrees_with_itself_counts_for_more(base):
    def erratic(shape, traffic):
        said = base(shape, traffic)
        wrong = 3 if traffic.concurrency > 16 else 1 / 3
        return Latency(said.ttft_ms * wrong, said.tpot_ms * wrong)

    points = [twice_as_slow(base, concurrency=c) for c in (8, 32)]

    answer = corrected(L40S, LOAD, [base, erratic], nearest(L40S, LOAD, points))

    said = base(L40S, LOAD).tpot_ms
    assert answer.latency.tpot_ms == pytest.approx(2 * said, rel=0.05)


def test_a_rate_alone_corrects_too(base):
    said = base(L40S, LOAD)
    rate = 16_000 / (2 * said.stream_ms(250))  # 16 streams at half the speed
    point = make_point(ttft_ms=None, tpot_ms=None, output_tokens_per_second=rate)

    answer = corrected(L40S, LOAD, [base], nearest(L40S, LOAD, [point]))

    assert answer.latency.tpot_ms == pytest.approx(2 * said.tpot_ms, rel=0.02)


@pytest.mark.parametrize(
    "changes",
    [
        {"model": "Qwen/Qwen3-32B"},
        {"speculative": True},
        {"verified": False},
        {"prompt_tokens": None},
        {"concurrency": None},
        {"gpu": ""},
        {"concurrency": 16 * 2**6},
    ],
)
def test_what_is_no_neighbour(changes):
    assert nearest(L40S, LOAD, [make_point(**changes)]) == []


def test_points_on_another_gpu_are_used_only_without_one_on_the_same():
    here, there = make_point(concurrency=64), make_point(gpu="RTX 4090")

    assert [n.point for n in nearest(L40S, LOAD, [here, there])] == [here]
    assert [n.point for n in nearest(L40S, LOAD, [there])] == [there]


def test_an_old_engine_is_further_away():
    old, new = make_point(engine_version="0.6.3"), make_point(engine_version="0.19.0")

    first, second = nearest(L40S, LOAD, [old, new])

    assert (first.point, second.point) == (new, old)


def test_distance_is_symmetric_and_zero_to_itself():
    one = place_of(L40S, LOAD)
    other = place_of(replace(L40S, precision="fp8"), LOAD.at(64))

    assert distance(one, one) == 0
    assert distance(one, other) == distance(other, one) > 0


def test_without_any_estimate_there_is_nothing_to_correct():
    neighbours = nearest(L40S, LOAD, [make_point()])

    answer = corrected(L40S, LOAD, [lambda *_: Unknown("never")], neighbours)

    assert answer == Unknown("never")
