"""Schedules: the list with its form, and the page of one."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from economics.models import SchedulePlan
from economics.selectors.planned_models import choices
from economics.selectors.schedules.demand_file import FileDemand
from economics.selectors.schedules.question import ScheduleRefused, schedule_question
from economics.selectors.schedules.risk_page import risk_page
from economics.services.schedule_apply import application_of
from economics.services.schedules import ask_schedule
from economics.tasks import work_out_schedules
from economics.views.schedule_form import (
    HOUR_WORDS,
    LABELS,
    SOURCE_WORDS,
    UNKNOWN_WORDS,
    ScheduleForm,
    asked_words,
    file_of,
)
from fleet.access import operator_required, operator_to_post, viewer_required
from fleet.csv_files import FileRefused
from fleet.views.doorbell import ring
from fleet.views.files import MOST_ROWS, instant, yes_or_no
from fleet.views.files import file_of as csv_of

SHOWN = 30
COLUMNS = (
    *("schedule", "model", "hours", "status", "outcome", "why", "profit_usd"),
    *("gap_fraction", "solver_seconds", "asked_by", "asked_at_utc", "finished_at_utc"),
    "simulated",
)
FIRST_MODEL = "llama-3.1-8b"
KEY_BYTES = 20
MOST_SEED = 2**31 - 1


@require_http_methods(["GET", "POST"])
@operator_to_post
def schedules(request: HttpRequest) -> HttpResponse:
    """What was asked and the form; sent, the page of the new question."""
    if request.method == "GET":
        written = {name: request.GET[name] for name in LABELS if name in request.GET}
        initial = {"model": FIRST_MODEL, "hours": "24", "replicas": "4"} | written
        form = ScheduleForm(initial=initial | {"key": secrets.token_hex(KEY_BYTES)})
        return page(request, form)
    form = ScheduleForm(request.POST)
    question = form.question()
    if question is None:
        return page(request, form, status=422)
    try:
        file = file_of(request, question)
        plan = ask_schedule(
            question,
            file=file,
            simulated=settings.KERNE_SANDBOX,
            key=form.cleaned_data["key"],
            seed=secrets.randbelow(MOST_SEED),
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except FileRefused as refusal:
        return page(request, form, status=422, refusal=refusal)
    except ScheduleRefused as refused:
        form.take(refused.errors)
        return page(request, form, status=422)
    ring(work_out_schedules)
    return redirect("economics:schedule", pk=plan.pk)


def page(
    request: HttpRequest,
    form: ScheduleForm,
    *,
    status: int = 200,
    refusal: FileRefused | None = None,
) -> HttpResponse:
    """The list with the form."""
    context = {
        "now": timezone.now(),
        "form": form,
        "refusal": refusal,
        "plans": SchedulePlan.objects.without_bodies()[:SHOWN],
        "shown": SHOWN,
        "model_choices": choices(),
        "source_choices": SOURCE_WORDS,
        "hour_choices": HOUR_WORDS,
        "unknown_choices": UNKNOWN_WORDS,
    }
    return render(request, "schedule/list.html", context, status=status)


@require_GET
@viewer_required
def schedule(request: HttpRequest, pk: int) -> HttpResponse:
    """One question with its answer, or with how far it is."""
    plan = get_object_or_404(SchedulePlan, pk=pk)
    now = timezone.now()
    return render(request, "schedule/page.html", page_context(plan, now))


def page_context(plan: SchedulePlan, now: datetime) -> dict[str, Any]:
    """What the page shows of a row."""
    context: dict[str, Any] = {
        "plan": plan,
        "answer": plan.answer,
        "now": now,
        "tag": "simulated" if plan.simulated else "estimated",
        "asked": asked_words(plan.question),
        "key": secrets.token_hex(KEY_BYTES),  # of the same question, asked again
    }
    if plan.is_solved:
        context["application"] = application_of(
            plan, now=now, simulated=settings.KERNE_SANDBOX
        )
        context["risk"] = risk_page(plan.answer)
        context["rules"] = [
            rule | {"less": difference(plan, rule)} for rule in plan.answer["rules"]
        ]
    return context


def difference(plan: SchedulePlan, rule: dict[str, Any]) -> Decimal | None:
    """How much less than the schedule a rule of thumb earns [USD]; None without it."""
    if rule["profit_usd"] is None or plan.profit_usd is None:
        return None
    return plan.profit_usd - Decimal(rule["profit_usd"])


@require_GET
@viewer_required
def schedule_wait(request: HttpRequest, pk: int) -> HttpResponse:
    """The waiting line of a question; once it has ended, the whole page is read anew."""
    plan = get_object_or_404(SchedulePlan.objects.without_bodies(), pk=pk)
    if not plan.is_open:
        return HttpResponse(headers={"HX-Refresh": "true"})
    context = {"plan": plan, "now": timezone.now()}
    return render(request, "schedule/_wait.html", context)


@require_POST
@operator_required
def schedule_again(request: HttpRequest, pk: int) -> HttpResponse:
    """The same question on today's rows and prices, as a new row."""
    plan = get_object_or_404(SchedulePlan, pk=pk)
    try:
        anew = ask_schedule(
            schedule_question(plan.question),
            file=FileDemand.of(plan.file) if plan.file else None,
            simulated=settings.KERNE_SANDBOX,
            key=request.POST.get("key", "").replace("\x00", "")[:64],
            seed=plan.seed,  # the same worlds: what differs is not their luck
            acting_user=request.user.get_username(),
            now=timezone.now(),
        )
    except ScheduleRefused as refused:
        messages.error(request, f"{refused} Nothing was asked.")
        return redirect("economics:schedule", pk=pk)
    ring(work_out_schedules)
    return redirect("economics:schedule", pk=anew.pk)


@require_GET
@viewer_required
def schedules_csv(request: HttpRequest) -> HttpResponse:
    """Every question that is kept, newest first; the page shows fewer."""
    return csv_of("schedules", COLUMNS, map(plan_cells, kept_plans()))


def kept_plans() -> Iterator[SchedulePlan]:
    return iter(SchedulePlan.objects.without_bodies()[:MOST_ROWS])


def plan_cells(plan: SchedulePlan) -> list[object]:
    """A question; without a schedule it has no profit."""
    return [
        *(plan.pk, plan.model, plan.hours, plan.status, plan.outcome, plan.why),
        *(plan.profit_usd, plan.gap, plan.solver_seconds, plan.asked_by),
        *(instant(plan.asked_at), instant(plan.finished_at), yes_or_no(plan.simulated)),
    ]
