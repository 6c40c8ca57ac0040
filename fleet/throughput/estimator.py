"""NVIDIA's aiconfigurator behind one adapter: the only file that knows it.

`aiconfigurator-core` alone is enough: its Rust engine, its tables of measured kernels and
its scheduler model are there; the front end with its plots is not installed. It takes
seconds to import and to load a table, so everything is imported at the first question
and never at start-up. Nothing is fetched: a model whose config.json the package does not
hold is unknown here, because the package would otherwise ask the network for it.

TTFT and TPOT are those of a batch in steady state with one full prompt prefilled at a
time, for an aggregated engine (prefill and decode on the same GPUs).
"""

from __future__ import annotations

import functools
import importlib
import importlib.metadata
import importlib.util
import logging
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from fleet.throughput.latency import Latency, Unknown
from fleet.throughput.names import gpu_key, model_key
from fleet.throughput.points import MeasuredPoint, read_measured_file
from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic

PACKAGE = "aiconfigurator_core"
DISTRIBUTION = "aiconfigurator-core"
NOT_INSTALLED = (
    "The estimator is not installed: pip install aiconfigurator-core==0.12.0. "
    "Estimates fall back to the roofline."
)

# Our GPU -> its system. L4 and the A100 PCIe have no measured kernels there, and a
# formula of theirs is no better than ours.
SYSTEMS = {
    "NVIDIA A100-SXM4-80GB": "a100_sxm",
    "NVIDIA H100 80GB HBM3": "h100_sxm",
    "NVIDIA H200": "h200_sxm",
    "NVIDIA B200": "b200_sxm",
    "NVIDIA B300 SXM6 AC": "b300_sxm",
    "NVIDIA GB200": "gb200",
    "NVIDIA GB300": "gb300",
    "NVIDIA L40S": "l40s",
    "NVIDIA RTX PRO 6000 Blackwell Server Edition": "rtx_pro_6000_server",
}
# (GEMM, experts) in the order tried; None leaves the choice to the checkpoint.
QUANTISATION: dict[str, tuple[tuple[str | None, str | None], ...]] = {
    "bf16": (("bfloat16", "bfloat16"),),
    "fp8": (("fp8_block", "fp8_block"), ("fp8", "fp8"), (None, None)),
    "int8": (("int8_wo", None),),
    "int4": (("bfloat16", "int4_wo"), ("int4_wo", "int4_wo"), (None, None)),
    "nvfp4": (("nvfp4", "nvfp4"), (None, None)),
    "mxfp4": ((None, None),),
}
# Every config.json in the package whose architecture is one of ours; found by its layers.
ARCHITECTURES = (
    "meta-llama/Meta-Llama-3.1-8B",
    "meta-llama/Meta-Llama-3.1-70B",
    "meta-llama/Meta-Llama-3.1-405B",
    "Qwen/Qwen3-8B",
    "Qwen/Qwen3-32B",
    "Qwen/Qwen3-30B-A3B",
    "Qwen/Qwen3-235B-A22B",
    "Qwen/Qwen3-Coder-480B-A35B-Instruct",
    "Qwen/Qwen3.5-35B-A3B",
    "Qwen/Qwen3.5-397B-A17B",
    "deepseek-ai/DeepSeek-V3",
    "moonshotai/Kimi-K2.5",
    "MiniMaxAI/MiniMax-M2.5",
    "openai/gpt-oss-20b",
    "openai/gpt-oss-120b",
    "zai-org/GLM-5",
)


@functools.cache
def _architectures() -> dict[str, str]:
    """Our key of an architecture -> the package's model with the same."""
    return {model_key(name): name for name in ARCHITECTURES}


class Estimator(Protocol):
    """Something that says how fast a shape serves a traffic."""

    @property
    def name(self) -> str:
        """What a page calls it, with its version."""
        ...

    def latency(self, shape: ServingShape, traffic: Traffic) -> Latency | Unknown:
        """TTFT and TPOT of `traffic` at its concurrency, or why it cannot be said."""
        ...


def estimator(package: str = PACKAGE) -> Estimator | Unknown:
    """The installed estimator, without importing it yet; or that it is not installed."""
    if importlib.util.find_spec(package) is None:
        return Unknown(NOT_INSTALLED)
    return AiConfigurator(importlib.metadata.version(DISTRIBUTION))


def measured_points_path() -> Path | None:
    """The CSV of measured points inside the package; None where it is not installed."""
    spec = importlib.util.find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "systems" / "silicon_sample.csv"
    return path if path.exists() else None


def installed_points() -> tuple[MeasuredPoint, ...]:
    """The measured points that the package brings; none where it is not installed."""
    path = measured_points_path()
    if path is None:
        return ()
    version = importlib.metadata.version(DISTRIBUTION)
    return read_measured_file(path, version=version).points


@dataclass(frozen=True, slots=True)
class AiConfigurator:
    """The adapter. Answers are remembered; every fault of the package is a reason."""

    version: str

    @property
    def name(self) -> str:
        return f"aiconfigurator {self.version}"

    def latency(self, shape: ServingShape, traffic: Traffic) -> Latency | Unknown:
        if traffic.concurrency is None:
            return Unknown("The estimator needs a concurrency.")
        system = SYSTEMS.get(gpu_key(shape.gpu))
        if system is None:
            return Unknown(f"The estimator has no measured kernels of {shape.gpu}.")
        architecture = _architectures().get(model_key(shape.model))
        if architecture is None:
            return Unknown("The estimator does not know an architecture like this model's.")
        return _latency(
            system,
            architecture,
            shape,
            traffic.prompt_tokens,
            round(traffic.cached_tokens),
            traffic.completion_tokens,
            max(1, round(traffic.concurrency / shape.data_parallel)),
        )


@functools.lru_cache(maxsize=20_000)
def _latency(
    system: str,
    architecture: str,
    shape: ServingShape,
    prompt_tokens: int,
    cached_tokens: int,
    completion_tokens: int,
    batch_size: int,
) -> Latency | Unknown:
    refusal = ""
    for gemm, experts in QUANTISATION[shape.precision]:
        try:
            with _quiet():
                built = _built(system, architecture, shape, gemm, experts)
                answer = _run(
                    built, prompt_tokens, cached_tokens, completion_tokens, batch_size
                )
        except Exception as error:
            # The package raises a dozen unrelated types for what it cannot do, and our
            # next evidence is always the right answer to them.
            refusal = f"{type(error).__name__}: {error}".splitlines()[0][:200]
            continue
        if answer is not None:
            return answer
        refusal = "it gave no finite latency"
    return Unknown(f"The estimator cannot say ({refusal}).")


@contextmanager
def _quiet() -> Iterator[None]:
    """The package tells of every table that it reads; what matters comes as an answer."""
    logging.getLogger(PACKAGE).setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@functools.lru_cache(maxsize=256)
def _built(
    system: str,
    architecture: str,
    shape: ServingShape,
    gemm: str | None,
    experts: str | None,
) -> tuple[Any, Any, Any]:
    """Model, database and backend of the package; the slow part, made once a shape."""
    sdk = f"{PACKAGE}.sdk"
    builders = importlib.import_module(f"{sdk}.config_builders")
    models = importlib.import_module(f"{sdk}.models")
    helpers = importlib.import_module(f"{sdk}.models.helpers")
    database = _database(system, shape.engine)
    width = shape.tensor_parallel * shape.data_parallel
    expert_parallel = math.gcd(shape.expert_parallel, width)
    config = builders.build_model_config(
        tp_size=shape.tensor_parallel,
        pp_size=shape.pipeline_parallel,
        attention_dp_size=shape.data_parallel,
        moe_tp_size=width // expert_parallel,
        moe_ep_size=expert_parallel,
        gemm_quant_mode=gemm,
        moe_quant_mode=experts,
    )
    helpers.resolve_context_fmha_by_data(
        config, architecture, database, shape.engine, is_context_role=True
    )
    helpers.resolve_nvfp4_for_system(
        config, system, architecture, backend_name=shape.engine
    )
    model = models.get_model(architecture, config, shape.engine)
    factory = importlib.import_module(f"{sdk}.backends.factory")
    return model, database, factory.get_backend(shape.engine)


@functools.lru_cache(maxsize=32)
def _database(system: str, engine: str) -> Any:
    """The package's tables of one GPU and engine, in their current version."""
    tables = importlib.import_module(f"{PACKAGE}.sdk.perf_database")
    database = tables.get_database_view(
        system, engine, "current", allow_missing_data=True, database_mode="HYBRID"
    )
    if database is None:
        raise LookupError(f"no tables of {engine} on {system}")
    return database


def _run(
    built: tuple[Any, Any, Any],
    prompt_tokens: int,
    cached_tokens: int,
    completion_tokens: int,
    batch_size: int,
) -> Latency | None:
    model, database, backend = built
    config = importlib.import_module(f"{PACKAGE}.sdk.config")
    runtime = config.RuntimeConfig(
        isl=prompt_tokens,
        osl=completion_tokens,
        batch_size=batch_size,
        prefix=cached_tokens,
    )
    summary = backend.run_agg(model, database, runtime, ctx_tokens=prompt_tokens)
    result = summary.get_result_dict()
    if result is None:
        return None
    ttft_ms, tpot_ms = float(result["ttft"]), float(result["tpot"])
    if not (0 < ttft_ms < math.inf and 0 < tpot_ms < math.inf):
        return None
    return Latency(ttft_ms=ttft_ms, tpot_ms=tpot_ms)
