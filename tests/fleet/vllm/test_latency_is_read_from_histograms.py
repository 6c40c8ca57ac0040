"""vLLM's histograms: read whole or not at all, subtracted safely, asked for percentiles."""

from pathlib import Path

import pytest

from fleet.vllm.latency import Histogram, add, increase, percentile, read
from fleet.vllm.metrics import parse

RECORDED = Path(__file__).resolve().parents[2] / "recordings" / "vllm_0_32_metrics.txt"


def test_the_recorded_answer_has_all_three():
    found = read(RECORDED.read_bytes())

    assert {name: each.count for name, each in found.items()} == {
        "ttft": 10,
        "itl": 115,
        "queue": 10,
    }
    assert found["ttft"].mean == pytest.approx(0.013359904)
    assert found["ttft"].within[0.01] == 8 and found["ttft"].within[0.08] == 10
    assert parse(RECORDED.read_bytes()).latencies == found


def test_engines_are_summed():
    text = "".join(
        f'\nvllm:request_queue_time_seconds_{part}{{engine="{engine}"{le}}} {value}'
        for engine in (0, 1)
        for part, le, value in (
            ("count", "", "4.0"),
            ("sum", "", "2.0"),
            ("bucket", ',le="0.3"', "3.0"),
            ("bucket", ',le="+Inf"', "4.0"),
        )
    )

    assert read(text.encode()) == {"queue": Histogram(8, 4.0, {0.3: 6})}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "vllm:time_to_first_token_seconds_count{} 3.0",  # no sum
        "vllm:time_to_first_token_seconds_sum{} 3.0",
        "vllm:time_to_first_token_seconds_count{} nan\n"
        "vllm:time_to_first_token_seconds_sum{} 1e300",
    ],
)
def test_what_is_not_whole_is_left_out_and_rejects_nothing(text):
    assert read(text.encode()) == {}


def test_an_increase_is_what_was_observed_between():
    grown = increase(
        Histogram(10, 1.0, {0.1: 8, 1.0: 10}), Histogram(14, 3.0, {0.1: 9, 1.0: 14})
    )

    assert grown == Histogram(4, 2.0, {0.1: 1, 1.0: 4})


@pytest.mark.parametrize(
    "after",
    [
        Histogram(9, 9.0, {0.1: 9}),
        Histogram(11, 0.5, {0.1: 11}),
        Histogram(11, 2.0, {0.1: 7}),
    ],
)
def test_whatever_falls_is_a_reset(after):
    assert increase(Histogram(10, 1.0, {0.1: 8}), after) is None


def test_percentiles_lie_evenly_within_their_bucket():
    seen = Histogram(10, 1.0, {0.1: 4, 0.2: 8, 1.0: 10})

    assert percentile(seen, 0.5) == (pytest.approx(0.125), False)
    assert percentile(seen, 0.2) == (pytest.approx(0.05), False)
    assert percentile(seen, 0.9) == (pytest.approx(0.6), False)


def test_beyond_the_last_bucket_only_a_floor_is_known():
    assert percentile(Histogram(10, 99.0, {0.1: 4}), 0.95) == (0.1, True)


def test_nothing_observed_has_no_percentile():
    assert percentile(Histogram(0, 0.0, {0.1: 0}), 0.5) is None


def test_two_windows_are_one_with_the_observations_of_both():
    both = add(Histogram(1, 1.0, {0.1: 1}), Histogram(2, 2.0, {0.1: 0, 1.0: 2}))

    assert both == Histogram(3, 3.0, {0.1: 1, 1.0: 2})
