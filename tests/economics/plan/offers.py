"""Offers to plan on, and speeds that are worked out by the roofline alone."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from economics.selectors.plan import answer
from economics.selectors.plan_facts import ModelFacts, model_facts
from economics.selectors.plan_question import question_of
from economics.selectors.planned_models import planned_model
from fleet.models import OfferSource
from fleet.services.speeds import answer_wanted, want
from fleet.throughput.latency import Unknown
from fleet.throughput.speed_question import SpeedEvidence
from tests.factories import make_offer

LLAMA = "llama-3.1-8b"
NO_RATE = Decimal(0)


def two_offers() -> None:
    """An RTX 4090 of our own provider at $0.74, and an H200 elsewhere at $3.50."""
    now = timezone.now()
    make_offer(provider=settings.PROVIDER_NAME, max_count=2, seen_at=now)
    make_offer(
        provider="elsewhere",
        gpu_type_id="NVIDIA H200",
        display_name="H200",
        memory_gb=141,
        usd_per_gpu_hour=Decimal("3.50"),
        max_count=1,
        cloud="",
        source=OfferSource.CSV,
        seen_at=now,
    )


def facts_of(slug: str = LLAMA) -> ModelFacts:
    model = planned_model(slug)
    assert model is not None
    return model_facts(model, now=timezone.now())


def roofline() -> SpeedEvidence:
    """No measurement and no estimator."""
    return SpeedEvidence([], [], Unknown("The estimator is not installed."))


def work_out(written: dict[str, str], *, slug: str = LLAMA) -> Any:
    """Answer the question's speeds as a worker would; the plan's answer."""
    now: datetime = timezone.now()
    facts = facts_of(slug)
    question = question_of(written, facts, take_rate=settings.TAKE_RATE)
    want(answer(question, facts, now=now).missing, now=now)
    answer_wanted(evidence=roofline, clock=timezone.now)
    return answer(question, facts, now=now)
