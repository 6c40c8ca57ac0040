"""A schedule that was asked for, ready to be worked out."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.utils import timezone

from economics.models import SchedulePlan, UsageHour
from economics.selectors.schedules.demand_file import FileDemand
from economics.selectors.schedules.question import schedule_question
from economics.services.schedules import ask_schedule, work_out
from fleet.models import Deployment, MarketOffer, OfferKind
from tests.economics.plan.offers import LLAMA, facts_of
from tests.economics.plan.offers import work_out as work_out_speeds
from tests.factories import (
    make_deployment,
    make_fleet,
    make_llama,
    make_offer,
    make_pod,
    make_price,
)


def world(*, simulated: bool = False, tokens: int = 3_000_000) -> Deployment:
    """An RTX 4090 at $0.74, a day of usage, $10 per 1M tokens, and known speeds."""
    now = timezone.now()
    make_offer(provider=settings.PROVIDER_NAME, max_count=1, seen_at=now)
    variant = make_llama()
    fp8 = next(each for each in facts_of().model.weights if each.precision.name == "fp8")
    variant.repository, variant.precision = fp8.repository, "fp8"
    variant.save(update_fields=["repository", "precision"])
    deployment = make_deployment(variant=variant, fleet=make_fleet(simulated=simulated))
    served_by(deployment, tokens=tokens, now=now)
    work_out_speeds({})
    each = Decimal(10) / 10**6
    make_price(
        served_model=variant.served_model,
        valid_from=now.replace(minute=0, second=0, microsecond=0),
        uncached_prompt_usd_per_token=each,
        cached_prompt_usd_per_token=each,
        completion_usd_per_token=each,
    )
    return deployment


def served_by(deployment: Deployment, *, tokens: int, now: datetime) -> None:
    """A day of sealed hours of a pod that is gone."""

    pod = make_pod(deployment=deployment, status="terminated")
    last = now.replace(minute=0, second=0, microsecond=0)
    UsageHour.objects.bulk_create(
        UsageHour(
            pod=pod,
            hour_start=last - timedelta(hours=back),
            uncached_prompt_tokens=tokens,
            completion_tokens=tokens // 5,
            requests=1000,
            sealed_at=now,
        )
        for back in range(1, 25)
    )


def ask(
    *,
    key: str = "k" * 20,
    now: datetime | None = None,
    simulated: bool = False,
    file: FileDemand | None = None,
    **written: str,
) -> SchedulePlan:
    """The row of a question."""
    return ask_schedule(
        schedule_question({"model": LLAMA, **written}),
        file=file,
        simulated=simulated,
        key=key,
        seed=7,
        acting_user="ada",
        now=now or timezone.now(),
    )


def answered(**written: Any) -> SchedulePlan:
    """The row of a question that was worked out."""
    plan = ask(**written)
    work_out(plan.pk, clock=timezone.now)
    plan.refresh_from_db()
    return plan


def with_workers(plan: SchedulePlan, *, most: int, beside: bool = False) -> SchedulePlan:
    """The plan with an endpoint on its first machine's GPU, alone or beside the pods."""
    answer = plan.answer
    levels = answer["fleet_hours"]["levels"]
    used = next(i for i, each in enumerate(levels) if each["inside"])
    answer["candidates"].append(
        answer["candidates"][used] | {"kind": "serverless", "cloud": ""}
    )
    none = {"inside": 0, "outside": 0, "hours": "1" * 24, "words": "none"}
    if not beside:
        levels[used] = none | {"workers": 0}
    levels.append(none | {"workers": most, "words": "an endpoint"})
    row = MarketOffer.objects.get()
    row.pk, row.kind, row.cloud = None, OfferKind.SERVERLESS, ""
    row.save()
    return plan
