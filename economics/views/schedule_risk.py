"""The chart of a schedule's risk: each uncertain input alone."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.shortcuts import get_object_or_404
from django.views.decorators.http import require_GET

from economics.charts.schedule_tornado import schedule_tornado
from economics.models import SchedulePlan
from economics.selectors.schedules.risk_page import risk_page
from fleet.access import viewer_required

NOTHING = "There is no risk to draw; the page above says why."


@require_GET
@viewer_required
def tornado_json(request: HttpRequest, pk: int) -> JsonResponse:
    """The tornado for plotly.js, or the sentence that says why there is none."""
    plan = get_object_or_404(SchedulePlan, pk=pk)
    risk = risk_page(plan.answer)
    if risk is None or not risk.bars:
        return JsonResponse({"figure": None, "caption": "", "empty": NOTHING})
    chart = schedule_tornado(risk.bars, base_usd=risk.base_usd, simulated=plan.simulated)
    return JsonResponse({"figure": chart.figure, "caption": chart.caption, "empty": ""})
