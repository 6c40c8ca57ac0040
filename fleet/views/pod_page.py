"""The pod page: what it is doing, what it has done, what it runs and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.cloud import provider_named
from fleet.models import Pod, PodDiagnosis, PodStatus
from fleet.providers.base import LogLine, ProviderError
from fleet.providers.masking import mask_line
from fleet.selectors.burn import container_disk_usd_per_hour, pod_usd_per_hour
from fleet.selectors.leases import lease_ends_at
from fleet.selectors.providers import provider_names
from fleet.selectors.serving import launch_record
from fleet.selectors.spent import cold_start_usd
from fleet.selectors.start_up import cold_start_seconds
from fleet.views.pod_events import pod_events, pod_stages, slowest, standstill
from fleet.views.states import pod_state
from fleet.views.strips import health_spans
from fleet.views.throughput import SILENT, throughput

LOG_LINES = 200
HOURS = (1, 6, 24, 168)  # of latency that a page may show


def hours_of(request: HttpRequest) -> int:
    """The hours that are asked for; 6 where it is none of ours."""
    word = request.GET.get("hours", "")
    return int(word) if word in map(str, HOURS) else 6


def get_pod(pk: int) -> Pod:
    rows = Pod.objects.select_related(
        "deployment__fleet", "deployment__variant__served_model", "diagnosis"
    )
    return get_object_or_404(rows, pk=pk)


@dataclass(frozen=True, slots=True)
class Launch:
    """What a pod was launched with. `note` says where that is not what is shown."""

    command: str
    image: str
    max_model_len: int
    gpu_memory_utilization: Decimal
    note: str = ""


def launch_of(pod: Pod) -> Launch:
    """As it was kept at the create; without that the settings of today, said so."""
    deployment = pod.deployment
    kept, note = pod.launched, ""
    if not kept and pod.status == PodStatus.REQUESTED:
        note = "Not launched yet: this is what it will be launched with as things are."
    elif not kept:
        note = (
            "What it was launched with was not kept. This is what its deployment would "
            f"launch today, revision {deployment.revision}; the pod is of revision "
            f"{pod.revision}."
        )
    try:
        shown = kept or launch_record(deployment)
    except ValueError as wrong:
        shown = {"command": f"No command: {wrong}"}
    return Launch(
        command=shown["command"],
        image=shown.get("image", deployment.image),
        max_model_len=shown.get("max_model_len", deployment.max_model_len),
        gpu_memory_utilization=Decimal(
            shown.get("gpu_memory_utilization", deployment.gpu_memory_utilization)
        ),
        note=note,
    )


def engine_words(pod: Pod) -> str:
    """Which engine answers on this pod, said so that nobody takes play for work."""
    version = pod.engine_version
    if version == "simulated":
        return "Simulated: no engine ran, its counters come from the demo's demand"
    if "replay" in version.lower():
        return f"Replay engine ({version}): no model runs, its answers are made up"
    if not version:
        return "Not known yet: the engine has not answered"
    where = f"on {pod.gpu_count}× {pod.gpu_type_id}"
    if settings.KERNE_SANDBOX:
        where = "on this machine's CPU (sandbox), with random weights"
    number = version.removeprefix("vllm").lstrip(" /-")
    return f"vLLM {number} {where}"


def live_context(pod: Pod, *, now: datetime) -> dict[str, Any]:
    """What changes while one looks: state, stages, strip, rate, events."""
    stages = pod_stages(pod, now=now)
    return {
        "pod": pod,
        "now": now,
        "state": pod_state(pod, now=now),
        "stages": stages,
        "slowest": slowest(stages),
        "standstill": standstill(stages),
        "spans": health_spans([pod], now=now)[pod.pk],
        "throughput": throughput([pod], now=now).get(pod.pk, SILENT),
        "events": pod_events(pod),
        "diagnosis": getattr(pod, "diagnosis", None),
        "lease_ends_at": lease_ends_at(pod),
        "cold_start_usd": cold_start_usd(pod),
        "cold_start_seconds": cold_start_seconds(pod),
        "is_late": pod.status == PodStatus.PROVISIONING and now > pod.ready_by,
        "may_end": not pod.is_ended and pod.status != PodStatus.TERMINATING,
    }


def spec_context(pod: Pod) -> dict[str, Any]:
    """What the pod runs and costs by its order."""
    return {
        "pod": pod,
        "launch": launch_of(pod),
        "engine_words": engine_words(pod),
        "endpoint_reason": "the pod has ended" if pod.is_ended else "not rented yet",
        "usd_per_hour": pod_usd_per_hour(pod),
        "disk_usd_per_hour": container_disk_usd_per_hour(pod.container_disk_gb),
    }


@require_GET
@viewer_required
def pod_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One pod."""
    pod = get_pod(pk)
    context = live_context(pod, now=timezone.now()) | spec_context(pod)
    context |= {"hours": hours_of(request), "hours_offered": HOURS}
    return render(request, "fleet/pod.html", context)


@require_GET
@viewer_required
def pod_live(request: HttpRequest, pk: int) -> HttpResponse:
    """The living part of the pod page as a fragment."""
    return render(
        request, "fleet/_pod_live.html", live_context(get_pod(pk), now=timezone.now())
    )


@require_GET
@viewer_required
def pod_spec(request: HttpRequest, pk: int) -> HttpResponse:
    """Engine and order of a pod as a fragment: the engine is known only once it answers."""
    return render(request, "fleet/_pod_spec.html", spec_context(get_pod(pk)))


@require_GET
@viewer_required
def pod_money(request: HttpRequest, pk: int) -> HttpResponse:
    """Tokens and money of a pod as a fragment."""
    return render(
        request, "fleet/_pod_money.html", {"pod": get_pod(pk), "now": timezone.now()}
    )


def read_log(pod: Pod) -> tuple[list[LogLine], str]:
    """The last lines of a pod's log, or none and the reason."""
    if not pod.provider_id:
        return [], "Nothing is rented yet, so there is no log."
    if pod.status == PodStatus.TERMINATED:
        return kept_tail(pod), "The pod is gone, and the provider kept no log of it."
    if pod.provider not in provider_names():
        return [], f"This pod was rented at {pod.provider}, which is not connected now."
    try:
        lines = provider_named(pod.provider).logs(pod.provider_id, tail=LOG_LINES)
        return without_key(lines, pod.api_key), ""
    except ProviderError as error:
        return [], f"The provider gave no log; it is asked again. It said: {error}"


def kept_tail(pod: Pod) -> list[LogLine]:
    """The last lines as they were kept when the pod was diagnosed; masked then."""
    kept = PodDiagnosis.objects.filter(pod=pod).first()
    return [LogLine(None, "kept", text) for text in kept.tail.splitlines()] if kept else []


def without_key(lines: list[LogLine], api_key: str) -> list[LogLine]:
    """The lines without keys: an image may print the command it was given."""
    return [replace(line, text=mask_line(line.text, [api_key])) for line in lines]


@require_GET
@viewer_required
def pod_log(request: HttpRequest, pk: int) -> HttpResponse:
    """The log tail as a fragment; its content is text and nothing else."""
    lines, reason = read_log(get_pod(pk))
    return render(request, "fleet/_log.html", {"lines": lines, "reason": reason})


@require_GET
@viewer_required
def pod_log_text(request: HttpRequest, pk: int) -> HttpResponse:
    """The same lines as a file."""
    pod = get_pod(pk)
    lines, reason = read_log(pod)
    text = "".join(f"{stamp(line)}{line.text}\n" for line in lines) or f"{reason}\n"
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{pod.name}.txt"'},
    )


def stamp(line: LogLine) -> str:
    return f"{line.at:%Y-%m-%dT%H:%M:%SZ} " if line.at else ""
