"""Stop, start and terminate: a page that says what follows, and the deed behind a POST."""

from __future__ import annotations

import re
from decimal import Decimal

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from fleet.access import operator_to_post
from fleet.models import MAYBE_BILLED, Deployment, Pod, PodStatus
from fleet.schedule import mean_hours_per_day
from fleet.selectors import account
from fleet.selectors.account import runway_hours
from fleet.selectors.burn import container_disk_usd_per_hour, pod_usd_per_hour
from fleet.services import lifecycle
from fleet.services.order_rules import MOST_REPLICAS
from fleet.tasks import reconcile
from fleet.templatetags.numbers import money
from fleet.views.deployment_page import get_deployment
from fleet.views.doorbell import ring
from fleet.views.pod_page import get_pod

FEW = re.compile(r"[0-9]{1,4}", re.ASCII)  # int() refuses thousands of digits loudly


def _after(saved_usd_per_hour: Decimal) -> dict[str, object]:
    """What ending something does to the account."""
    now_account = account(now=timezone.now())
    after = max(now_account.burn_usd_per_hour - saved_usd_per_hour, Decimal(0))
    return {
        "saved_usd_per_hour": saved_usd_per_hour,
        "saved_usd_per_day": saved_usd_per_hour * 24,
        "account": now_account,
        "burn_after": after,
        "runway_after": runway_hours(now_account.balance, after),
    }


@require_http_methods(["GET", "POST"])
@operator_to_post
def pod_terminate(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm and end one pod; its deployment wants one replica less."""
    pod = get_pod(pk)
    if request.method == "POST":
        username = request.user.get_username()
        if lifecycle.request_termination(pod, acting_user=username, now=timezone.now()):
            ring(reconcile)
            messages.success(request, ended_words(pod))
        else:
            messages.info(request, f"{pod.name} was already ending or has ended.")
        return redirect("fleet:pod", pk=pk)
    billed = pod_usd_per_hour(pod) if pod.status in MAYBE_BILLED else Decimal(0)
    context = {"pod": pod, "now": timezone.now(), **_after(billed)}
    return render(request, "fleet/terminate.html", context)


def ended_words(pod: Pod) -> str:
    """What was just done to a pod, said by its state."""
    if pod.status == PodStatus.FAILED:
        return f"{pod.name} was called off; nothing had been rented."
    return f"{pod.name} was told to stop. It is billed until the provider confirms its end."


@require_http_methods(["GET", "POST"])
@operator_to_post
def deployment_stop(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm and want no replica any more; every pod of the deployment ends."""
    deployment = get_deployment(pk)
    if request.method == "POST":
        username = request.user.get_username()
        told = lifecycle.stop_deployment(
            deployment, acting_user=username, now=timezone.now()
        )
        ring(reconcile)
        messages.success(request, stopped_words(deployment, told))
        return redirect("fleet:deployment", pk=pk)
    pods = list(deployment.pods.wanted())
    billed = sum(
        (pod_usd_per_hour(pod) for pod in pods if pod.status in MAYBE_BILLED), Decimal(0)
    )
    context = {
        "deployment": deployment,
        "pods": pods,
        "now": timezone.now(),
        **_after(billed),
    }
    return render(request, "fleet/stop.html", context)


def stopped_words(deployment: Deployment, told: int) -> str:
    if told == 0:
        return f"{deployment.slug} is stopped; no pod was running."
    pods = "1 pod was" if told == 1 else f"{told} pods were"
    return (
        f"{deployment.slug} is stopped: {pods} told to end, "
        "billed until the provider confirms."
    )


@require_http_methods(["GET", "POST"])
@operator_to_post
def deployment_start(request: HttpRequest, pk: int) -> HttpResponse:
    """Confirm what it costs and want replicas again."""
    deployment = get_deployment(pk)
    error = ""
    if request.method == "POST":
        replicas, error = replicas_asked(request.POST.get("replicas", ""))
        if not error:
            lifecycle.start_deployment(
                deployment,
                replicas=replicas,
                acting_user=request.user.get_username(),
                now=timezone.now(),
            )
            ring(reconcile)
            messages.success(request, f"{deployment.slug}: {replicas} wanted from now on.")
            return redirect("fleet:deployment", pk=pk)
    return render(request, "fleet/start.html", start_context(deployment, error))


def replicas_asked(text: str) -> tuple[int, str]:
    """The number of replicas, or a sentence about what was typed."""
    if FEW.fullmatch(text.strip()) and 1 <= int(text) <= MOST_REPLICAS:
        return int(text), ""
    said = text.strip()[:40]
    return 0, f"Replicas is {said!r}; write a whole number from 1 to {MOST_REPLICAS}."


def start_context(deployment: Deployment, error: str) -> dict[str, object]:
    """What one replica may cost: never more than the deployment's own price limit."""
    disk = container_disk_usd_per_hour(deployment.container_disk_gb)
    most = deployment.max_usd_per_gpu_hour * deployment.gpu_count + disk
    hours = mean_hours_per_day(deployment.schedule, timezone.now())
    return {
        "deployment": deployment,
        "error": error,
        "most_usd_per_hour": most,
        "most_usd_per_day": most * hours,
        "hours": hours,
        "label": f"Start 1 replica for at most {money(most, most=4)}/h",
        "account": account(now=timezone.now()),
    }
