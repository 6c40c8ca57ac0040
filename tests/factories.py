"""Rows for tests, with plain numbers that can be followed by hand.

Every `make_…` saves one row and takes any column by keyword. Nothing is random:
names count upwards, times hang on `NOW`.
"""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, Group
from django.contrib.auth.models import User as DjangoUser

from economics.models import TokenPrice
from fleet.models import (
    AuditEntry,
    BalanceReading,
    CloudListing,
    Deployment,
    EngineSample,
    Fleet,
    GpuOffer,
    GpuOfferPrice,
    Health,
    HealthChange,
    JobResult,
    JobRun,
    ModelVariant,
    Orphan,
    Pod,
    PodStatus,
    PodTransition,
    RentalKind,
    ServedModel,
    Stock,
    Tier,
)
from fleet.services.roles import Role

NOW = datetime(2026, 3, 4, 16, 20, tzinfo=UTC)  # a Wednesday
LLAMA = "meta-llama/Llama-3.1-8B-Instruct"
_numbers = itertools.count(1)


def make_user(
    username: str = "operator", *, role: Role = Role.OPERATOR, **columns: Any
) -> AbstractBaseUser:
    user = DjangoUser.objects.create_user(username, password="a-long-passphrase", **columns)
    user.groups.add(Group.objects.get(name=role.value))
    return user


def make_model(**columns: Any) -> ServedModel:
    """Llama 3.1 8B by its published shape."""
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "slug": f"llama-3.1-8b-{n}",
        "name": f"Llama 3.1 8B #{n}",
        "parameters_billion": Decimal("8.030"),
        "active_parameters_billion": Decimal("8.030"),
        "layers": 32,
        "attention_heads": 32,
        "kv_heads": 8,
        "head_dim": 128,
        "vocabulary_size": 128256,
        "max_context": 131072,
    }
    return ServedModel.objects.create(**(defaults | columns))


def make_variant(**columns: Any) -> ModelVariant:
    if "served_model" not in columns:
        columns["served_model"] = make_model()
    defaults: dict[str, Any] = {
        "repository": f"example/llama-3.1-8b-{next(_numbers)}",
        "precision": "bf16",
        "weight_gb": Decimal("16.06"),
    }
    return ModelVariant.objects.create(**(defaults | columns))


def make_llama() -> ModelVariant:
    """Llama 3.1 8B as the migrations bring it; made again where a test emptied it."""
    known = ModelVariant.objects.filter(repository=LLAMA).first()
    if known is not None:
        return known
    return make_variant(
        served_model=make_model(slug="llama-3.1-8b", name="Llama 3.1 8B Instruct"),
        repository=LLAMA,
    )


def make_fleet(**columns: Any) -> Fleet:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "slug": f"fleet-{n}",
        "name": f"Fleet {n}",
        "tier": Tier.ONE,
    }
    return Fleet.objects.create(**(defaults | columns))


def make_deployment(**columns: Any) -> Deployment:
    """One replica on one RTX 4090, on demand, on the secure cloud."""
    if "fleet" not in columns:
        columns["fleet"] = make_fleet()
    if "variant" not in columns:
        columns["variant"] = make_variant()
    defaults: dict[str, Any] = {
        "slug": f"deployment-{next(_numbers)}",
        "gpu_type_id": "NVIDIA GeForce RTX 4090",
        "gpu_count": 1,
        "rental_kind": RentalKind.ON_DEMAND,
        "replicas": 1,
        "max_usd_per_gpu_hour": Decimal("1.00"),
        "max_model_len": 8192,
        "gpu_memory_utilization": Decimal("0.90"),
        "container_disk_gb": 40,
        "image": "vllm/vllm-openai:v0.11.0",
        "created_at": NOW - timedelta(days=2),
    }
    return Deployment.objects.create(**(defaults | columns))


def daily_hours(start: int, end: int) -> dict[str, Any]:
    """Columns of a deployment that rents from `start`:00 to `end`:00 UTC every day."""
    return {
        "rental_kind": RentalKind.SCHEDULED,
        "schedule_starts": f"0 {start} * * *",
        "schedule_seconds": (end - start) * 3600,
        "schedule_zone": "UTC",
    }


def make_pod(**columns: Any) -> Pod:
    """A pod that has served for two hours at $0.74 per pod-hour."""
    if "deployment" not in columns:
        columns["deployment"] = make_deployment()
    deployment: Deployment = columns["deployment"]
    n = next(_numbers)
    started = NOW - timedelta(hours=2)
    defaults: dict[str, Any] = {
        "name": f"kerne-test-{deployment.slug}-{n}",
        "attempt": n,
        "status": PodStatus.SERVING,
        "status_since": started + timedelta(minutes=4),
        "requested_at": started,
        "sent_at": started,
        "ready_by": started + timedelta(minutes=20),
        "ready_at": started + timedelta(minutes=4),
        "gpu_type_id": deployment.gpu_type_id,
        "gpu_count": deployment.gpu_count,
        "cloud": deployment.cloud,
        "container_disk_gb": deployment.container_disk_gb,
        "api_key": f"sk-test-bearer-{n:08d}",
        "provider": "runpod",
        "provider_id": f"pod{n:05d}",
        "provider_status": "RUNNING",
        "base_url": f"http://127.0.0.1:9/proxy/pod{n:05d}/8000",
        "quoted_usd_per_pod_hour": Decimal("0.74"),
        "usd_per_pod_hour": Decimal("0.74"),
        "billed_from": started,
        "health": Health.READY,
        "health_since": started + timedelta(minutes=4),
        "probed_at": NOW,
        "answered_at": NOW,
        "engine_version": "0.11.0",
    }
    return Pod.objects.create(**(defaults | columns))


def make_requested_pod(**columns: Any) -> Pod:
    """A pod that is wanted and of which nothing is rented yet."""
    blank: dict[str, Any] = {
        "status": PodStatus.REQUESTED,
        "status_since": NOW,
        "requested_at": NOW,
        "sent_at": None,
        "ready_by": NOW + timedelta(minutes=20),
        "ready_at": None,
        "provider_id": "",
        "provider_status": "",
        "base_url": "",
        "usd_per_pod_hour": None,
        "billed_from": None,
        "health": Health.UNKNOWN,
        "health_since": None,
        "probed_at": None,
        "answered_at": None,
        "engine_version": "",
    }
    return make_pod(**(blank | columns))


def make_transition(pod: Pod, old: str, new: str, **columns: Any) -> PodTransition:
    defaults: dict[str, Any] = {"at": NOW, "reason": ""}
    return PodTransition.objects.create(pod=pod, old=old, new=new, **(defaults | columns))


def make_health_change(
    pod: Pod, health: str, *, at: datetime, reason: str = ""
) -> HealthChange:
    return HealthChange.objects.create(pod=pod, health=health, at=at, reason=reason)


def make_sample(pod: Pod, **columns: Any) -> EngineSample:
    """Counters of a server that has answered nothing yet, unless told otherwise."""
    defaults: dict[str, Any] = {
        "at": NOW,
        "process_started_at": NOW - timedelta(hours=2),
        "prompt_tokens": 0,
        "cached_prompt_tokens": 0,
        "completion_tokens": 0,
        "requests_finished": 0,
        "iteration_tokens": 0,
        "requests_running": 0,
        "requests_waiting": 0,
        "kv_cache_usage": 0.0,
    }
    return EngineSample.objects.create(pod=pod, **(defaults | columns))


def make_offer(**columns: Any) -> GpuOffer:
    """An RTX 4090 on the secure cloud at $0.74 per GPU-hour, with its price row."""
    defaults: dict[str, Any] = {
        "provider": "runpod",
        "gpu_type_id": "NVIDIA GeForce RTX 4090",
        "display_name": "RTX 4090",
        "memory_gb": 24,
        "cloud": "SECURE",
        "usd_per_gpu_hour": Decimal("0.74"),
        "max_count": 8,
        "stock": Stock.HIGH,
        "seen_at": NOW,
    }
    values = defaults | columns
    offer = GpuOffer.objects.create(**({"product": values["gpu_type_id"]} | values))
    GpuOfferPrice.objects.create(
        offer=offer,
        usd_per_gpu_hour=offer.usd_per_gpu_hour,
        valid_from=offer.seen_at,
        last_observed_at=offer.seen_at,
    )
    return offer


def make_balance(**columns: Any) -> BalanceReading:
    defaults: dict[str, Any] = {
        "provider": "runpod",
        "balance_usd": Decimal("120.00"),
        "usd_per_hour": Decimal("0.74"),
        "read_at": NOW,
    }
    return BalanceReading.objects.create(**(defaults | columns))


def make_orphan(**columns: Any) -> Orphan:
    n = next(_numbers)
    defaults: dict[str, Any] = {
        "provider": "runpod",
        "provider_id": f"stray{n:04d}",
        "name": f"forgotten-{n}",
        "ours": False,
        "usd_per_pod_hour": Decimal("2.69"),
        "first_seen_at": NOW - timedelta(minutes=7),
        "last_seen_at": NOW,
    }
    return Orphan.objects.create(**(defaults | columns))


def make_job_run(name: str, **columns: Any) -> JobRun:
    defaults: dict[str, Any] = {
        "started_at": NOW - timedelta(seconds=10),
        "ended_at": NOW - timedelta(seconds=9),
        "result": JobResult.OK,
        "summary": "1 pod looked at",
    }
    return JobRun.objects.create(name=name, **(defaults | columns))


def make_lists(provider: str = "runpod", *, read_at: datetime = NOW) -> None:
    """Complete lists of pods, volumes and endpoints, read at `read_at`."""
    make_job_run("list_cloud", started_at=read_at)
    for what in CloudListing.What:
        CloudListing.objects.update_or_create(
            provider=provider, what=what, defaults={"read_at": read_at}
        )


def make_audit(**columns: Any) -> AuditEntry:
    defaults: dict[str, Any] = {
        "at": NOW,
        "acting_user": "operator",
        "verb": "deployment.ordered",
        "target": "deployment:1",
        "figures": {},
    }
    return AuditEntry.objects.create(**(defaults | columns))


def make_price(**columns: Any) -> TokenPrice:
    """$0.10 uncached prompt, $0.05 cached, $0.20 completion per million tokens."""
    if "served_model" not in columns:
        columns["served_model"] = make_model()
    defaults: dict[str, Any] = {
        "uncached_prompt_usd_per_token": Decimal("0.0000001"),
        "cached_prompt_usd_per_token": Decimal("0.00000005"),
        "completion_usd_per_token": Decimal("0.0000002"),
        "valid_from": NOW.replace(minute=0) - timedelta(days=30),
        "set_by": "operator",
        "set_at": NOW - timedelta(days=30),
    }
    return TokenPrice.objects.create(**(defaults | columns))
