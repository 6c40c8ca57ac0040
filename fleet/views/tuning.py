"""Changing a deployment's settings: a form, then the plan sheet."""

from __future__ import annotations

from django.forms.models import model_to_dict
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from fleet.access import operator_to_post
from fleet.forms import SettingsForm
from fleet.models import ActionKind, Cloud, Deployment
from fleet.services.actions.tuning import SETTINGS
from fleet.views.deployment_page import get_deployment
from fleet.views.order import gpu_choices, offers_of_provider
from fleet.views.rental import sheet_of


@require_http_methods(["GET", "POST"])
@operator_to_post
def deployment_settings(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, filled with what is; sent, it leads to the plan or keeps its faults."""
    deployment = get_deployment(pk)
    if request.method == "GET":
        now = model_to_dict(deployment, fields=list(SETTINGS))
        return form_page(request, deployment, SettingsForm(initial=now))
    form = SettingsForm(request.POST)
    sheet = sheet_of(ActionKind.SETTINGS, deployment, form)
    return redirect(sheet) if sheet else form_page(request, deployment, form)


def form_page(
    request: HttpRequest, deployment: Deployment, form: SettingsForm
) -> HttpResponse:
    """The page with its lists; a GPU that is not in the catalog now stays choosable."""
    listed = gpu_choices(offers_of_provider())
    if deployment.gpu_type_id not in [value for value, _ in listed]:
        listed = [
            (deployment.gpu_type_id, f"{deployment.gpu_type_id} (not listed)"),
            *listed,
        ]
    context = {
        "deployment": deployment,
        "form": form,
        "gpu_choices": listed,
        "cloud_choices": Cloud.choices,
    }
    return render(request, "fleet/settings.html", context)
