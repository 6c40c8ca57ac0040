"""vLLM's /metrics, written and read.

Names, labels and order follow an exposition recorded from vLLM 0.32.0 after some chats.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from fleet.sandbox.demand import Tokens

CONTENT_TYPE = "text/plain; version=1.0.0; charset=utf-8"
FINISH_REASONS = ("stop", "length", "abort", "error", "repetition")

# Upper bounds [s] and the share of requests, in thousandths, at or below each.
TTFT_SHARES = ((0.02, 100), (0.04, 350), (0.08, 700), (0.25, 930), (0.5, 980), (1.0, 1000))
ITL_SHARES = ((0.01, 300), (0.025, 800), (0.05, 950), (0.1, 1000))
QUEUE_SHARES = ((0.3, 1000),)  # vLLM's own smallest bound
E2E_SHARES = ((0.5, 150), (1.0, 400), (2.5, 750), (5.0, 930), (10.0, 1000))
TTFT_MEAN, ITL_MEAN, E2E_MEAN, QUEUE_MEAN = 0.09, 0.02, 2.1, 0.01


@dataclass
class EngineCounters:
    """What an engine has counted since `started_at` [epoch seconds]."""

    started_at: float
    tokens: Tokens = Tokens()
    iterations: int = 0
    running: int = 0
    waiting: int = 0
    kv_cache_usage: float = 0.0
    finished: dict[str, int] = field(default_factory=dict)

    @property
    def requests(self) -> int:
        """Finished requests."""
        return sum(self.finished.values())


def write_metrics(counters: EngineCounters, model_name: str) -> str:
    """The exposition of one engine."""
    writer = _Writer(model_name, counters.started_at + 1.5)
    tokens, served = counters.tokens, counters.requests
    writer.process(counters.started_at)
    writer.gauge("num_requests_running", "Requests in execution batches.", counters.running)
    writer.gauge("num_requests_waiting", "Requests waiting.", counters.waiting)
    by_reason = {"capacity": counters.waiting, "deferred": 0}
    for reason, value in by_reason.items():
        writer.line("num_requests_waiting_by_reason", value, f'reason="{reason}"')
    writer.gauge(
        "kv_cache_usage_perc", "KV-cache usage, 1 is 100 %.", counters.kv_cache_usage
    )
    writer.counter("prefix_cache_queries", "Tokens looked up.", {"": tokens.prompt})
    writer.counter("prefix_cache_hits", "Tokens found.", {"": tokens.cached_prompt})
    writer.counter("num_preemptions", "Preemptions.", {"": 0})
    writer.counter("prompt_tokens", "Prefill tokens processed.", {"": tokens.prompt})
    sources = {
        'source="local_compute"': tokens.uncached_prompt,
        'source="local_cache_hit"': tokens.cached_prompt,
        'source="external_kv_transfer"': 0,
    }
    writer.counter("prompt_tokens_by_source", "Prompt tokens by source.", sources)
    writer.counter("prompt_tokens_cached", "Cached tokens.", {"": tokens.cached_prompt})
    writer.counter("generation_tokens", "Tokens generated.", {"": tokens.completion})
    reasons = {
        f'finished_reason="{reason}"': counters.finished.get(reason, 0)
        for reason in FINISH_REASONS
    }
    writer.counter("request_success", "Requests finished.", reasons)
    _histograms(writer, counters, served)
    return writer.text()


def _histograms(writer: _Writer, counters: EngineCounters, served: int) -> None:
    tokens = counters.tokens
    worked = tokens.uncached_prompt + tokens.completion
    writer.histogram("iteration_tokens_total", counters.iterations, worked, ())
    writer.histogram("request_prompt_tokens", served, tokens.prompt, ())
    writer.histogram("request_generation_tokens", served, tokens.completion, ())
    writer.histogram("time_to_first_token_seconds", served, served * TTFT_MEAN, TTFT_SHARES)
    gaps = max(0, tokens.completion - served)
    writer.histogram("inter_token_latency_seconds", gaps, gaps * ITL_MEAN, ITL_SHARES)
    writer.histogram("e2e_request_latency_seconds", served, served * E2E_MEAN, E2E_SHARES)
    waited = served * QUEUE_MEAN
    writer.histogram("request_queue_time_seconds", served, waited, QUEUE_SHARES)


class _Writer:
    def __init__(self, model_name: str, created_at: float) -> None:
        escaped = model_name.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
        self._labels = f'engine="0",model_name="{escaped}"'
        self._created_at = created_at
        self._lines: list[str] = []

    def text(self) -> str:
        return "\n".join(self._lines) + "\n"

    def process(self, started_at: float) -> None:
        name = "process_start_time_seconds"
        self._lines += [
            f"# HELP {name} Start time of the process since unix epoch in seconds.",
            f"# TYPE {name} gauge",
            f"{name} {started_at!r}",
        ]

    def line(self, name: str, value: float, extra: str = "") -> None:
        labels = f"{self._labels},{extra}" if extra else self._labels
        self._lines.append(f"vllm:{name}{{{labels}}} {float(value)!r}")

    def gauge(self, name: str, told: str, value: float) -> None:
        self._head(name, told, "gauge")
        self.line(name, value)

    def counter(self, name: str, told: str, values: dict[str, int]) -> None:
        self._head(f"{name}_total", told, "counter")
        for extra, value in values.items():
            self.line(f"{name}_total", value, extra)
        self._head(f"{name}_created", told, "gauge")
        for extra in values:
            self.line(f"{name}_created", self._created_at, extra)

    def histogram(
        self, name: str, count: int, total: float, shares: tuple[tuple[float, int], ...]
    ) -> None:
        """Buckets by fixed shares of the count, so that they only ever grow."""
        self._head(name, name.replace("_", " ").capitalize() + ".", "histogram")
        for bound, share in shares:
            self.line(f"{name}_bucket", count * share // 1000, f'le="{bound}"')
        self.line(f"{name}_bucket", count, 'le="+Inf"')
        self.line(f"{name}_count", count)
        self.line(f"{name}_sum", total)
        self._head(f"{name}_created", name, "gauge")
        self.line(f"{name}_created", self._created_at)

    def _head(self, name: str, told: str, kind: str) -> None:
        self._lines += [f"# HELP vllm:{name} {told}", f"# TYPE vllm:{name} {kind}"]


def read_tokens(text: str) -> Tokens:
    """The token counters of an exposition, for the sandbox's own ground truth."""
    prompt = cached = completion = 0
    for name, value in _samples(text):
        if name == "vllm:prompt_tokens_total":
            prompt += value
        elif name == "vllm:prompt_tokens_cached_total":
            cached += value
        elif name == "vllm:generation_tokens_total":
            completion += value
    return Tokens(prompt - cached, cached, completion)


def _samples(text: str) -> Iterator[tuple[str, int]]:
    for line in text.splitlines():
        if line.startswith("vllm:") and "_tokens" in line:
            name = line.partition("{")[0]
            yield name, int(float(line.rpartition(" ")[2]))
