"""Costed actions: the plan sheet, its confirmation, and the page that follows it."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fleet.access import operator_required, operator_to_post, viewer_required
from fleet.models import Action, ActionKind, Deployment, ServerlessEndpoint
from fleet.selectors.action_progress import Progress, progress_of
from fleet.selectors.ordered_before import ordered_before
from fleet.selectors.serverless import rental_endpoint, workers_of
from fleet.services.actions import KINDS, Confirmation, PlanMoved, confirm, plan_action
from fleet.services.actions.following import cancel
from fleet.services.actions.plan import CostedPlan, unseal
from fleet.services.launch_guard import configured_guard
from fleet.services.refused import Refused
from fleet.tasks import reconcile, tend_resources
from fleet.templatetags.numbers import money
from fleet.views.doorbell import ring
from fleet.views.order import order_again

KEY_BYTES = 20
LONGEST_ANSWER = 200
ON_A_PAGE = 50
NEEDED = {  # without these the sheet only asks for them
    ActionKind.SCALE: frozenset({"replicas"}),
    ActionKind.ADOPT: frozenset({"deployment"}),
    ActionKind.ADOPT_VOLUME: frozenset({"deployment"}),
    ActionKind.GROW_VOLUME: frozenset({"size_gb"}),
}
RESOURCE_KINDS = (
    *(ActionKind.ADD_VOLUME, ActionKind.END_VOLUME),
    *(ActionKind.ADD_ENDPOINT, ActionKind.END_ENDPOINT, ActionKind.SET_WORKERS),
    *(ActionKind.END_STRAY, ActionKind.ADOPT_VOLUME, ActionKind.GROW_VOLUME),
)
WORKERS = frozenset({"workers_min", "workers_max", "idle_timeout"})
STATES = ("all", "running", "ended")


@require_GET
@viewer_required
def action_plan(request: HttpRequest, kind: str) -> HttpResponse:
    """What an action would do and cost. Its parameters are the address's."""
    wanted = kind_named(kind)
    now = timezone.now()
    typed = {name: request.GET.get(name, "") for name in KINDS[wanted].fields}
    # No column takes the null character, and the sheet looks rows up before it plans.
    parameters = {name: value.replace("\x00", "") for name, value in typed.items() if value}
    context: dict[str, Any] = {"kind": wanted, "parameters": parameters, "now": now}
    context |= choices(wanted, parameters)
    needed = WORKERS if "asks_workers" in context else NEEDED.get(wanted, frozenset())
    if not parameters.keys() >= needed:
        return render(request, "fleet/action_plan.html", context)
    try:
        plan = plan_action(wanted, parameters, guard=configured_guard(), now=now)
    except Refused as refusal:
        context["refusal"] = str(refusal)
        return render(request, "fleet/action_plan.html", context)
    return render(request, "fleet/action_plan.html", context | sheet(plan))


def kind_named(kind: str) -> ActionKind:
    try:
        return ActionKind(kind)
    except ValueError:
        raise Http404(f"no action is called {kind!r}") from None


def choices(kind: ActionKind, parameters: Mapping[str, str]) -> dict[str, Any]:
    """What the sheet itself lets one choose before the plan is made again."""
    if kind in (ActionKind.ADOPT, ActionKind.ADOPT_VOLUME):
        names = Deployment.objects.filter(fleet__simulated=settings.KERNE_SANDBOX)
        slugs = names.order_by("slug").values_list("slug", flat=True)
        return {"deployments": list(slugs[:ON_A_PAGE])}
    if kind == ActionKind.GROW_VOLUME:
        return {"asks_size": True}
    if (workers := asks_workers(kind, parameters)) is not None:
        return workers
    if kind in (ActionKind.SCALE, ActionKind.START):
        return {
            "asks_replicas": True,
            "replicas_shown": parameters.get("replicas") or replicas_now(parameters),
        }
    return {}


def asks_workers(kind: ActionKind, parameters: Mapping[str, str]) -> dict[str, Any] | None:
    """The workers to begin with, where an endpoint is meant; None where it is not."""
    row: Deployment | ServerlessEndpoint | None = None
    if kind == ActionKind.SET_WORKERS:
        name = parameters.get("endpoint", "")
        row = ServerlessEndpoint.objects.filter(name=name).first()
    elif kind in (ActionKind.SCALE, ActionKind.START):
        slug = parameters.get("deployment", "")
        found = Deployment.objects.filter(slug=slug, rental_kind="serverless").first()
        if found is not None and kind == ActionKind.START:
            return {}
        row = (rental_endpoint(found) or found) if found is not None else None
    if row is None:
        return None
    workers = workers_of(row)
    return {
        "asks_workers": True,
        "workers_min": parameters.get("workers_min", workers.least),
        "workers_max": parameters.get("workers_max", workers.most),
        "idle_timeout": parameters.get("idle_timeout", workers.idle_seconds),
    }


def replicas_now(parameters: Mapping[str, str]) -> int:
    """What the deployment wants now, at least 1: where a change begins."""
    row = Deployment.objects.filter(slug=parameters.get("deployment", "")).first()
    return max(row.replicas, 1) if row else 1


def sheet(plan: CostedPlan) -> dict[str, Any]:
    """A plan with what its confirmation needs."""
    return {
        "plan": plan,
        "sealed": plan.seal(),
        "key": secrets.token_hex(KEY_BYTES),
        "button": button_words(plan),
        "ordered_before": orders_of(plan),
    }


def orders_of(plan: CostedPlan) -> list[Action]:
    """Orders of late for the same deployment, where this one rents too."""
    if not plan.new_pods or plan.deployment is None:
        return []
    return ordered_before(deployment=plan.deployment, now=plan.quoted_at)


def button_words(plan: CostedPlan) -> str:
    """What the button does and costs: "Rent 2 more for $1.49/h"."""
    if plan.added_usd_per_hour:
        return f"{plan.button} for {money(plan.added_usd_per_hour, most=4)}/h"
    if plan.saved_usd_per_hour:
        return f"{plan.button}, saves {money(plan.saved_usd_per_hour, most=4)}/h"
    return plan.button


@require_POST
@operator_required
def action_confirm(request: HttpRequest) -> HttpResponse:
    """Do what was shown. A plan that aged or moved is shown again instead."""
    now = timezone.now()
    confirmed = Confirmation(
        acting_user=request.user.get_username(),
        key=request.POST.get("key", "").replace("\x00", ""),
        answers={
            name: str(value).replace("\x00", "")[:LONGEST_ANSWER]
            for name, value in request.POST.items()
        },
        request_id=getattr(request, "request_id", ""),
    )
    sealed = request.POST.get("plan", "")
    try:
        action = confirm(sealed, confirmed, guard=configured_guard(), now=now)
    except PlanMoved as moved:
        return shown_again(request, moved.plan, str(moved), now=now)
    except Refused as refusal:
        return refused(request, sealed, str(refusal), now=now)
    ring(tend_resources if action.kind in RESOURCE_KINDS else reconcile)
    return redirect("fleet:action", pk=action.pk)


def shown_again(
    request: HttpRequest, plan: CostedPlan, sentence: str, *, now: datetime
) -> HttpResponse:
    """The plan as it is now, with why the one that was confirmed was not done."""
    messages.error(request, sentence)
    if plan.kind == ActionKind.LAUNCH:
        return order_again(request, plan.parameters, now=now)
    context = {"kind": plan.kind, "parameters": plan.parameters, "now": now}
    return render(request, "fleet/action_plan.html", context | sheet(plan))


def refused(
    request: HttpRequest, sealed: str, sentence: str, *, now: datetime
) -> HttpResponse:
    """Why it was not done, and the plan again where one can still be made."""
    context = {"refusal": sentence, "parameters": {}, "now": now}
    try:
        shown = unseal(sealed)
        if shown.kind == ActionKind.LAUNCH:
            messages.error(request, sentence)
            return order_again(request, shown.parameters, now=now)
        plan = plan_action(shown.kind, shown.parameters, guard=configured_guard(), now=now)
    except Refused:
        return render(request, "fleet/action_plan.html", context)
    return shown_again(request, plan, sentence, now=now)


@require_GET
@viewer_required
def action_list(request: HttpRequest) -> HttpResponse:
    """Every confirmed action, newest first; `?state=` narrows."""
    state = state_asked(request)
    page = Paginator(actions_asked(state), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "state": state, "states": STATES, "now": timezone.now()}
    return render(request, "fleet/actions.html", context)


@require_GET
@viewer_required
def action_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One action: its stages, its money, its end. `?live` gives the living part only."""
    action = get_action(pk)
    now = timezone.now()
    template = "fleet/_action_live.html" if "live" in request.GET else "fleet/action.html"
    return render(
        request, template, page_context(action, progress_of(action, now=now), now)
    )


def state_asked(request: HttpRequest) -> str:
    """One of STATES; all without a known word."""
    state = request.GET.get("state", "all")
    return state if state in STATES else "all"


def actions_asked(state: str) -> QuerySet[Action]:
    """The confirmed actions in that state, newest first."""
    rows = Action.objects.select_related("deployment__fleet")
    return rows if state == "all" else rows.filter(ended_at__isnull=state == "running")


def get_action(pk: int) -> Action:
    return get_object_or_404(Action.objects.select_related("deployment__fleet"), pk=pk)


def page_context(action: Action, progress: Progress, now: datetime) -> dict[str, Any]:
    return {
        "action": action,
        "progress": progress,
        "now": now,
        "may_cancel": progress.end is None
        and action.new_pods > 0
        and action.kind not in (ActionKind.SETTINGS, ActionKind.RENTAL),
        "undo": undo_address(action),
    }


def undo_address(action: Action) -> str:
    """The plan that takes a free action back; "" for others, and when one followed."""
    parameters = action.plan.get("undo")
    later = Action.objects.filter(deployment=action.deployment_id, pk__gt=action.pk)
    if not parameters or later.exists():
        return ""
    return f"{reverse('fleet:action-plan', args=[action.kind])}?{urlencode(parameters)}"


@require_http_methods(["GET", "POST"])
@operator_to_post
def action_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """Say what is billed already, then take the wish back."""
    action, now = get_action(pk), timezone.now()
    if request.method == "GET":
        context = page_context(action, progress_of(action, now=now), now)
        return render(request, "fleet/action_cancel.html", context)
    try:
        progress = cancel(action, acting_user=request.user.get_username(), now=now)
    except Refused as refusal:
        messages.info(request, str(refusal))
        return redirect("fleet:action", pk=pk)
    ring(reconcile)
    spent = money(progress.spent_usd, most=4)
    messages.success(
        request, f"Cancelled: {action}. {spent} is billed already and is not given back."
    )
    return redirect("fleet:action", pk=pk)
