"""The scanner against `prometheus_client`'s parser, on a real answer and on made ones."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client.parser import text_string_to_metric_families

from fleet.vllm.metrics import EngineCounters, MetricsRejected, parse

RECORDED = Path(__file__).resolve().parents[2] / "recordings" / "vllm_0_32_metrics.txt"

FIELDS = {
    "prompt_tokens": "vllm:prompt_tokens_total",
    "cached_prompt_tokens": "vllm:prompt_tokens_cached_total",
    "generation_tokens": "vllm:generation_tokens_total",
    "iteration_tokens": "vllm:iteration_tokens_total_count",
    "requests_finished": "vllm:request_success_total",
    "requests_running": "vllm:num_requests_running",
    "requests_waiting": "vllm:num_requests_waiting",
    "prefix_cache_hits": "vllm:prefix_cache_hits_total",
    "prefix_cache_queries": "vllm:prefix_cache_queries_total",
}


def by_reference(text: str) -> dict[str, float]:
    """Sums by series name, as prometheus_client reads the text."""
    sums: defaultdict[str, float] = defaultdict(float)
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            sums[sample.name] += sample.value
    return dict(sums)


def assert_agrees(counters: EngineCounters, text: str) -> None:
    reference = by_reference(text)
    for field, name in FIELDS.items():
        assert (getattr(counters, field) or 0) == reference.get(name, 0), field


def test_a_real_answer_of_vllm_0_32_is_read_like_the_reference_reads_it():
    text = RECORDED.read_text()

    counters = parse(text)

    assert_agrees(counters, text)
    assert counters.prompt_tokens > counters.cached_prompt_tokens > 0
    assert counters.generation_tokens > 0
    assert counters.iteration_tokens
    assert counters.process_start_time is not None
    assert (
        float(counters.process_start_time)
        == (by_reference(text)["process_start_time_seconds"])
    )
    assert counters.kv_cache_usage == by_reference(text)["vllm:kv_cache_usage_perc"]


def told(text: str, **counts: int) -> str:
    """The recorded answer with other counts of finished requests by reason."""
    lines = []
    for line in text.split("\n"):
        for reason, count in counts.items():
            if line.startswith("vllm:request_success_total") and f'"{reason}"' in line:
                line = f"{line.rsplit(' ', 1)[0]} {count}.0"
        lines.append(line)
    return "\n".join(lines)


def test_finished_requests_are_counted_by_their_reason_and_only_where_told():
    text = RECORDED.read_text()
    silent = "\n".join(line for line in text.split("\n") if "request_success" not in line)

    counters = parse(told(text, stop=5, length=4, abort=7, error=2, repetition=1))

    assert counters.finishes == (5, 4, 7, 2)
    assert counters.requests_finished == 19
    assert parse(text).finishes == (0, 10, 0, 0)
    assert parse(silent).finishes is None


def test_every_series_of_the_real_answer_is_one_that_is_looked_for():
    reference = by_reference(RECORDED.read_text())

    assert not [name for name in FIELDS.values() if name not in reference]


label_values = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cs", "Cc"), exclude_characters="\u2028"
    ),
    max_size=12,
)
counts = st.integers(0, 10**12)
written = st.sampled_from(
    [str, lambda n: f"{n}.0", lambda n: repr(float(n)), "{:e}".format]
)


@st.composite
def answers(draw: st.DrawFn) -> str:
    engines = draw(st.lists(label_values, min_size=1, max_size=4, unique=True))
    lines = []
    for name in FIELDS.values():
        lines += [f"# HELP {name} words", f"# TYPE {name} untyped"]
        for engine in engines:
            count = draw(counts)
            number = draw(written)(count)
            number = number if float(number).is_integer() else str(count)
            if name.endswith("cached_total"):
                number = "0"
            escaped = engine.replace("\\", r"\\").replace('"', r"\"")
            lines.append(f'{name}{{engine="{escaped}",model_name="m}} 7"}} {number}')
    noise = draw(st.lists(st.sampled_from(["", "# a comment", "other_total 5", "x{} NaN"])))
    return "\n".join([*lines, *noise, ""])


@settings(max_examples=150, deadline=None)
@given(answers())
def test_any_well_formed_answer_is_read_like_the_reference_reads_it(text: str):
    assert_agrees(parse(text), text)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=400))
def test_no_text_whatever_raises_anything_but_a_rejection(noise: str | bytes):
    with pytest.raises(MetricsRejected):
        parse(noise)


@settings(max_examples=300, deadline=None)
@given(st.text('vlm:pro_tkensal{}=",\\ 0123456789.eE+-nNaIf\n\t', max_size=300))
def test_no_text_of_the_same_letters_raises_anything_but_a_rejection(noise: str):
    text = "vllm:prompt_tokens_total 1\n" + noise
    try:
        parse(text)
    except MetricsRejected as rejection:
        assert str(rejection).startswith("/metrics ")
