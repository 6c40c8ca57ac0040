"""Import of published measurements: looked at first, then taken whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db import IntegrityError, transaction

from fleet.models import ThroughputImport, ThroughputMeasurement
from fleet.services import audit
from fleet.throughput.points import (
    MOST_BYTES,
    BadPoints,
    Fault,
    MeasuredPoint,
    read_points,
)

FEW = 20  # sentences in one refusal
# Fields of a point that are columns of the table under the same name.
SAME_NAMES = (
    *("precision", "gpu", "gpu_count", "tensor_parallel", "pipeline_parallel"),
    *("data_parallel", "expert_parallel", "engine", "engine_version", "prompt_tokens"),
    *("completion_tokens", "cached_share", "concurrency", "output_tokens_per_second"),
    *("total_tokens_per_second", "ttft_ms", "tpot_ms", "speculative", "verified"),
    *("measured_on", "source", "source_url", "note"),
)


class ImportRefused(ValueError):
    """Nothing was imported; the message has a sentence for each fault."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What an import would do: the points it takes, the rows it leaves out, the faults.

    With a fault nothing is taken. `usable` are the points that tell enough about shape
    and load to stand as a neighbour.
    """

    file_name: str
    digest: str
    points: tuple[MeasuredPoint, ...]
    left_out: tuple[str, ...]
    faults: tuple[str, ...]

    @property
    def usable(self) -> int:
        return sum(
            point.shape is not None
            and point.traffic is not None
            and point.verified
            and not point.speculative
            for point in self.points
        )


def preview(file_name: str, content: bytes) -> Preview:
    """What the import of `content` would do. Writes nothing and never raises."""
    digest = sha256(content).hexdigest()
    before = ThroughputImport.objects.filter(sha256=digest).first()
    faults: list[str] = []
    if before is not None:
        day = f"{before.imported_at:%Y-%m-%d}"
        faults.append(f"This file was imported on {day} as {before.file_name}.")
    points: tuple[MeasuredPoint, ...] = ()
    left_out: tuple[Fault, ...] = ()
    try:
        reading = read_points(_text(content))
        points, left_out = reading.points, reading.left_out
    except BadPoints as refused:
        faults += str(refused).splitlines()
    if not faults and not points:
        faults.append("The file has no row with a result; nothing would be imported.")
    if not faults:
        faults += _known_already(points)
    return Preview(
        file_name=file_name[:200],
        digest=digest,
        points=points,
        left_out=tuple(str(row) for row in left_out),
        faults=tuple(faults),
    )


def import_points(
    file_name: str, content: bytes, *, acting_user: str, now: datetime
) -> ThroughputImport:
    """Take all points of a file, with one audit row. Raises ImportRefused."""
    plan = preview(file_name, content)
    if plan.faults:
        told = list(plan.faults[:FEW])
        if len(plan.faults) > FEW:
            told.append(f"... and {len(plan.faults) - FEW:,} more.")
        raise ImportRefused("\n".join(told))
    try:
        with transaction.atomic():
            batch = ThroughputImport.objects.create(
                file_name=plan.file_name,
                sha256=plan.digest,
                rows=len(plan.points),
                left_out=len(plan.left_out),
                imported_at=now,
                imported_by=acting_user,
            )
            ThroughputMeasurement.objects.bulk_create(
                [_measurement(batch, point) for point in plan.points], batch_size=500
            )
            audit.record(
                "import throughput",
                plan.file_name,
                acting_user=acting_user,
                now=now,
                rows=len(plan.points),
                left_out=len(plan.left_out),
                sha256=plan.digest,
            )
    except IntegrityError as error:  # another worker was faster with the same rows
        raise ImportRefused(
            "The file, or a row of it, was imported by someone else just now."
        ) from error
    return batch


def _text(content: bytes) -> str:
    """The file as text. Raises BadPoints."""
    if len(content) > MOST_BYTES:
        size, most = len(content) / 2**20, MOST_BYTES // 2**20
        raise BadPoints(
            [Fault(1, "file", f"it has {size:.0f} MiB; at most {most} MiB, split it.")]
        )
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadPoints(
            [Fault(1, "file", "it is not UTF-8; save it as a CSV in UTF-8.")]
        ) from error


def _known_already(points: tuple[MeasuredPoint, ...]) -> list[str]:
    """A sentence for each point that an earlier file brought."""
    prints = {fingerprint(point): point for point in points}
    known = ThroughputMeasurement.objects.filter(fingerprint__in=list(prints))
    return [
        f"{prints[row.fingerprint].model} on {prints[row.fingerprint].gpu or 'a GPU'} "
        f"({row.source}) was imported before; remove the row."
        for row in known
    ]


def fingerprint(point: MeasuredPoint) -> str:
    """The digest of what makes a measurement itself."""
    told = (*point.identity, point.source, point.source_url, point.note)
    return sha256(repr(told).encode()).hexdigest()


def _measurement(batch: ThroughputImport, point: MeasuredPoint) -> ThroughputMeasurement:
    return ThroughputMeasurement(
        batch=batch,
        fingerprint=fingerprint(point),
        model_name=point.model,
        **{name: getattr(point, name) for name in SAME_NAMES},
    )
