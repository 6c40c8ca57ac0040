"""Consoles that run for real, one per test, in a folder of its own."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.end_to_end.console import ROOT, Console

VLLM = os.environ.get("VLLM_PYTHON") or str(ROOT / ".venv-vllm" / "bin" / "python")


@pytest.fixture
def vllm_python() -> str:
    """An interpreter that has vLLM; without one the test says that it was skipped."""
    if not Path(VLLM).exists():
        pytest.skip("vLLM is not installed; `make vllm` installs it")
    return VLLM


@pytest.fixture
def start_console() -> Iterator[Callable[..., Console]]:
    """Start a console with extra settings; ended at the end, whatever happened."""
    started: list[Console] = []
    folder = Path(tempfile.mkdtemp(prefix="kerne-e2e-"))

    def start(**settings: str) -> Console:
        console = Console(folder / str(len(started)), **settings)
        started.append(console)
        console.start()
        return console

    yield start
    for console in started:
        console.stop()
    shutil.rmtree(folder, ignore_errors=True)
