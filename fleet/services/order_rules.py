"""The rules of an order: each wrong field with a sentence, nothing saved."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings

from fleet.models import (
    Cloud,
    Deployment,
    Fleet,
    GpuOffer,
    MarketOffer,
    ModelVariant,
    Stock,
)
from fleet.selectors.burn import container_disk_usd_per_hour
from fleet.selectors.serving import fit_of, serve_spec
from fleet.services.order_burst import budget_fault, burst_faults
from fleet.services.order_hours import hour_faults
from fleet.services.order_spot import spot_faults
from fleet.services.order_workers import worker_faults, worker_of
from fleet.services.refused import Refused
from fleet.sizing.fit import SizingResult
from fleet.vllm.command import SERVER, SHOWN_KEY, build_args, redacted
from fleet.vllm.extra_args import beyond_the_estimate

SLUG = re.compile(r"[a-z0-9]([a-z0-9-]{0,38}[a-z0-9])?")
MOST_REPLICAS = 20
LARGEST_DISK_GB = 5_000
LARGEST_USD_PER_GPU_HOUR = Decimal(1_000)
HUNDREDTH = Decimal("0.01")
TYPED_HOURS = ("days", "from_time", "to_time", "cron", "window_hours", "zone")
WORKERS = ("workers_min", "workers_max", "idle_timeout", "queue_delay")
PRICE_DRIFT_ALLOWED = Decimal("0.02")
SPEND_WARNING = Decimal("0.8")  # of the account's hourly limit


class OrderRefused(Refused):
    """An order that can not be placed."""


@dataclass(frozen=True, slots=True)
class OrderSpec:
    """What an operator asks for.

    days .. zone           as typed, see `fleet.schedule.form_text`; for scheduled hours
    baseline_replicas      [pods] outside of the scheduled hours
    is_ready_at_start      rented earlier, so that the model is ready when they begin
    max_replicas           [pods] of a burst, whose baseline is `replicas`
    budget_usd_per_hour    [USD/h] of a burst, all its replicas with their disks
    workers_min .. queue_delay  of serverless: workers; [s] an idle one stays, a job waits
    on_demand_fallback     of spot: on demand stands in while spot is not to be had
    max_spot_usd_per_gpu_hour  [USD / GPU-hour] of spot; None: the on-demand price
    container_disk_gb      [GB] must hold the weights
    max_usd_per_gpu_hour   [USD / GPU-hour] limit; None: today's price + 2 %
    extra_args             of vLLM, beside those that we set
    """

    slug: str
    fleet_id: int
    variant_id: int
    gpu_type_id: str
    gpu_count: int
    cloud: str
    rental_kind: str
    replicas: int
    max_model_len: int
    gpu_memory_utilization: Decimal
    container_disk_gb: int
    max_usd_per_gpu_hour: Decimal | None = None
    days: str = ""
    from_time: str = ""
    to_time: str = ""
    cron: str = ""
    window_hours: str = ""
    zone: str = ""
    baseline_replicas: int = 0
    is_ready_at_start: bool = False
    max_replicas: int | None = None
    budget_usd_per_hour: Decimal | None = None
    extra_args: str = ""
    workers_min: int | None = None
    workers_max: int | None = None
    idle_timeout: int | None = None
    queue_delay: int | None = None
    on_demand_fallback: bool = False
    max_spot_usd_per_gpu_hour: Decimal | None = None


@dataclass(frozen=True, slots=True)
class CheckedOrder:
    """The rows that an order names, and what was computed on the way.

    worker  the offer of a serverless worker's GPU; None for other rentals
    """

    fleet: Fleet
    variant: ModelVariant
    offer: GpuOffer
    fit: SizingResult
    launch_command: str
    worker: MarketOffer | None = None


def check(spec: OrderSpec, *, provider: str) -> CheckedOrder:
    """The rows of a good order. Raises OrderRefused with every fault found."""
    errors: dict[str, list[str]] = {}

    def fault(field: str, sentence: str) -> None:
        errors.setdefault(field, []).append(sentence)

    fleet = Fleet.objects.filter(pk=spec.fleet_id).first()
    if fleet is None:
        fault("fleet_id", f"Fleet {spec.fleet_id} does not exist; choose a listed one.")
    elif fleet.simulated != settings.KERNE_SANDBOX:
        money = "play money" if fleet.simulated else "real money"
        fault(
            "fleet_id", f"Fleet {fleet} is for {money}, this cloud is not; choose another."
        )
    variant = (
        ModelVariant.objects.select_related("served_model")
        .filter(pk=spec.variant_id)
        .first()
    )
    if variant is None:
        fault("variant_id", f"Model {spec.variant_id} is unknown; choose a listed one.")
    for field, sentence in (
        *_name_faults(spec),
        *_number_faults(spec),
        *hour_faults(spec),
        *burst_faults(spec, most_replicas=MOST_REPLICAS),
        *worker_faults(spec),
        *spot_faults(spec),
    ):
        fault(field, sentence)
    offer = _offer(spec, provider, fault)
    if offer is not None and not errors.keys() & {"budget_usd_per_hour", "replicas"}:
        most = replica_limit_usd_per_hour(spec, offer.usd_per_gpu_hour)
        if small := budget_fault(spec, usd_per_replica_hour=most):
            fault("budget_usd_per_hour", small)
    worker = worker_of(spec, provider, fault)
    fit = command = None
    if variant is not None and not errors.keys() & {"gpu_count", "max_model_len"}:
        fit, command = _servable(spec, variant, fault)
    if errors or fleet is None or variant is None or offer is None:
        raise OrderRefused(errors)
    assert fit is not None and command is not None
    return CheckedOrder(fleet, variant, offer, fit, command, worker)


def machine_faults(
    spec: OrderSpec, variant: ModelVariant, *, provider: str, is_new_machine: bool
) -> dict[str, list[str]]:
    """What is wrong with the machine and the engine of an order, by field.

    is_new_machine  whether the GPUs have to be in the catalog: those that are rented
                    already may have left it
    """
    errors: dict[str, list[str]] = {}

    def fault(field: str, sentence: str) -> None:
        errors.setdefault(field, []).append(sentence)

    for field, sentence in _number_faults(spec):
        fault(field, sentence)
    if is_new_machine:
        _offer(replace(spec, max_usd_per_gpu_hour=None), provider, fault)
    if not errors.keys() & {"gpu_count", "max_model_len"}:
        _servable(spec, variant, fault)
    return errors


def warnings(
    spec: OrderSpec, checked: CheckedOrder, usd_per_hour_after: Decimal
) -> tuple[str, ...]:
    """What does not forbid the order, and should be read before confirming it."""
    said = list(checked.fit.notes)
    if beyond := beyond_the_estimate(spec.extra_args):
        said.append(beyond)
    if checked.offer.stock in (Stock.LOW, Stock.UNKNOWN):
        said.append(
            f"Stock of {checked.offer} is {checked.offer.get_stock_display()}: the order "
            "may wait for a GPU. Nothing is billed while it waits."
        )
    if spec.cloud == Cloud.COMMUNITY:
        said.append("Community cloud has no service level; a host may leave at any time.")
    limit: Decimal = settings.SPEND_LIMIT_USD_PER_HOUR
    if usd_per_hour_after > limit * SPEND_WARNING:
        said.append(
            f"The account would spend {usd_per_hour_after:.2f} USD/h; its limit is "
            f"{limit} USD/h, above which the provider refuses new pods."
        )
    return tuple(said)


def price_limit(spec: OrderSpec, usd_per_gpu_hour: Decimal) -> Decimal:
    """The limit of the order [USD / GPU-hour]: its own, or today's price and the drift."""
    return spec.max_usd_per_gpu_hour or usd_per_gpu_hour * (1 + PRICE_DRIFT_ALLOWED)


def replica_limit_usd_per_hour(spec: OrderSpec, usd_per_gpu_hour: Decimal) -> Decimal:
    """The most that one replica may cost [USD/h] at that limit, with its disk."""
    disk = container_disk_usd_per_hour(spec.container_disk_gb)
    return price_limit(spec, usd_per_gpu_hour) * spec.gpu_count + disk


def taken(slug: str) -> str:
    return f"A deployment called {slug!r} exists already; choose another name."


def _name_faults(spec: OrderSpec) -> list[tuple[str, str]]:
    if not SLUG.fullmatch(spec.slug):
        return [
            (
                "slug",
                f"Name is {spec.slug!r}; use 1 to 40 small letters, digits and dashes, "
                "such as llama-8b-a.",
            )
        ]
    if Deployment.objects.filter(slug=spec.slug).exists():
        return [("slug", taken(spec.slug))]
    return []


def _number_faults(spec: OrderSpec) -> list[tuple[str, str]]:
    faults = []
    if spec.gpu_count < 1:
        faults.append(
            ("gpu_count", f"GPU count is {spec.gpu_count}; at least 1 is needed.")
        )
    if not 1 <= spec.replicas <= MOST_REPLICAS:
        faults.append(
            ("replicas", f"Replicas is {spec.replicas}; it must be 1 to {MOST_REPLICAS}.")
        )
    if spec.max_usd_per_gpu_hour is not None and spec.max_usd_per_gpu_hour <= 0:
        faults.append(
            (
                "max_usd_per_gpu_hour",
                f"Price limit is {spec.max_usd_per_gpu_hour} USD per GPU-hour; it must be "
                "above 0, or empty for today's price plus 2 %.",
            )
        )
    if (spec.max_usd_per_gpu_hour or 0) > LARGEST_USD_PER_GPU_HOUR:
        faults.append(
            (
                "max_usd_per_gpu_hour",
                f"Price limit is {spec.max_usd_per_gpu_hour} USD per GPU-hour; no GPU "
                f"costs more than {LARGEST_USD_PER_GPU_HOUR}.",
            )
        )
    if spec.max_model_len < 1:
        faults.append(
            ("max_model_len", f"Context is {spec.max_model_len} tokens; use 1 or more.")
        )
    if not _is_in_hundredths(spec.gpu_memory_utilization):
        faults.append(
            (
                "gpu_memory_utilization",
                f"GPU memory share is {spec.gpu_memory_utilization}; give at most two "
                "decimals, such as 0.90.",
            )
        )
    if spec.container_disk_gb < 1:
        faults.append(
            (
                "container_disk_gb",
                f"Container disk is {spec.container_disk_gb} GB; at least 1 GB is needed.",
            )
        )
    if spec.container_disk_gb > LARGEST_DISK_GB:
        faults.append(
            (
                "container_disk_gb",
                f"Container disk is {spec.container_disk_gb} GB; at most {LARGEST_DISK_GB} "
                "GB can be ordered.",
            )
        )
    return faults


def _offer(spec: OrderSpec, provider: str, fault: Any) -> GpuOffer | None:
    offer = GpuOffer.objects.filter(
        provider=provider, gpu_type_id=spec.gpu_type_id, cloud=spec.cloud
    ).first()
    if offer is None:
        fault(
            "gpu_type_id",
            f"{spec.gpu_type_id!r} is not in the {spec.cloud.lower()} cloud's catalog; "
            "choose a listed GPU type.",
        )
        return None
    if spec.gpu_count > offer.max_count:
        fault(
            "gpu_count",
            f"GPU count is {spec.gpu_count}; one pod takes at most {offer.max_count} of "
            f"{offer.display_name}.",
        )
    limit = spec.max_usd_per_gpu_hour
    if limit is not None and 0 < limit < offer.usd_per_gpu_hour:
        fault(
            "max_usd_per_gpu_hour",
            f"Price limit is {limit} USD per GPU-hour, below today's price of "
            f"{offer.usd_per_gpu_hour}; raise it or wait for the price to fall.",
        )
    return offer


def _servable(
    spec: OrderSpec, variant: ModelVariant, fault: Any
) -> tuple[SizingResult | None, str | None]:
    """Whether vLLM could serve it: memory, split over GPUs, disk, command line."""
    fit = fit_of(
        variant,
        gpu_type_id=spec.gpu_type_id,
        gpu_count=spec.gpu_count,
        max_model_len=spec.max_model_len,
        gpu_memory_utilization=spec.gpu_memory_utilization,
    )
    for reason in fit.reasons:
        fault(_field_of(reason), reason)
    if fit.disk_gb is not None and spec.container_disk_gb < fit.disk_gb:
        fault(
            "container_disk_gb",
            f"Container disk is {spec.container_disk_gb} GB; the weights of {variant} need "
            f"at least {fit.disk_gb} GB.",
        )
    if not fit.ok:
        return fit, None
    try:
        spec_of_vllm = serve_spec(
            variant,
            gpu_count=spec.gpu_count,
            max_model_len=spec.max_model_len,
            gpu_memory_utilization=spec.gpu_memory_utilization,
            api_key=SHOWN_KEY,
            extra_args=spec.extra_args,
        )
    except ValueError as wrong:
        fault("extra_args" if str(wrong).startswith("Extra arguments") else "", str(wrong))
        return fit, None
    return fit, " ".join([*SERVER, *redacted(build_args(spec_of_vllm))])


def _field_of(reason: str) -> str:
    """The form field that a sentence of the fit speaks of."""
    for start, field in (
        ("GPU count", "gpu_count"),
        ("max_model_len", "max_model_len"),
        ("The KV cache", "max_model_len"),
        ("gpu_memory_utilization", "gpu_memory_utilization"),
    ):
        if reason.startswith(start):
            return field
    return "gpu_type_id"


def _is_in_hundredths(share: Decimal) -> bool:
    """Whether it has at most two decimals; a number of hundreds of digits has not."""
    try:
        return share.quantize(HUNDREDTH) == share
    except InvalidOperation:
        return False
