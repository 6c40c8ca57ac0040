"""Speeds that are known already, and the evidence that new ones stand on."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache

from fleet.models import Deployment, SpeedEstimate, ThroughputImport
from fleet.selectors.throughput_points import own_points, published_points
from fleet.throughput.calibration import calibration
from fleet.throughput.catalogue import known_work
from fleet.throughput.estimator import estimator
from fleet.throughput.shape import ModelWork
from fleet.throughput.speed_question import METHOD, SpeedEvidence, SpeedQuestion


def evidence_stamp(*, now: datetime) -> str:
    """Names the evidence of now. Our own pods speak anew each day. Two queries."""
    imported = ThroughputImport.objects.order_by("-pk").values_list("pk", flat=True).first()
    real = Deployment.objects.filter(fleet__simulated=False).exists()
    day = f"{now:%Y-%m-%d}" if real else ""
    return f"{METHOD}/{calibration().made_on}/{imported or 0}/{day}"


def evidence(*, now: datetime) -> SpeedEvidence:
    """Everything that answers stand on; read once for many questions."""
    return SpeedEvidence(own_points(now=now), published_points(), estimator())


def answers(questions: Collection[SpeedQuestion]) -> dict[str, SpeedEstimate]:
    """The rows of questions that were asked before, by key. One query."""
    keys = {each.key for each in questions}
    return {row.key: row for row in SpeedEstimate.objects.filter(key__in=keys)}


@lru_cache(maxsize=512)
def work_of(repository: str, precision: str) -> ModelWork | None:
    """What a token of these weights costs; None where the model is not known."""
    return known_work(repository, precision)
