"""Changing how a deployment rents: a form, then the plan sheet."""

from __future__ import annotations

from typing import Any, Protocol
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from fleet.access import operator_to_post
from fleet.forms import RentalForm
from fleet.models import ActionKind, Deployment
from fleet.selectors.ordered_before import ordered_before
from fleet.services.actions import plan_action
from fleet.services.actions.amounts import yes_or_no
from fleet.services.actions.renting import rental_text, rental_words
from fleet.services.launch_guard import configured_guard
from fleet.services.refused import Refused
from fleet.views.deployment_page import get_deployment
from fleet.views.hours import hours_choices
from fleet.views.selling import rental_choices


@require_http_methods(["GET", "POST"])
@operator_to_post
def deployment_rental(request: HttpRequest, pk: int) -> HttpResponse:
    """The form, filled with what is; sent, it leads to the plan or keeps its faults."""
    deployment = get_deployment(pk)
    if request.method == "GET":
        return form_page(request, deployment, RentalForm(initial=rental_text(deployment)))
    form = RentalForm(request.POST)
    sheet = sheet_of(ActionKind.RENTAL, deployment, form)
    return redirect(sheet) if sheet else form_page(request, deployment, form)


class ChangeForm(Protocol):
    """A form whose fields are parameters of an action on a deployment."""

    def is_valid(self) -> bool: ...
    def asked(self) -> dict[str, Any]: ...
    def take(self, errors: dict[str, list[str]]) -> None: ...


def sheet_of(kind: ActionKind, deployment: Deployment, form: ChangeForm) -> str:
    """The address of the plan of a form; "" when the form now carries what is wrong."""
    if not form.is_valid():
        return ""
    parameters = parameters_of(deployment, form.asked())
    try:
        plan_action(kind, parameters, guard=configured_guard(), now=timezone.now())
    except Refused as refusal:
        form.take(refusal.errors)
        return ""
    sheet = reverse("fleet:action-plan", args=[kind.value])
    return f"{sheet}?{urlencode(parameters)}"


def parameters_of(deployment: Deployment, asked: dict[str, Any]) -> dict[str, str]:
    """The parameters of the action; an empty field is one that is not asked for."""
    said = {
        name: yes_or_no(value) if isinstance(value, bool) else str(value)
        for name, value in asked.items()
        if value is not None and value != ""
    }
    return {"deployment": deployment.slug} | said


def form_page(
    request: HttpRequest, deployment: Deployment, form: RentalForm
) -> HttpResponse:
    """The page with its lists."""
    now = timezone.now()
    context = {
        "deployment": deployment,
        "form": form,
        "now_words": rental_words(deployment),
        "now": now,
        "ordered_before": ordered_before(deployment=deployment, now=now),
        **rental_choices(),
        **hours_choices(),
    }
    return render(request, "fleet/rental.html", context)
