"""The demo's fleet: what it rents, and the pods and counters of its simulated past.

Only what a provider and vLLM would have said is made here: pods, states, counters.
Tokens, cost, revenue and profit come from the real metering and closing code.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.conf import settings

from fleet.models import (
    DEMO_SLUGS,
    SIMULATED_PAST,
    Cloud,
    Deployment,
    EngineSample,
    Fleet,
    GpuOffer,
    Health,
    HealthChange,
    ModelVariant,
    Pod,
    PodStatus,
    PodTransition,
    RentalKind,
    Tier,
)
from fleet.sandbox.demand import demand_between, parse_demand

SAMPLE_EVERY = timedelta(minutes=15)
TOKENS_PER_REQUEST = 400  # completion tokens of a mean request
TOKENS_PER_STEP = 24
PRICE_LIMIT = Decimal("1.02")  # of today's price, as in an order without a limit


class NoOffer(Exception):
    """The catalog does not list what the demo rents; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class DemoDeployment:
    """One deployment of the demo. `demand` is the replay engine's own text form.

    hours       [UTC hour] first and last of every day; None: around the clock
    days        [days] of simulated past
    pod_days    [days] after which a pod is replaced, as a host's maintenance does
    load_time   from the create to the first READY
    """

    tier: Tier
    slug: str
    fleet_name: str
    repository: str
    gpu_type_id: str
    gpu_count: int
    cloud: Cloud
    hours: tuple[int, int] | None
    max_model_len: int
    container_disk_gb: int
    peak_tokens_per_second: Decimal
    peak_source: str
    demand: str
    days: int
    pod_days: int
    load_time: timedelta


LLAMA = DemoDeployment(
    tier=Tier.ONE,
    slug=DEMO_SLUGS[0],
    fleet_name="Demo tier 1: Llama 3.1 8B on RTX 4090",
    repository="meta-llama/Llama-3.1-8B-Instruct",
    gpu_type_id="NVIDIA GeForce RTX 4090",
    gpu_count=1,
    cloud=Cloud.COMMUNITY,
    hours=None,
    max_model_len=8192,
    container_disk_gb=40,
    peak_tokens_per_second=Decimal(4229),
    peak_source="Mistral-7B FP16 on RTX 4090, 256/100 tokens, 48 at once, published",
    demand="prompt_tokens_per_hour=3400000,completion_tokens_per_hour=700000,"
    "cached_share=0.35,seed=llama",
    days=60,
    pod_days=13,
    load_time=timedelta(minutes=4),
)
GLM = DemoDeployment(
    tier=Tier.TWO,
    slug=DEMO_SLUGS[1],
    fleet_name="Demo tier 2: GLM-5 FP8 on 8x H200",
    repository="zai-org/GLM-5-FP8",
    gpu_type_id="NVIDIA H200",
    gpu_count=8,
    cloud=Cloud.SECURE,
    hours=(13, 21),
    max_model_len=131072,
    container_disk_gb=900,
    peak_tokens_per_second=Decimal(15200),
    peak_source="estimate: 34.6 prompt tokens per completion token, 64 % of them cached, "
    "from published 8x H200 FP8 measurements (sglang)",
    demand="prompt_tokens_per_hour=26000000,completion_tokens_per_hour=750000,"
    "cached_share=0.64,seed=glm",
    days=30,
    pod_days=1,
    load_time=timedelta(minutes=25),
)
# The earner: half of what its GPU can serve is asked for, at a price above its cost.
QWEN = DemoDeployment(
    tier=Tier.ONE,
    slug=DEMO_SLUGS[2],
    fleet_name="Demo tier 1: Qwen 2.5 7B on RTX 4090",
    repository="Qwen/Qwen2.5-7B-Instruct",
    gpu_type_id="NVIDIA GeForce RTX 4090",
    gpu_count=1,
    cloud=Cloud.COMMUNITY,
    hours=None,
    max_model_len=8192,
    container_disk_gb=40,
    peak_tokens_per_second=Decimal(4187),
    peak_source="estimate: our roofline, BF16 on RTX 4090, 600/200 tokens, 64 at once",
    demand="prompt_tokens_per_hour=5600000,completion_tokens_per_hour=1900000,"
    "cached_share=0.35,seed=qwen",
    days=60,
    pod_days=17,
    load_time=timedelta(minutes=4),
)
DEPLOYMENTS = (LLAMA, GLM, QWEN)


def ensure(plan: DemoDeployment, *, now: datetime) -> Deployment:
    """The demo deployment, made once. Raises NoOffer without its GPU in the catalog."""
    known = Deployment.objects.filter(slug=plan.slug).first()
    if known is not None:
        return known
    offer = offer_of(plan)
    fleet, _ = Fleet.objects.get_or_create(
        slug=f"{plan.slug}-fleet",
        defaults={"name": plan.fleet_name, "tier": plan.tier, "simulated": True},
    )
    scheduled = plan.hours is not None
    return Deployment.objects.create(
        fleet=fleet,
        variant=ModelVariant.objects.get(repository=plan.repository),
        slug=plan.slug,
        gpu_type_id=plan.gpu_type_id,
        gpu_count=plan.gpu_count,
        cloud=plan.cloud,
        rental_kind=RentalKind.SCHEDULED if scheduled else RentalKind.ON_DEMAND,
        schedule_starts=f"0 {plan.hours[0]} * * *" if plan.hours else "",
        schedule_seconds=(plan.hours[1] - plan.hours[0]) * 3600 if plan.hours else None,
        schedule_zone="UTC" if plan.hours else "",
        replicas=1,
        max_usd_per_gpu_hour=offer.usd_per_gpu_hour * PRICE_LIMIT,
        max_model_len=plan.max_model_len,
        gpu_memory_utilization=Decimal("0.90"),
        container_disk_gb=plan.container_disk_gb,
        image=settings.DEFAULT_VLLM_IMAGE,
        extra_env={"KERNE_SANDBOX_ENGINE": "replay", "KERNE_REPLAY_DEMAND": plan.demand},
        peak_tokens_per_second=plan.peak_tokens_per_second,
        peak_source=plan.peak_source,
        peak_set_by="the demo",
        peak_at=now,
        created_at=now,
    )


def offer_of(plan: DemoDeployment) -> GpuOffer:
    """The catalog's offer that the demo rents. Raises NoOffer."""
    offer = GpuOffer.objects.filter(
        provider=settings.PROVIDER_NAME, gpu_type_id=plan.gpu_type_id, cloud=plan.cloud
    ).first()
    if offer is None:
        raise NoOffer(
            f"{plan.gpu_type_id} is not in the catalog yet; try again in a minute."
        )
    return offer


def make_past(
    plan: DemoDeployment, deployment: Deployment, *, first: date, until: datetime
) -> int:
    """Pods and samples of [first 00:00, until); the number of pods."""
    count = 0
    for begin, end in rentals(plan, first=first, until=until):
        count += 1
        make_pod(plan, deployment, attempt=count, begin=begin, end=end)
    return count


def rentals(
    plan: DemoDeployment, *, first: date, until: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """When pods were rented: blocks of `pod_days`, or the scheduled hours of a day."""
    midnight = datetime(first.year, first.month, first.day, tzinfo=until.tzinfo)
    for day in range(0, (until - midnight).days + 1, plan.pod_days):
        begin = midnight + timedelta(days=day)
        end = begin + timedelta(days=plan.pod_days)
        if plan.hours is not None:
            end = begin + timedelta(hours=plan.hours[1])
            begin += timedelta(hours=plan.hours[0])
        if begin < until:
            yield begin, min(end, until)


def make_pod(
    plan: DemoDeployment,
    deployment: Deployment,
    *,
    attempt: int,
    begin: datetime,
    end: datetime,
) -> Pod:
    """One pod of the past with its history; rented over [begin, end)."""
    ready = min(begin + plan.load_time, end)
    price = offer_of(plan).usd_per_gpu_hour * plan.gpu_count
    pod = Pod.objects.create(
        deployment=deployment,
        name=f"kerne-{settings.KERNE_ENV}-{plan.slug}-{attempt}",
        attempt=attempt,
        status=PodStatus.TERMINATED,
        status_since=end,
        status_reason="end of the simulated rental",
        requested_at=begin,
        sent_at=begin,
        ready_by=begin + timedelta(seconds=settings.PROVISIONING_DEADLINE_SECONDS),
        ready_at=ready,
        gpu_type_id=plan.gpu_type_id,
        gpu_count=plan.gpu_count,
        cloud=plan.cloud,
        container_disk_gb=plan.container_disk_gb,
        api_key="",
        provider=settings.PROVIDER_NAME,
        provider_id=f"{SIMULATED_PAST}{plan.slug}-{attempt}"[:40],
        provider_status="TERMINATED",
        quoted_usd_per_pod_hour=price,
        usd_per_pod_hour=price,
        billed_from=begin,
        billed_until=end,
        probed_at=end,
        engine_version="simulated",
    )
    PodTransition.objects.bulk_create(
        PodTransition(pod=pod, old=old, new=new, at=at)
        for old, new, at in (
            (PodStatus.REQUESTED, PodStatus.CREATING, begin),
            (PodStatus.CREATING, PodStatus.PROVISIONING, begin),
            (PodStatus.PROVISIONING, PodStatus.SERVING, ready),
            (PodStatus.SERVING, PodStatus.TERMINATING, end),
            (PodStatus.TERMINATING, PodStatus.TERMINATED, end),
        )
    )
    HealthChange.objects.bulk_create(
        HealthChange(pod=pod, health=health, at=at)
        for health, at in ((Health.LOADING, begin), (Health.READY, ready))
    )
    EngineSample.objects.bulk_create(samples(plan, pod, ready=ready, end=end))
    return pod


def samples(
    plan: DemoDeployment, pod: Pod, *, ready: datetime, end: datetime
) -> list[EngineSample]:
    """vLLM's counters every 15 minutes and at the end, from the demand it met."""
    params = parse_demand(plan.demand)
    read = []
    prompt = cached = completion = 0
    at = ready
    while at < end:
        following = min(at + SAMPLE_EVERY, end)
        served = demand_between(at, following, params)
        prompt += served.prompt
        cached += served.cached_prompt
        completion += served.completion
        at = following
        read.append(
            EngineSample(
                pod=pod,
                at=at,
                process_started_at=ready,
                prompt_tokens=prompt,
                cached_prompt_tokens=cached,
                completion_tokens=completion,
                requests_finished=completion // TOKENS_PER_REQUEST,
                iteration_tokens=completion // TOKENS_PER_STEP,
                requests_running=0,
                requests_waiting=0,
                kv_cache_usage=None,
            )
        )
    return read
