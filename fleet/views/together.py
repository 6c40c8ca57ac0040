"""Several deployments and pods at once: one sheet with its total, one confirmation."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from fleet.access import operator_required, viewer_required
from fleet.models import Deployment, Pod
from fleet.selectors.burn import pod_usd_per_hour
from fleet.services.actions import Confirmation
from fleet.services.actions.selection import DEEDS, SCALE, Selection, asked_of
from fleet.services.actions.together import (
    JointPlan,
    JointPlanMoved,
    PartsRefused,
    actions_of,
    check_count,
    confirm_together,
    plan_together,
)
from fleet.services.alerts.maintenance import begin_together
from fleet.services.launch_guard import configured_guard
from fleet.services.refused import Refused
from fleet.shown_zone import shown_time
from fleet.tasks import reconcile
from fleet.templatetags.alerting import LENGTHS
from fleet.templatetags.numbers import money
from fleet.views.alerts import length_asked
from fleet.views.doorbell import ring
from fleet.views.fleet_list import MAINTENANCE, TOGETHER, Filter, shown_deployments

WORDS = {"stop": "Stop", "start": "Start", "scale": "Scale", MAINTENANCE: "Maintenance of"}
KEY_BYTES = 20
KEY = re.compile(r"[0-9A-Za-z_-]{8,40}", re.ASCII)
LONGEST_NAME = 120
PAGE = "fleet/together.html"


@dataclass(frozen=True, slots=True)
class Quiet:
    """One thing that would be put in maintenance: what it is, and what it costs on."""

    name: str
    usd_per_hour: Decimal


@require_GET
@viewer_required
def together(request: HttpRequest) -> HttpResponse:
    """What the deed would do to all that is selected; the selection is the address's."""
    deed, now = request.GET.get("deed", ""), timezone.now()
    selection = selection_of(request)
    context = context_of(deed, selection, replicas_of(request), now)
    try:
        check_count(selection.count)
        if deed == MAINTENANCE:
            return render(request, PAGE, context | quiet_sheet(selection))
        plan = planned(deed, selection, replicas_of(request), now=now)
    except PartsRefused as refusal:
        context["faults"] = refusal.faults
        context["without"] = without(context, refusal)
        return render(request, PAGE, context)
    except Refused as refusal:
        context["refusal"] = str(refusal)
        return render(request, PAGE, context)
    return render(request, PAGE, context | sheet(plan, context))


def planned(deed: str, selection: Selection, replicas: str, *, now: datetime) -> JointPlan:
    """The plan of a deed. Raises Refused."""
    if deed not in DEEDS:
        known = ", ".join(value for value, _ in TOGETHER)
        raise Refused.because(f"Deed is {deed[:20]!r}; choose one of {known}.")
    asked = asked_of(deed, selection, replicas=replicas)
    return plan_together(asked, guard=configured_guard(), now=now)


def selection_of(request: HttpRequest) -> Selection:
    """What the address names; all that the fleet page shows for `all`."""
    slugs, pods = names_in(request, "deployment"), names_in(request, "pod")
    if request.GET.get("all"):
        slugs += [each.slug for each in shown_deployments(Filter.of(request))]
    return Selection.of(slugs, pods)


def names_in(request: HttpRequest, field: str) -> list[str]:
    sent = (each.replace("\x00", "")[:LONGEST_NAME] for each in request.GET.getlist(field))
    return [each for each in sent if each]


def replicas_of(request: HttpRequest) -> str:
    return request.GET.get("replicas", "").replace("\x00", "").strip()[:20]


def context_of(
    deed: str, selection: Selection, replicas: str, now: datetime
) -> dict[str, Any]:
    """What the page shows with and without a plan."""
    return {
        "deed": deed,
        "deed_words": WORDS.get(deed, "Plan"),
        "selection": selection,
        "replicas": replicas,
        "asks_replicas": deed == SCALE and bool(selection.deployments),
        "now": now,
    }


def sheet(plan: JointPlan, context: dict[str, Any]) -> dict[str, Any]:
    """A plan with what its confirmation needs."""
    words = f"{context['deed_words']} {context['selection'].words}"
    if plan.added_usd_per_hour:
        words += f" for {money(plan.added_usd_per_hour, most=4)}/h"
    if plan.saved_usd_per_hour:
        words += f", saves {money(plan.saved_usd_per_hour, most=4)}/h"
    return {
        "plan": plan,
        "sealed": plan.seal(),
        "key": secrets.token_hex(KEY_BYTES),
        "button": words,
    }


def without(context: dict[str, Any], refusal: PartsRefused) -> str:
    """The address of the same plan without what was refused; "" where nothing is left."""
    left = context["selection"].without([name for name, _ in refusal.faults])
    return address_of(context["deed"], left, context["replicas"]) if left.count else ""


def address_of(deed: str, selection: Selection, replicas: str) -> str:
    """The address of a plan."""
    query = {"deed": deed, "replicas": replicas} if replicas else {"deed": deed}
    named = {"deployment": selection.deployments, "pod": selection.pods}
    words = urlencode({**query, **named}, doseq=True)
    return f"{reverse('fleet:together')}?{words}"


@require_POST
@operator_required
def together_confirm(request: HttpRequest) -> HttpResponse:
    """Do all that was shown, or nothing. A plan that aged or moved is shown again."""
    now = timezone.now()
    confirmed = Confirmation(
        acting_user=request.user.get_username(),
        key=key_sent(request),
        answers={},
        request_id=getattr(request, "request_id", ""),
    )
    context = context_of(
        request.POST.get("deed", ""), sent_selection(request), sent_replicas(request), now
    )
    try:
        confirm_together(
            request.POST.get("plan", ""), confirmed, guard=configured_guard(), now=now
        )
    except JointPlanMoved as moved:
        messages.error(request, str(moved))
        return render(request, PAGE, context | sheet(moved.plan, context))
    except PartsRefused as refusal:
        context |= {"faults": refusal.faults, "without": without(context, refusal)}
        return render(request, PAGE, context)
    except Refused as refusal:
        context["refusal"] = str(refusal)
        return render(request, PAGE, context)
    ring(reconcile)
    return redirect("fleet:together-done", key=confirmed.key)


def key_sent(request: HttpRequest) -> str:
    """The form's key, of which the page afterwards is named; "" for what is none."""
    key = request.POST.get("key", "")
    return key if KEY.fullmatch(key) else ""


def sent_selection(request: HttpRequest) -> Selection:
    """What the sheet was about, for its words alone: what is done is in the plan."""
    deployments = [each[:LONGEST_NAME] for each in request.POST.getlist("deployment")]
    pods = [each[:LONGEST_NAME] for each in request.POST.getlist("pod")]
    return Selection(tuple(deployments), tuple(pods))


def sent_replicas(request: HttpRequest) -> str:
    return request.POST.get("replicas", "")[:20]


@require_GET
@viewer_required
def together_done(request: HttpRequest, key: str) -> HttpResponse:
    """The actions of one confirmation, each with what came of it; reads itself again."""
    actions = actions_of(key.replace("\x00", ""))
    if not actions:
        raise Http404("nothing was confirmed under this key")
    rates = [each.figures["usd_per_hour"] for each in actions]
    days = [each.figures["usd_per_day"] for each in actions]
    context = {
        "actions": actions,
        "first": actions[0],
        "usd_per_hour": sum(rates, Decimal(0)),
        "usd_per_day": sum(days, Decimal(0)),
        "running": sum(each.is_running for each in actions),
        "now": timezone.now(),
    }
    return render(request, "fleet/together_done.html", context)


def quiet_sheet(selection: Selection) -> dict[str, Any]:
    """What would be put in maintenance. Raises PartsRefused for what there is not."""
    deployments, pods = rows_of(selection)
    rows = [Quiet(each.slug, rate_of(each)) for each in deployments]
    rows += [Quiet(pod.name, pod_rate(pod)) for pod in pods]
    total = sum((each.usd_per_hour for each in rows), Decimal(0))
    return {"quiet": rows, "quiet_usd_per_hour": total, "lengths": LENGTHS}


def rows_of(selection: Selection) -> tuple[list[Deployment], list[Pod]]:
    """The rows that are selected. Raises PartsRefused for names without one."""
    deployments = list(Deployment.objects.filter(slug__in=selection.deployments))
    pods = list(Pod.objects.filter(name__in=selection.pods))
    known = {each.slug for each in deployments} | {each.name for each in pods}
    asked = (*selection.deployments, *selection.pods)
    faults = [
        (name, "It does not exist; name one of the fleet page.")
        for name in asked
        if name not in known
    ]
    if faults:
        raise PartsRefused(faults)
    return deployments, pods


def rate_of(deployment: Deployment) -> Decimal:
    """What the pods of a deployment cost now [USD/h]."""
    return sum((pod_rate(pod) for pod in deployment.pods.maybe_billed()), Decimal(0))


def pod_rate(pod: Pod) -> Decimal:
    """What a pod costs now [USD/h]; nothing before it is rented and after its end."""
    is_billed = not pod.is_ended and pod.status != "requested"
    return pod_usd_per_hour(pod) if is_billed else Decimal(0)


@require_POST
@operator_required
def together_maintenance(request: HttpRequest) -> HttpResponse:
    """Put all that was selected in maintenance for the same time, or nothing."""
    selection = Selection.of(
        [each.replace("\x00", "") for each in request.POST.getlist("deployment")],
        [each.replace("\x00", "") for each in request.POST.getlist("pod")],
    )
    minutes, fault = length_asked(request)
    try:
        check_count(selection.count)
        deployments, pods = rows_of(selection)
        if minutes is None:
            raise Refused.because(fault, field="minutes")
        windows = begin_together(
            [*deployments, *pods],
            minutes=minutes,
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except Refused as refusal:
        messages.error(request, f"{refusal} Nothing was changed.")
        return redirect("fleet:list")
    last = max(each.ends_at for each in windows)
    messages.success(
        request,
        f"Maintenance of {selection.words} until {shown_time(last)}: nobody is told of "
        "them. Costs go on.",
    )
    return redirect("fleet:list")
