"""Predictions beside boot logs of vLLM, where the collection of logs is at hand.

The verdicts that are wrong stay listed here: a change that makes another row wrong, or a
listed one right, has to say so in docs/sizing.md.
"""

from __future__ import annotations

import csv
import os
from functools import cache
from pathlib import Path
from statistics import median

import pytest

from fleet.sizing.boot_rows import BootRow, boot_row
from fleet.sizing.fit import size

ROOT = Path(__file__).resolve().parents[3]
BESIDE = ROOT.parent / "shared" / "data" / "sizing" / "vllm_kv_cache.csv"
LOGS = Path(os.environ.get("VLLM_BOOT_LOGS") or BESIDE)

pytestmark = pytest.mark.skipif(
    not LOGS.is_file(), reason="no boot logs at hand; name their CSV in VLLM_BOOT_LOGS"
)
# (model, max_model_len, whether it booted): what we get wrong, and why, is on the page.
WRONG = {
    ("qwen-3-8b", 40_960, False),
    ("deepseek-v4-flash", 30_000, False),
    ("deepseek-coder-6.7b", 16_384, False),
    ("llama-3.3-70b", 32_000, True),
}


@cache
def rows() -> list[BootRow]:
    with LOGS.open(newline="") as file:
        made = [boot_row(line) for line in csv.DictReader(file)]
    return [row for row in made if isinstance(row, BootRow)]


def told() -> list[BootRow]:
    """Rows that tell all that the calculator asks."""
    return [row for row in rows() if not row.assumed]


def test_enough_rows_can_be_asked():
    assert len(rows()) >= 35


def test_weights_agree_within_two_percent():
    for row in rows():
        result = size(row.asked)
        if row.weights_gib and row.model.slug != "deepseek-v4-flash":  # has a draft model
            assert result.weights_gib is not None
            assert float(result.weights_gib / row.weights_gib) == pytest.approx(1, abs=0.02)


def test_the_cache_of_rows_that_tell_everything_is_within_five_percent_at_the_median():
    tokens, gib = [], []
    for row in told():
        result = size(row.asked)
        if row.kv_tokens and result.kv_tokens is not None:
            tokens.append(abs(result.kv_tokens / row.kv_tokens - 1))
        if row.kv_gib and result.kv_gib is not None:
            gib.append(float(abs(result.kv_gib / row.kv_gib - 1)))

    assert len(tokens) >= 5
    assert median(tokens) < 0.05
    assert median(gib) < 0.05


def test_the_verdicts_that_we_get_wrong_are_the_ones_on_the_page():
    wrong = {
        (row.model.slug, row.asked.max_model_len, row.booted)
        for row in rows()
        if size(row.asked).ok != row.booted
    }

    assert wrong == WRONG
