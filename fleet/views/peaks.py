"""The peak throughput of a deployment's replica, set by hand or left to the console."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from fleet.access import operator_required
from fleet.forms import NameField, NumberField
from fleet.models import Deployment
from fleet.services.peaks import LONGEST_SOURCE, leave_peak, set_peak
from fleet.services.refused import Refused


class PeakForm(forms.Form):
    """What was measured, and how."""

    peak = NumberField(label="Peak throughput", example="4200")
    source = NameField(label="Source", most=LONGEST_SOURCE)


@require_POST
@operator_required
def peak(request: HttpRequest, pk: int) -> HttpResponse:
    """Set it, or with `leave` let the console keep it; then back to the deployment."""
    deployment = get_object_or_404(Deployment, pk=pk)
    user, now = request.user.get_username(), timezone.now()
    if "leave" in request.POST:
        if leave_peak(deployment, acting_user=user, now=now):
            messages.success(request, "Kerne keeps the peak again, within five minutes.")
        else:
            messages.info(request, "Kerne keeps the peak already.")
        return redirect("fleet:deployment", pk)
    form = PeakForm(request.POST)
    try:
        if not form.is_valid():
            raise Refused(
                {n: [str(each) for each in said] for n, said in form.errors.items()}
            )
        set_peak(
            deployment,
            form.cleaned_data["peak"],
            source=form.cleaned_data["source"],
            acting_user=user,
            now=now,
        )
    except Refused as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
    else:
        messages.success(request, "The peak is set; utilization is a share of it from now.")
    return redirect("fleet:deployment", pk)
