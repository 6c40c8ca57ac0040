"""From a schedule to the plan sheet of its hours, or to an order that brings them."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from economics.calc.hours import day_of
from economics.models import SchedulePlan
from economics.selectors.plan_facts import model_facts
from economics.selectors.plan_question import question_of
from economics.selectors.planned_models import planned_model
from economics.selectors.take_rates import TakeRates
from economics.services.schedule_apply import Part, application_of
from fleet.access import operator_required
from fleet.models import Cloud
from fleet.services.known_models import NotServable, WantedWeights, ensure_variant


@require_POST
@operator_required
def schedule_apply(request: HttpRequest, pk: int) -> HttpResponse:
    """To the sheet that says what it costs; nothing is changed before its confirmation."""
    plan, now = get_object_or_404(SchedulePlan, pk=pk), timezone.now()
    sentence = ""
    if not plan.is_solved:
        sentence = f"{plan} has no schedule that could be applied."
    else:
        found = application_of(plan, now=now, simulated=settings.KERNE_SANDBOX)
        part = found.part(request.POST.get("part", ""))
        sentence = found.blocked or (part.why_not if part else "Choose one of its machines")
        if part is not None and not sentence:
            return to_sheet(request, plan, part)
    messages.error(request, f"{sentence.rstrip('.')}. Nothing was changed.")
    return redirect("economics:schedule", pk=pk)


def to_sheet(request: HttpRequest, plan: SchedulePlan, part: Part) -> HttpResponse:
    """The plan sheet of a deployment that exists, or the order of one that does not."""
    if part.deployment is not None:
        sheet = reverse("fleet:action-plan", args=[part.action.value])
        return redirect(f"{sheet}?{urlencode(part.parameters)}")
    try:
        fields = order_fields(request, plan, part)
    except NotServable as refusal:
        messages.error(request, str(refusal))
        return redirect("economics:schedule", pk=plan.pk)
    return redirect(f"{reverse('fleet:order')}?{urlencode(fields)}")


def order_fields(request: HttpRequest, plan: SchedulePlan, part: Part) -> dict[str, str]:
    """The order form's fields. Makes the model orderable. Raises NotServable."""
    one, now = plan.answer["candidates"][part.index], timezone.now()
    model = planned_model(plan.model)
    weights = (
        [w for w in model.weights if w.repository == one["repository"]] if model else []
    )
    if model is None or not weights:
        raise NotServable(f"{plan.model} is not a model that can be ordered any more.")
    variant = ensure_variant(
        WantedWeights(
            model.slug,
            model.architecture,
            weights[0].repository,
            weights[0].precision.name,
            weights[0].weight_gb,
        ),
        acting_user=request.user.get_username(),
        now=now,
    )
    take_rate = TakeRates().on(day_of(now))
    asked = question_of({}, model_facts(model, now=now), take_rate=take_rate)
    context = asked.context_of(model.architecture.max_context)
    return {
        "variant_id": str(variant.pk),
        "gpu_type_id": one["gpu_type_id"],
        "gpu_count": str(one["gpu_count"]),
        "cloud": one["cloud"].upper() or Cloud.SECURE.value,  # workers name none
        "max_model_len": str(context or asked.needed_model_len),
        "gpu_memory_utilization": str(asked.gpu_memory_utilization),
        "container_disk_gb": str(one["disk_gb"]),
        **part.parameters,
    }
