"""Every row of docs/formulas/throughput-roofline.md, computed again; and its physics."""

from dataclasses import replace

import pytest

from fleet.throughput.latency import Unknown
from fleet.throughput.peaks import GpuPeak, peak_of
from fleet.throughput.roofline import (
    Efficiency,
    decode_step_ms,
    mean_context,
    prefill_request_ms,
    roofline,
)
from fleet.throughput.room import load_of
from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic
from tests.economics.formula_page import worked_rows
from tests.fleet.throughput.points import FLAT, L40S, LOAD, work

ROWS = worked_rows("throughput-roofline")


def listed(gpu: str) -> GpuPeak:
    peak = peak_of(gpu)
    assert peak is not None
    return peak


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['model']} {row['gpus']}")
def test_a_row_of_the_page_is_what_the_code_computes(row):
    count, gpu = row["gpus"].split(" × ")
    shape = ServingShape(row["model"], row["precision"], gpu, int(count), int(count))
    model, peak = work(row["model"], row["precision"]), listed(gpu)
    traffic = Traffic(
        int(row["prompt"]),
        int(row["completion"]),
        cached_share=float(row["cached"]),
        concurrency=int(row["concurrency"]),
    )

    batch = load_of(shape, model, peak, traffic).running
    step = decode_step_ms(shape, model, peak, FLAT, batch, mean_context(traffic))
    prefill = prefill_request_ms(shape, model, peak, FLAT, traffic)
    told = roofline(shape, model, traffic, FLAT)

    tokens = traffic.prompt_tokens + traffic.completion_tokens
    rate = told.requests_per_second(traffic.concurrency, traffic.completion_tokens) * tokens
    assert [
        *(f"{step:.2f}", f"{prefill:.2f}"),
        *(f"{told.ttft_ms:.1f}", f"{told.tpot_ms:.2f}", f"{rate:.0f}"),
    ] == [row[name] for name in ("step", "prefill", "ttft", "tpot", "tokens")]


def test_the_first_row_by_hand():
    shape = replace(L40S, gpu="RTX 4090")
    traffic = Traffic(1000, 250, concurrency=1)

    step = decode_step_ms(shape, work(), listed("RTX 4090"), FLAT, 1, mean_context(traffic))

    memory_ms = (15.010e9 + 1125 * 131_072) / (1008e9 * 0.8) * 1e3
    assert step == pytest.approx(memory_ms + 32 * 0.030 + 0.012, rel=1e-4)


def tpot(shape=L40S, traffic=LOAD, model=None, efficiency=FLAT):
    return roofline(shape, model or work(), traffic, efficiency).tpot_ms


def test_more_requests_at_once_make_each_slower_and_the_whole_faster():
    few, many = tpot(traffic=LOAD.at(4)), tpot(traffic=LOAD.at(32))

    assert few < many < 8 * few


def test_half_the_bytes_of_a_weight_nearly_halve_a_lone_request():
    alone = LOAD.at(1)
    bf16 = tpot(traffic=alone)
    fp8 = tpot(replace(L40S, precision="fp8"), alone, work(precision="fp8"))

    assert 0.5 < fp8 / bf16 < 0.6


def test_a_longer_context_is_read_at_every_step():
    assert tpot(traffic=Traffic(20, 20, concurrency=8)) < tpot(
        traffic=Traffic(8000, 8000, concurrency=8)
    )


def test_sparse_attention_reads_no_more_than_it_attends_to_beside_its_index():
    model = work("zai-org/GLM-5", "fp8")
    shape = ServingShape("zai-org/GLM-5", "fp8", "NVIDIA H200", 8, 8)
    peak = listed("NVIDIA H200")

    short, long = (
        decode_step_ms(shape, model, peak, FLAT, 8, context) for context in (4096, 65_536)
    )

    index_bytes = 8 * (65_536 - 4096) * 78 * (128 + 4)
    more_ms = index_bytes / (4800e9 * 0.8) * 1e3
    assert long - short == pytest.approx(more_ms)


def test_experts_are_read_as_far_as_the_batch_needs_them():
    model = work("Qwen/Qwen3-30B-A3B", "bf16")
    shape = ServingShape("Qwen/Qwen3-30B-A3B", "bf16", "NVIDIA H100")
    peak, plain = listed("NVIDIA H100"), replace(FLAT, layer_us=0.01, sequence_us=0.0)

    one, many = (decode_step_ms(shape, model, peak, plain, n, 100) for n in (1, 256))

    assert many > 5 * one  # one token takes 8 of 128 experts, 256 tokens take all


def test_sequences_without_room_wait_for_their_first_token():
    crowded = Traffic(8000, 1000, concurrency=64)  # about 580,000 tokens; 17 GB free
    told = roofline(L40S, work(), crowded, FLAT)
    roomy = roofline(L40S, work(), crowded.at(8), FLAT)

    assert told.ttft_ms > 20 * roomy.ttft_ms


def test_a_gpu_that_is_not_listed_is_unknown():
    told = roofline(replace(L40S, gpu="TPU v9"), work(), LOAD, FLAT)

    assert isinstance(told, Unknown)


@pytest.mark.parametrize("gpu", ["NVIDIA GeForce RTX 4090", "NVIDIA A10", "NVIDIA L4"])
def test_the_gpus_that_the_estimator_lacks_have_an_answer(gpu):
    told = roofline(replace(L40S, gpu=gpu), work(), LOAD, FLAT)

    floor = 15.01e9 / (listed(gpu).bandwidth_gb_per_second * 1e9) * 1e3
    assert told.tpot_ms > floor


def test_an_old_engine_takes_longer_for_a_step():
    old = replace(L40S, engine_version="0.6.3")

    assert tpot(old) - tpot() == pytest.approx(2.5)


def test_less_of_the_bandwidth_is_slower():
    assert tpot(efficiency=Efficiency(0.4, 0.4, 30.0)) > tpot()
