"""Speeds that are known already, and the evidence that new ones stand on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.db.models import Min, Q, Value

from fleet.models import Deployment, ModelConfig, SpeedEstimate, ThroughputImport
from fleet.selectors.throughput_points import own_points, published_points
from fleet.sizing.architecture import Architecture
from fleet.sizing.catalog import catalog
from fleet.sizing.config_json import architecture_of
from fleet.sizing.precision import PRECISIONS, precision_of_config, variant_of
from fleet.throughput.calibration import calibration
from fleet.throughput.estimator import estimator
from fleet.throughput.model_work import known_work
from fleet.throughput.model_work import work_of as work_of_weights
from fleet.throughput.shape import ModelWork
from fleet.throughput.speed_question import METHOD, SpeedEvidence, SpeedQuestion


def evidence_stamp(*, now: datetime) -> str:
    """Names the evidence of now. Our own pods speak anew each day. One query."""
    imports = ThroughputImport.objects.order_by("-pk").values_list(Value("import"), "pk")
    ours = Deployment.objects.filter(fleet__simulated=False).order_by()
    real_ones = ours.values_list(Value("real"), "pk")
    told = dict(imports[:1].union(real_ones[:1], all=True))
    imported, real = told.get("import"), "real" in told
    day = f"{now:%Y-%m-%d}" if real else ""
    return f"{METHOD}/{calibration().made_on}/{imported or 0}/{day}"


def evidence(*, now: datetime) -> SpeedEvidence:
    """Everything that answers stand on; read once for many questions."""
    return SpeedEvidence(own_points(now=now), published_points(), estimator())


def answers(questions: Collection[SpeedQuestion]) -> dict[str, SpeedEstimate]:
    """The rows of questions that were asked before, by key. One query."""
    keys = {each.key for each in questions}
    rows = SpeedEstimate.objects.filter(key__in=keys)
    rows = rows.only("key", "answer", "computed_at")
    return {row.key: row for row in rows}


def waiting_since(questions: Collection[SpeedQuestion]) -> datetime | None:
    """When the first of the unanswered ones was asked; None if none was. One query."""
    open_rows = SpeedEstimate.objects.filter(
        key__in={each.key for each in questions}, computed_at=None
    )
    first: datetime | None = open_rows.aggregate(first=Min("wanted_at"))["first"]
    return first


def work_of(asked: SpeedQuestion) -> ModelWork | None:
    """What a token of these weights costs; None where the architecture is not known.

    The catalog's model by its slug, an uploaded one by its slug or name, else the model
    that the repository's name means. At most one query, and none for the catalog.
    """
    listed = catalog().get(asked.model_slug)
    if listed is not None:
        return _work(listed.architecture, asked.precision)
    row = ModelConfig.objects.filter(_uploaded_as(asked)).order_by("pk").first()
    if row is not None:
        return _uploaded_work(row, asked.precision)
    return known_work(asked.model, asked.precision)


def _uploaded_as(asked: SpeedQuestion) -> Q:
    """Questions from before there were slugs name an upload by its name."""
    return Q(slug=asked.model_slug) if asked.model_slug else Q(name=asked.model)


def _uploaded_work(row: ModelConfig, precision: str) -> ModelWork | None:
    """That of an uploaded config.json, in its own precision as the file tells it."""
    architecture = architecture_of(row.config, row.name)
    own = precision_of_config(row.config, architecture)
    return (
        work_of_weights(architecture, own)
        if own.name == precision
        else _work(architecture, precision)
    )


def _work(architecture: Architecture, precision: str) -> ModelWork | None:
    stored = PRECISIONS.get(precision)
    if stored is None:
        return None
    return work_of_weights(architecture, variant_of(stored, architecture))
