from decimal import Decimal
from time import process_time

import pytest

from fleet.vllm.metrics import Limits, MetricsRejected, parse

SOUND = """\
vllm:prompt_tokens_total{engine="0",model_name="m"} 100.0
vllm:generation_tokens_total{engine="0",model_name="m"} 50.0
vllm:num_requests_running{engine="0",model_name="m"} 2.0
vllm:num_requests_waiting{engine="0",model_name="m"} 1.0
"""


def rejection(text: str | bytes, limits: Limits | None = None) -> str:
    with pytest.raises(MetricsRejected) as rejected:
        parse(text, limits or Limits())
    return str(rejected.value)


def test_the_least_that_vllm_must_say_is_enough():
    counters = parse(SOUND)

    assert (counters.prompt_tokens, counters.generation_tokens) == (100, 50)
    assert counters.requests_pending == 3
    assert counters.cached_prompt_tokens is None
    assert counters.iteration_tokens is None
    assert counters.process_start_time is None
    assert counters.kv_cache_usage is None


def test_five_megabytes_are_too_many():
    assert rejection(b"x" * 5_000_000) == (
        "/metrics is 5.0 MB, more than the limit of 1 MiB"
    )


@pytest.mark.parametrize(
    "page",
    ["<!DOCTYPE html><html></html>", "\n <html>", "\ufeff<html>", b"<html>" + b"\xff"],
)
def test_a_web_page_is_called_by_its_name(page: str | bytes):
    assert rejection(page) == "/metrics is an HTML page, not metrics"


def test_too_many_lines_are_counted():
    assert rejection(SOUND + "\n" * 5_000) == (
        "/metrics has 5005 lines, more than the limit of 5000"
    )


def test_a_line_that_is_too_long_is_measured():
    assert rejection(SOUND + "x" * 2_049) == (
        "/metrics has a line of 2049 bytes, more than the limit of 2048"
    )


NO_COUNTS = ["NaN", "nan", "Inf", "+Inf", "-Inf", "-1", "--1"]
NO_COUNTS += ["1e16", "1e999", "1_000", "0x10", "ten"]


@pytest.mark.parametrize("value", NO_COUNTS)
def test_a_value_that_is_no_count_is_rejected(value: str):
    told = rejection(SOUND.replace("50.0", value))

    assert told == (
        f"/metrics has vllm:generation_tokens_total = {value}; "
        "a count from 0 to 10^15 is right"
    )


def test_half_a_token_is_rejected():
    assert "not a whole number" in rejection(SOUND.replace("50.0", "50.5"))


@pytest.mark.parametrize("usage", ["1.5", "42"])
def test_a_kv_cache_usage_in_percent_is_rejected(usage: str):
    told = rejection(SOUND + f"vllm:kv_cache_usage_perc {usage}\n")

    assert told.endswith("; 0 to 1 is right")


@pytest.mark.parametrize(
    "series",
    [
        "vllm:prompt_tokens_total",
        "vllm:generation_tokens_total",
        "vllm:num_requests_running",
        "vllm:num_requests_waiting",
    ],
)
def test_a_series_that_we_bill_by_must_be_there(series: str):
    kept = "\n".join(line for line in SOUND.splitlines() if not line.startswith(series))

    assert rejection(kept) == f"/metrics has no {series}; it is not vLLM's"


@pytest.mark.parametrize(
    "line",
    [
        'vllm:prompt_tokens_total{engine="0" 5',
        "vllm:prompt_tokens_total{engine=0} 5",
        "vllm:prompt_tokens_total",
        "vllm:prompt_tokens_total{} 5 6 7",
        'vllm:prompt_tokens_total{engine="1"} 5 # {trace="x"} 1',
    ],
)
def test_a_listed_line_that_cannot_be_read_is_not_skipped(line: str):
    assert "unreadable" in rejection(SOUND + line + "\n")


def test_a_series_that_comes_twice_is_not_added_up():
    assert "twice" in rejection(SOUND + SOUND.splitlines()[0] + "\n")


def test_more_cached_than_prompt_tokens_is_rejected():
    told = rejection(SOUND + "vllm:prompt_tokens_cached_total 101\n")

    assert told == "/metrics counts 101 cached prompt tokens of 100 prompt tokens"


def test_a_series_whose_name_only_begins_like_a_listed_one_is_not_read():
    text = (
        SOUND + "vllm:prompt_tokens_total_created NaN\nvllm:prompt_tokens_total:sum NaN\n"
    )

    assert parse(text).prompt_tokens == 100


def test_engines_and_models_are_summed():
    text = SOUND + (
        'vllm:prompt_tokens_total{engine="1",model_name="m"} 7\n'
        'vllm:kv_cache_usage_perc{engine="0"} 0.5\n'
        'vllm:kv_cache_usage_perc{engine="1"} 0.7\n'
    )
    counters = parse(text)

    assert counters.prompt_tokens == 107
    assert counters.kv_cache_usage == pytest.approx(0.6)


def test_cached_tokens_are_added_up_from_their_sources_where_there_is_no_sum():
    text = SOUND + (
        'vllm:prompt_tokens_by_source_total{source="local_compute",engine="0"} 60\n'
        'vllm:prompt_tokens_by_source_total{source="local_cache_hit",engine="0"} 30\n'
        'vllm:prompt_tokens_by_source_total{engine="0",source="external_kv_transfer"} 10\n'
    )

    assert parse(text).cached_prompt_tokens == 40


def test_older_names_of_the_cache_are_understood():
    text = SOUND + (
        "vllm:gpu_cache_usage_perc 0.25\n"
        "vllm:gpu_prefix_cache_hits_total 5\nvllm:gpu_prefix_cache_queries_total 9\n"
    )
    counters = parse(text)

    assert counters.kv_cache_usage == 0.25
    assert (counters.prefix_cache_hits, counters.prefix_cache_queries) == (5, 9)


def test_the_start_of_the_process_keeps_its_fraction():
    counters = parse(SOUND + "process_start_time_seconds 1.79549091229e+09\n")

    assert counters.process_start_time == Decimal("1795490912.29")


@pytest.mark.parametrize(
    "line",
    [
        "vllm:prompt_tokens_total" + " " * 2_000 + "{",
        "vllm:prompt_tokens_total{" + 'a="b"' + " " * 1_900 + "x",
        "vllm:prompt_tokens_total{" + 'a="",  ' * 280,
        'vllm:prompt_tokens_total{a="' + "\\" * 1_900,
    ],
)
def test_a_hostile_line_costs_no_time(line: str):
    began = process_time()

    rejection((line + "\n") * 500)

    assert process_time() - began < 1
