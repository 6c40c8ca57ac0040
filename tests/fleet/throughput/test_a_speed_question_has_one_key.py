"""An answer is kept by its question's key: the same for equal questions, for no others."""

import json
from dataclasses import fields, replace
from hashlib import sha256

import pytest

from fleet.throughput.speed_question import SpeedQuestion

ASKED = SpeedQuestion(
    model="meta-llama/Llama-3.1-8B-Instruct",
    precision="fp8",
    gpu="NVIDIA L40S",
    gpu_count=1,
    tensor_parallel=1,
    prompt_tokens=900,
    completion_tokens=100,
    cached_share=0.25,
    concurrency=8,
    max_tpot_ms=50.0,
    max_ttft_ms=None,
    max_sequences=64,
    stamp="3/2026-10-01/0/",
    model_slug="llama-3.1-8b",
)
OTHERS = {
    "max_ttft_ms": 900.0,
    "concurrency": None,
    "max_tpot_ms": None,
    "cached_share": 0.5,
}


def other(name: str) -> SpeedQuestion:
    """The question with one field changed."""
    value = getattr(ASKED, name)
    changed = f"{value}x" if isinstance(value, str) else value and value + 1
    return replace(ASKED, **{name: OTHERS.get(name, changed)})


def test_equal_questions_have_one_key_also_when_asked_again():
    text = json.dumps(ASKED.plain(), sort_keys=True)

    keys = {ASKED.key, replace(ASKED).key, SpeedQuestion.of(ASKED.plain()).key, ASKED.key}

    assert keys == {sha256(text.encode()).hexdigest()}


@pytest.mark.parametrize("name", [each.name for each in fields(SpeedQuestion)])
def test_a_question_that_differs_in_one_field_has_another_key(name: str):
    changed = other(name)

    assert changed != ASKED and changed.key != ASKED.key


def test_a_whole_number_and_the_same_float_are_one_question_whichever_came_first():
    written = replace(ASKED, cached_share=0, max_tpot_ms=50, max_ttft_ms=900)
    read = replace(ASKED, cached_share=0.0, max_tpot_ms=50.0, max_ttft_ms=900.0)

    # Not by the kept keys, which hide it: another process may have seen the other first.
    assert json.dumps(written.plain()) == json.dumps(read.plain())
    assert written.key == read.key


def test_a_question_out_of_its_stored_row_has_the_key_that_it_was_stored_by():
    stored = json.loads(json.dumps(ASKED.plain()))

    assert SpeedQuestion.of(stored).key == ASKED.key
