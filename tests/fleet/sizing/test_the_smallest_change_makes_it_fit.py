"""Advice is tried before it is given."""

from __future__ import annotations

from decimal import Decimal

import pytest

from fleet.sizing.advice import smallest_change
from fleet.sizing.fit import size
from fleet.sizing.request import Sizing
from tests.fleet.sizing.questions import asked

SHORT = [
    asked("llama-3.1-8b", "bf16", "RTX 4090", max_model_len=131_072),
    asked("llama-3.1-70b", "bf16", "H100 80GB"),
    asked("glm-5", "fp8", "H100 80GB", 8),
    asked("qwen-3.5-27b", "fp8", "L40S", max_model_len=131_072, max_num_seqs=256),
    asked("qwen-2.5-7b", "bf16", "L4", 8),
    asked("glm-5", "bf16", "A100 80GB", 16),
]


def words(request: Sizing) -> str:
    return f"{request.architecture.name} on {request.gpu_count} x {request.gpu}"


@pytest.mark.parametrize("request_", SHORT, ids=words)
def test_each_change_makes_it_fit(request_: Sizing):
    changes = smallest_change(request_)

    assert changes
    for change in changes:
        assert size(change.request).ok, change.sentence
        assert change.request != request_
        assert change.sentence.endswith(".")


def test_what_costs_nothing_comes_first():
    changes = smallest_change(SHORT[0])

    assert changes[0].sentence.startswith("Lower max_model_len to ")
    assert changes[0].request.max_model_len % 1024 == 0
    assert changes[0].request.gpu_count == 1


def test_the_told_length_is_the_longest_round_one():
    change = smallest_change(SHORT[0])[0]
    longer = change.request.max_model_len + 1024

    assert not size(asked("llama-3.1-8b", "bf16", "RTX 4090", max_model_len=longer)).ok


def test_more_of_the_same_gpus_are_tried_before_other_weights():
    sentences = [change.sentence for change in smallest_change(SHORT[1])]

    more = next(i for i, said in enumerate(sentences) if said == "Take 2 x H100 80GB.")
    other = next(i for i, said in enumerate(sentences) if "weights in INT4" in said)
    assert more < other


def test_a_count_that_does_not_divide_is_answered_with_one_that_does():
    change = smallest_change(SHORT[4])[0]

    assert change.sentence == "Take only 4 x L4."


def test_a_fit_needs_no_change():
    fitting = asked("llama-3.1-8b", "bf16", "H100 80GB")

    assert smallest_change(fitting) == ()


def test_what_nothing_helps_gets_no_advice():
    hopeless = asked(
        "llama-3.1-8b", "bf16", "H100", gpu_memory_utilization=Decimal(0), max_num_seqs=0
    )

    assert smallest_change(hopeless) == ()
