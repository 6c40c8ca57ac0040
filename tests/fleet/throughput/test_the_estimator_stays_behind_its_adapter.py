"""aiconfigurator: imported at the first question only, and every refusal is a reason."""

import subprocess
import sys

import pytest

from fleet.throughput.answer import best_estimate
from fleet.throughput.estimator import AiConfigurator, estimator, installed_points
from fleet.throughput.evidence import Evidence
from fleet.throughput.latency import Latency, Unknown
from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic
from tests.fleet.throughput.points import L40S, LOAD, work

installed = pytest.mark.skipif(
    isinstance(estimator(), Unknown), reason="aiconfigurator-core is not installed"
)
QWEN = ServingShape("Qwen/Qwen3-32B", "fp8", "NVIDIA H100 80GB HBM3", 2, 2)


def test_no_start_of_ours_imports_it():
    code = (
        "import sys, fleet.throughput.answer, fleet.throughput.capacity;"
        "from fleet.throughput.estimator import estimator; estimator();"
        "heavy = {'aiconfigurator_core', 'pandas', 'scipy', 'pyarrow', 'numpy'};"
        "print(*sorted(heavy & set(sys.modules)))"
    )

    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (told.returncode, told.stdout, told.stderr) == (0, "\n", "")


def test_where_it_is_not_installed_that_is_said():
    told = estimator("no_such_package")

    assert isinstance(told, Unknown)
    assert told.reason.startswith("The estimator is not installed")


@installed
def test_it_brings_thousands_of_measured_points():
    points = installed_points()

    assert len(points) > 3000
    assert all(point.source.startswith("aiconfigurator_core") for point in points)


@installed
def test_it_answers_for_a_model_and_gpu_that_it_knows():
    told = estimator().latency(QWEN, Traffic(1024, 1024, concurrency=16))

    assert isinstance(told, Latency)
    assert 5 < told.tpot_ms < 40


@installed
@pytest.mark.parametrize(
    ("shape", "reason"),
    [
        (ServingShape("Qwen/Qwen3-32B", "fp8", "NVIDIA L4"), "no measured kernels"),
        (ServingShape("example/unheard-of", "fp8", "NVIDIA H200"), "does not know"),
        (ServingShape("Qwen/Qwen3-32B", "fp8", "NVIDIA H200", 7, 7), "cannot say"),
    ],
)
def test_what_it_cannot_say_is_a_reason(shape, reason):
    told = AiConfigurator("0.12.0").latency(shape, LOAD)

    assert isinstance(told, Unknown)
    assert reason in told.reason


@installed
def test_an_estimate_names_it_with_its_version():
    told = best_estimate(L40S, work(), LOAD, estimator=estimator())

    assert told.kind is Evidence.ESTIMATOR
    assert "aiconfigurator 0.12.0" in told.source
