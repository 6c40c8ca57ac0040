import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from fleet.vllm.boot_log import WeightTimes, weight_times
from tests.clock import NOON

ROOT = Path(__file__).resolve().parents[3]
VLLM_PYTHON = Path(os.environ.get("VLLM_PYTHON", ROOT / ".venv-vllm" / "bin" / "python"))
TAKES = "INFO 11-25 12:00:00 [gpu_model_runner.py:5150] Model loading took 14.9 GiB memory"
BEGINS = "INFO 11-25 12:00:00 [gpu_model_runner.py:5040] Starting to load model llama..."


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_of_several_gpus_the_first_begins_and_the_last_ends():
    lines = [(at(1), BEGINS), (at(2), BEGINS), (at(60), TAKES), (at(64), TAKES)]

    assert weight_times(lines) == WeightTimes(at(1), at(64))


def test_after_a_restart_the_newest_load_counts():
    lines = [(at(1), BEGINS), (at(60), TAKES), (at(90), BEGINS)]

    assert weight_times(lines) == WeightTimes(at(90), None)


def test_the_runner_of_the_cpu_says_how_long_the_weights_took():
    lines = [(at(1), BEGINS), (at(5), "INFO Loading weights took 3.90 seconds")]

    assert weight_times(lines) == WeightTimes(at(1), at(5))


@pytest.mark.parametrize("lines", [[], [(None, BEGINS)], [(at(1), "replay engine")]])
def test_what_no_line_tells_is_not_known(lines):
    assert weight_times(lines) == WeightTimes(None, None)


def test_the_lines_are_those_of_vllms_own_source():
    root = next(VLLM_PYTHON.parent.parent.glob("lib/*/site-packages/vllm"), None)
    if root is None:
        pytest.skip("vLLM is not installed (VLLM_PYTHON or .venv-vllm)")
    runner = (root / "v1/worker/gpu_model_runner.py").read_text()
    loader = (root / "model_executor/model_loader/default_loader.py").read_text()

    assert "Starting to load model %s" in runner
    assert "Model loading took %s GiB" in runner
    assert "Loading weights took %" in loader
