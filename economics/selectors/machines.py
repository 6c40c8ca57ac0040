"""Every machine that could serve a model: what is offered, crossed with its weights."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from economics.calc.serving_day import start_seconds
from economics.calc.unknown import Unknown
from economics.planner.option import Fitting, Machine, Price
from economics.planner.question import PlanQuestion
from fleet.models import GpuOffer, ServedModel
from fleet.selectors.serving import fit_of

COUNTS = (1, 2, 4, 8)
BOOT_SECONDS = Decimal(90)


def machines_of(
    question: PlanQuestion, model: ServedModel, *, now: datetime
) -> list[Machine]:
    machines = []
    for variant in model.variants.select_related("served_model"):
        for offer in GpuOffer.objects.all():
            for count in COUNTS:
                fit = fit_of(
                    variant,
                    gpu_type_id=offer.gpu_type_id,
                    gpu_count=count,
                    max_model_len=question.needed_model_len,
                    gpu_memory_utilization=question.gpu_memory_utilization,
                )
                machines.append(
                    Machine(
                        key=f"{offer.provider}.{offer.cloud}.{offer.gpu_type_id}.{count}.{variant.precision}",
                        provider=offer.provider,
                        cloud=offer.cloud,
                        kind="on_demand",
                        gpu_type_id=offer.gpu_type_id,
                        gpu_name=offer.display_name,
                        gpu_count=count,
                        precision=variant.precision,
                        repository=variant.repository,
                        disk_gb=fit.disk_gb or 40,
                        price=Price(
                            offer.usd_per_gpu_hour * count,
                            offer.usd_per_gpu_hour,
                            "catalog",
                            offer.seen_at,
                        ),
                        fitting=Fitting(fit.ok, fit.reasons, fit.notes),
                        speed=Unknown("not measured"),
                        start_seconds=start_seconds(
                            weight_gb=variant.weight_gb,
                            load_gb_per_second=question.load_gb_per_second,
                            boot_seconds=BOOT_SECONDS,
                        ),
                    )
                )
    return machines
