"""The seconds of each class, against an estimate whose own seconds are known."""

import pytest

from fleet.throughput.class_seconds import ClassSeconds, class_seconds
from fleet.throughput.latency import Unknown
from fleet.throughput.traffic import Traffic
from tests.economics.formula_page import worked_rows

CHAT = Traffic(1_000, 100, cached_share=0.5, concurrency=16)


def linear(a: float, c: float, b: float, fixed: float = 0.0):
    def ask(traffic: Traffic) -> float:
        return (
            traffic.uncached_tokens * a
            + traffic.cached_tokens * c
            + traffic.completion_tokens * b
            + fixed
        )

    return ask


@pytest.mark.parametrize("row", worked_rows("class-seconds"))
def test_the_worked_examples_of_the_class_seconds_page_hold(row):
    n = {name: float(cell) for name, cell in row.items()}
    traffic = Traffic(
        int(n["prompt"]), int(n["completion"]), cached_share=n["cached"], concurrency=16
    )

    found = class_seconds(traffic, n["t_best"], linear(n["a"], n["c"], n["b"], n["fixed"]))

    assert isinstance(found, ClassSeconds)
    shown = (found.uncached_prompt, found.cached_prompt, found.completion)
    assert [f"{each:.7f}" for each in shown] == [
        row["s_uncached"],
        row["s_cached"],
        row["s_completion"],
    ]


def test_one_request_of_the_mix_takes_its_whole_time():
    found = class_seconds(CHAT, 0.42, linear(0.0003, 0.00002, 0.002, 0.05))
    assert isinstance(found, ClassSeconds)

    told = 500 * found.uncached_prompt + 500 * found.cached_prompt + 100 * found.completion
    assert told == pytest.approx(0.42)


def test_a_class_that_seems_to_save_time_costs_nothing():
    found = class_seconds(CHAT, 0.1, linear(0.0001, -0.001, 0.01))

    assert isinstance(found, ClassSeconds) and found.cached_prompt == 0


def test_an_estimate_without_an_answer_is_passed_on():
    why = Unknown("Nobody knows this GPU.")

    assert class_seconds(CHAT, 0.1, lambda traffic: why) == why
