"""Published measurements: one typed point, and the readers of two kinds of CSV.

A file is taken whole or not at all. Every bad row is named with its line, field and
value; a point that says the same as another one is a duplicate and refused too.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from fleet.throughput.cells import (
    BadCell,
    day,
    link,
    number,
    precision,
    required,
    text_of,
    whole,
    whole_or_one,
)
from fleet.throughput.latency import Latency
from fleet.throughput.shape import ServingShape
from fleet.throughput.traffic import Traffic

MOST_BYTES = 10 * 2**20
MOST_ROWS = 50_000
MOST_FAULTS = 50  # named one by one; the rest is counted

COLUMNS = (
    *("model", "precision", "gpu", "count", "tp", "dp", "pp", "isl", "osl"),
    *("concurrency", "request_rate", "num_prompts", "output_tok_s", "total_tok_s"),
    *("ttft_ms", "tpot_ms", "latency_stat", "vllm_version", "speculative", "measured"),
    *("source", "source_url", "note"),
)
NEEDED = ("model", "precision", "gpu", "isl", "osl", "concurrency", "source")


@dataclass(frozen=True, slots=True)
class MeasuredPoint:
    """One published measurement of one shape under one load.

    concurrency is the number of requests in flight on the whole replica. What the source
    does not say is None (or ""), never a guess: such a point is shown, but it is no
    neighbour of anything. A rate counts all GPUs of the replica.
    """

    model: str
    precision: str
    gpu: str
    gpu_count: int | None
    tensor_parallel: int
    pipeline_parallel: int
    data_parallel: int
    expert_parallel: int
    engine: str
    engine_version: str
    prompt_tokens: float | None
    completion_tokens: float | None
    concurrency: float | None
    output_tokens_per_second: float | None
    total_tokens_per_second: float | None
    ttft_ms: float | None
    tpot_ms: float | None
    measured_on: date | None
    source: str
    source_url: str = ""
    speculative: bool = False
    verified: bool = True
    note: str = ""
    cached_share: float = 0.0

    @property
    def shape(self) -> ServingShape | None:
        """What served; None where the source leaves out the GPU or the precision."""
        if not (self.gpu and self.precision and self.gpu_count):
            return None
        return ServingShape(
            model=self.model,
            precision=self.precision,
            gpu=self.gpu,
            gpu_count=self.gpu_count,
            tensor_parallel=self.tensor_parallel,
            pipeline_parallel=self.pipeline_parallel,
            data_parallel=self.data_parallel,
            expert_parallel=self.expert_parallel,
            engine=self.engine,
            engine_version=self.engine_version,
        )

    @property
    def traffic(self) -> Traffic | None:
        """What was served; None where lengths or concurrency are not told."""
        if None in (self.prompt_tokens, self.completion_tokens, self.concurrency):
            return None
        assert self.prompt_tokens and self.completion_tokens
        return Traffic(
            prompt_tokens=max(1, round(self.prompt_tokens)),
            completion_tokens=max(1, round(self.completion_tokens)),
            concurrency=self.concurrency,
            cached_share=self.cached_share,
        )

    @property
    def stream_ms(self) -> float | None:
        """[ms per output token] of one request, its TTFT spread over its tokens.

        What a source that gives only a rate tells of latency: concurrency / rate.
        """
        rate = self.output_rate
        if rate is None or self.concurrency is None:
            return None
        return 1000 * self.concurrency / rate

    @property
    def latency(self) -> Latency | None:
        """Both latencies, where the source gives both."""
        if self.ttft_ms is None or self.tpot_ms is None:
            return None
        return Latency(self.ttft_ms, self.tpot_ms)

    @property
    def output_rate(self) -> float | None:
        """[output tokens/s]: published, else from the latencies by Little's law."""
        if self.output_tokens_per_second is not None:
            return self.output_tokens_per_second
        prompt, completion = self.prompt_tokens, self.completion_tokens
        if completion is None:
            return None
        if self.total_tokens_per_second is not None and prompt is not None:
            return self.total_tokens_per_second * completion / (prompt + completion)
        if self.latency is None or self.concurrency is None:
            return None
        return completion * self.latency.requests_per_second(self.concurrency, completion)

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for two rows that report one measurement, wherever they were copied."""
        figures = (
            *(self.output_tokens_per_second, self.total_tokens_per_second),
            *(self.ttft_ms, self.tpot_ms),
        )
        return (
            *(self.model, self.precision, self.gpu, self.gpu_count),
            *(self.tensor_parallel, self.data_parallel, self.expert_parallel, self.engine),
            *(self.prompt_tokens, self.completion_tokens, self.concurrency),
            *(figure and float(f"{figure:.6g}") for figure in figures),
        )


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong in a file: line (the header is line 1), field and a sentence."""

    line: int
    field: str
    sentence: str

    def __str__(self) -> str:
        return f"Line {self.line}, {self.field}: {self.sentence}"


class BadPoints(ValueError):
    """The file is refused; `faults` name every row that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = tuple(faults)
        shown = [str(fault) for fault in faults[:MOST_FAULTS]]
        if len(faults) > MOST_FAULTS:
            shown.append(f"... and {len(faults) - MOST_FAULTS:,} more.")
        super().__init__("\n".join(shown))


@dataclass(frozen=True, slots=True)
class Reading:
    """A file that was read; `left_out` are rows that report no result at all."""

    points: tuple[MeasuredPoint, ...]
    left_out: tuple[Fault, ...] = ()


class _NoResult(Exception):
    """A row without any figure: nothing is wrong with it, and nothing is in it."""


def read_points(text: str) -> Reading:
    """The points of a CSV with the columns `COLUMNS`. Raises BadPoints.

    An empty cell means that the source does not say; a row without any result is left
    out and named.
    """
    return _read(text, NEEDED, _published_point)


def read_measured_points(text: str, *, source: str, source_url: str) -> Reading:
    """The aggregated points of aiconfigurator's `silicon_sample.csv`.

    Its rows of disaggregated serving are left out: a replica of ours is one engine.
    Rows that repeat a measurement are read once, because the file is put together from
    overlapping collections. Raises BadPoints.
    """
    needed = ("model_path", "system", "precision", "isl", "osl", "silicon_tpot_ms")

    def point(row: Mapping[str, str]) -> MeasuredPoint | None:
        return _sample_point(row, source, source_url) if row["mode"] == "agg" else None

    return _read(text, (*needed, "mode"), point, repeats_are_faults=False)


def read_measured_file(path: Path, *, version: str) -> Reading:
    """`read_measured_points` of the file that an installed package brings."""
    return read_measured_points(
        path.read_text(encoding="utf-8"),
        source=f"aiconfigurator_core {version}, silicon_sample.csv",
        source_url="https://github.com/ai-dynamo/aiconfigurator",
    )


def _read(
    text: str,
    needed: Iterable[str],
    point_of: Callable[[Mapping[str, str]], MeasuredPoint | None],
    *,
    repeats_are_faults: bool = True,
) -> Reading:
    """All points of `text`; a repeated row is a fault, or is read once."""
    if len(text) > MOST_BYTES:
        raise BadPoints(
            [Fault(1, "file", f"it is larger than {MOST_BYTES // 2**20} MiB; split it.")]
        )
    points: list[MeasuredPoint] = []
    faults: list[Fault] = []
    left_out: list[Fault] = []
    seen: dict[tuple[object, ...], int] = {}
    for line, row in _rows(text, needed):
        try:
            point = point_of(row)
        except BadCell as cell:
            faults.append(Fault(line, cell.field, cell.sentence))
            continue
        except _NoResult:
            sentence = "it gives no throughput and no latency; it is left out."
            left_out.append(Fault(line, "row", sentence))
            continue
        except ValueError as error:
            faults.append(Fault(line, "row", str(error)))
            continue
        if point is None:
            continue
        told = (point.source_url, point.note) if repeats_are_faults else ()
        first = seen.setdefault((*point.identity, *told), line)
        if first != line:
            if repeats_are_faults:
                faults.append(Fault(line, "row", f"it repeats line {first}; remove one."))
            continue
        points.append(point)
    if faults:
        raise BadPoints(faults)
    return Reading(tuple(points), tuple(left_out))


def _rows(text: str, needed: Iterable[str]) -> Iterator[tuple[int, Mapping[str, str]]]:
    """Line and row of each record; raises BadPoints for what is no CSV of these columns."""
    if "\x00" in text:
        raise BadPoints([Fault(1, "file", "it is no text; give a CSV in UTF-8.")])
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in needed if name not in (reader.fieldnames or ())]
    if missing:
        raise BadPoints(
            [Fault(1, "header", f"the column {name} is missing.") for name in missing]
        )
    try:
        for count, row in enumerate(reader, start=1):
            if count > MOST_ROWS:
                raise BadPoints(
                    [Fault(reader.line_num, "file", f"more than {MOST_ROWS:,} rows.")]
                )
            if None in row or None in row.values():
                raise BadPoints(
                    [
                        Fault(
                            reader.line_num,
                            "row",
                            f"it does not have the {len(reader.fieldnames or ())} "
                            "cells of the header.",
                        )
                    ]
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise BadPoints([Fault(reader.line_num, "file", f"{error}.")]) from error


def _published_point(row: Mapping[str, str]) -> MeasuredPoint:
    given = whole(row, "count")
    tensor = whole(row, "tp") or given or 1
    pipeline, data = whole(row, "pp") or 1, whole(row, "dp") or 1
    if given is not None and given != tensor * pipeline * data:
        if given % (tensor * pipeline):
            raise BadCell(
                "count", f"{given} is no multiple of tp x pp = {tensor * pipeline}."
            )
        data = given // (tensor * pipeline)  # whole engines beside each other
    point = MeasuredPoint(
        model=text_of(row, "model"),
        precision=precision(row["precision"]),
        gpu=row["gpu"].strip()[:80],
        gpu_count=given or (tensor * pipeline * data if row.get("tp") else None),
        tensor_parallel=tensor,
        pipeline_parallel=pipeline,
        data_parallel=data,
        expert_parallel=1,
        engine="vllm",
        engine_version=row.get("vllm_version", "").strip()[:80],
        prompt_tokens=number(row, "isl"),
        completion_tokens=number(row, "osl"),
        concurrency=number(row, "concurrency"),
        output_tokens_per_second=number(row, "output_tok_s"),
        total_tokens_per_second=number(row, "total_tok_s"),
        ttft_ms=number(row, "ttft_ms"),
        tpot_ms=number(row, "tpot_ms"),
        measured_on=day(row, "measured_on"),
        source=text_of(row, "source"),
        source_url=link(row, "source_url"),
        speculative=row.get("speculative", "").strip() != "no",
        verified=row.get("measured", "yes").strip() in ("yes", ""),
        note=_note(row),
    )
    _check(point)
    return point


def _note(row: Mapping[str, str]) -> str:
    """The source's note; before it the precision, where it is no word of ours."""
    told, note = row["precision"].strip(), row.get("note", "").strip()
    unknown = told and not precision(told)
    return (f"precision as told: {told[:40]}. {note}" if unknown else note)[:500]


def _sample_point(row: Mapping[str, str], source: str, source_url: str) -> MeasuredPoint:
    told = row["silicon_data_source"]
    tensor = int(required(row, "tp_size"))
    data = whole_or_one(row, "attention_dp_size")
    pipeline = whole_or_one(row, "pp_size")
    measured = re.search(r"measured=(\d{4}-\d\d-\d\d)", told)
    point = MeasuredPoint(
        model=text_of(row, "model_path"),
        precision=_sample_precision(row),
        gpu=text_of(row, "system"),
        gpu_count=tensor * data * pipeline,
        tensor_parallel=tensor,
        pipeline_parallel=pipeline,
        data_parallel=data,
        expert_parallel=math.gcd(whole_or_one(row, "moe_ep_size"), tensor * data),
        engine=text_of(row, "backend"),
        engine_version=row["backend_version"],
        prompt_tokens=required(row, "isl"),
        completion_tokens=required(row, "osl"),
        concurrency=required(row, "batch_size") * data,  # the batch of one data rank
        output_tokens_per_second=None,
        total_tokens_per_second=None,
        ttft_ms=number(row, "silicon_ttft_ms"),
        tpot_ms=required(row, "silicon_tpot_ms"),
        measured_on=date.fromisoformat(measured[1]) if measured else None,
        source=source,
        source_url=source_url,
        note=row["id"],
    )
    _check(point)
    return point


def _check(point: MeasuredPoint) -> None:
    """Raises ValueError for a point that no replica and no request can have."""
    rates = (point.output_tokens_per_second, point.total_tokens_per_second)
    if not any((*rates, point.ttft_ms, point.tpot_ms)):
        raise _NoResult
    _ = point.shape, point.traffic


def _sample_precision(row: Mapping[str, str]) -> str:
    if "gpt-oss" in row["model_path"]:
        return "mxfp4"
    if not row["precision"]:
        return "fp8" if row["model_path"].upper().endswith("FP8") else "bf16"
    return precision(row["precision"])
