"""From a plan to its launch command and to the order form."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from economics.planner.option import PlanOption
from economics.selectors.plan import PlanAnswer
from economics.views.plan_asked import answer_of
from fleet.access import operator_required
from fleet.selectors.launch import launch_of
from fleet.services.known_models import NotServable, WantedWeights, ensure_variant
from fleet.vllm.command import SHOWN_KEY, ServeSpec
from fleet.vllm.parsers import parsers_of

LONGEST_QUERY = 4_000  # characters of an address


def launch_context(chosen: PlanOption | None, found: PlanAnswer) -> dict[str, Any]:
    """The launch command of the chosen option, or why there is none."""
    if chosen is None or not chosen.machine.fitting.ok:
        return {}
    machine, question, model = chosen.machine, found.question, found.facts.model
    parsers = parsers_of(model.architecture.model_type, model.name)
    try:
        spec = ServeSpec(
            repository=machine.repository,
            served_model_name=model.slug,
            attention_heads=model.architecture.attention_heads,
            kv_heads=model.architecture.kv_heads,
            vocabulary_size=model.architecture.vocabulary_size,
            max_context=model.architecture.max_context,
            max_model_len=question.needed_model_len,
            gpu_memory_utilization=question.gpu_memory_utilization,
            api_key=SHOWN_KEY,
            tensor_parallel_size=machine.gpu_count,
            tool_call_parser=parsers.tool_call,
            reasoning_parser=parsers.reasoning,
        )
        launch = launch_of(
            spec,
            gpu_type_id=machine.gpu_type_id,
            gpu_count=machine.gpu_count,
            cloud=machine.cloud.upper() or "SECURE",
            disk_gb=machine.disk_gb,
        )
    except ValueError as fault:
        return {"launch_fault": str(fault)}
    return {"launch": launch}


@require_POST
@operator_required
def deploy(request: HttpRequest) -> HttpResponse:
    """From a plan to the order form: makes the model orderable, and rents nothing."""
    now = timezone.now()
    asked_for = QueryDict(request.POST.get("query", "")[:LONGEST_QUERY], mutable=True)
    key = request.POST.get("option", "")
    found = answer_of(asked_for, now=now).answer
    chosen = None if found is None else found.option(key)
    if found is None or chosen is None:
        messages.error(request, "This plan is not offered any more; choose another option.")
        return redirect("economics:plan")
    model, machine = found.facts.model, chosen.machine
    weights = next(each for each in model.weights if each.repository == machine.repository)
    try:
        variant = ensure_variant(
            WantedWeights(
                model.slug,
                model.architecture,
                machine.repository,
                machine.precision,
                weights.weight_gb,
            ),
            acting_user=request.user.get_username(),
            now=now,
        )
    except NotServable as refusal:
        messages.error(request, str(refusal))
        return redirect(f"{reverse('economics:plan')}?{asked_for.urlencode()}")
    fields = {
        "variant_id": variant.pk,
        "gpu_type_id": machine.gpu_type_id,
        "gpu_count": machine.gpu_count,
        "cloud": machine.cloud.upper(),
        "max_model_len": found.question.needed_model_len,
        "gpu_memory_utilization": found.question.gpu_memory_utilization,
        "container_disk_gb": machine.disk_gb,
    }
    return redirect(f"{reverse('fleet:order')}?{urlencode(fields)}")
