"""Guardrails: each limit beside what it sees, what tripped, and a form for a limit."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from economics.calc.guardrails import LEVELS, RULES, Rule, Thresholds
from economics.models import GuardrailLimit
from economics.selectors.guardrails.board import alarms, board, history, versions_of
from economics.selectors.guardrails.limits import current_limits
from economics.selectors.guardrails.trips import open_trips
from economics.services.guardrails.limits import LimitRefused, NewLimit, set_limit
from fleet.access import admin_required, viewer_required
from fleet.forms import (
    DayField,
    InstantField,
    NameField,
    NumberField,
    TakesRefusal,
    shown,
)
from fleet.models import Fleet
from fleet.shown_zone import shown_time

ALL = ""


class LimitForm(TakesRefusal, forms.Form):
    """The numbers of a limit. Whether they make sense together is the service's to say."""

    warn = NumberField(label="Warn", example="50", required=False)
    refuse = NumberField(label="Refuse new spending", example="100", required=False)
    drain = NumberField(label="Drain and end", example="250", required=False)
    terminate = NumberField(label="Terminate at once", example="500", required=False)
    counted_from = DayField(label="First day")
    effective_from = InstantField(label="Counts from")
    note = NameField(label="Why")


def _context() -> dict[str, Any]:
    now, opened = timezone.now(), list(open_trips())
    return {
        "now": now,
        "rows": board(now=now, trips=opened),
        "open": alarms(opened),
        "history": history(),
        "spend_limit": settings.SPEND_LIMIT_USD_PER_HOUR,
    }


@require_GET
@viewer_required
def guardrails(request: HttpRequest) -> HttpResponse:
    """Every limit with its value, what is open, and what happened."""
    fleets = Fleet.objects.filter(simulated=settings.KERNE_SANDBOX)
    context = _context() | {
        "rule_choices": [(rule.value, facts.name) for rule, facts in RULES.items()],
        "fleet_choices": [(fleet.pk, fleet.name) for fleet in fleets],
    }
    return render(request, "economics/guardrails.html", context)


@require_GET
@viewer_required
def guardrails_live(request: HttpRequest) -> HttpResponse:
    """The tables as a fragment that reads itself again."""
    return render(request, "economics/_guardrails.html", _context())


@require_http_methods(["GET", "POST"])
@admin_required
def guardrail_limit(request: HttpRequest) -> HttpResponse:
    """Set one limit: a new version, which counts from now or from a later moment."""
    asked = request.POST if request.method == "POST" else request.GET
    rule, fleet, fault = target_of(asked.get("rule", ""), asked.get("fleet", ""))
    if rule is None:
        messages.error(request, fault)
        return redirect("economics:guardrails")
    now = timezone.now()
    if request.method == "POST":
        form = LimitForm(request.POST)
        saved = save(form, rule, fleet, username=request.user.get_username(), now=now)
        if saved is not None:
            messages.success(request, saved_words(saved, now=now))
            return redirect("economics:guardrails")
    else:
        form = LimitForm(initial=initial_of(rule, fleet, now=now))
    context = {
        "form": form,
        "now": now,
        "rule": rule,
        "facts": RULES[rule],
        "fleet": fleet,
        "versions": versions_of(rule, fleet.pk if fleet else None),
    }
    return render(request, "economics/guardrail_limit.html", context)


def target_of(rule: str, fleet: str) -> tuple[Rule | None, Fleet | None, str]:
    """The rule and the fleet that are meant; without a rule a sentence says why."""
    if rule not in list(Rule):
        return None, None, f"Rule is {shown(rule)}; choose one from the list."
    if fleet == ALL:
        return Rule(rule), None, ""
    known = Fleet.objects.filter(simulated=settings.KERNE_SANDBOX)
    is_key = re.fullmatch(r"[0-9]{1,9}", fleet, re.ASCII)
    found = known.filter(pk=int(fleet)).first() if is_key else None
    if found is None:
        return None, None, f"Fleet is {shown(fleet)}; choose one from the list, or all."
    return Rule(rule), found, ""


def initial_of(rule: Rule, fleet: Fleet | None, *, now: datetime) -> dict[str, Any]:
    """The numbers that count now, as text without trailing zeros."""
    for row in current_limits(now=now):
        if (row.rule, row.fleet) == (rule, fleet):
            numbers = {level.value: row.thresholds.of(level) for level in LEVELS}
            texts = {
                name: "" if number is None else f"{number.normalize():f}"
                for name, number in numbers.items()
            }
            return texts | {"counted_from": row.counted_from or ""}
    return {}


def save(
    form: LimitForm, rule: Rule, fleet: Fleet | None, *, username: str, now: datetime
) -> GuardrailLimit | None:
    """The saved version, or None when the form now says what is wrong."""
    if not form.is_valid():
        return None
    data = form.cleaned_data
    wanted = NewLimit(
        rule=rule,
        fleet=fleet,
        thresholds=Thresholds(**{level.value: data[level.value] for level in LEVELS}),
        counted_from=data["counted_from"],
        note=data["note"],
    )
    try:
        return set_limit(
            wanted, acting_user=username, now=now, effective_from=data["effective_from"]
        )
    except LimitRefused as refusal:
        form.take(refusal.errors)
        return None


def saved_words(row: GuardrailLimit, *, now: datetime) -> str:
    """What was just set."""
    name = RULES[Rule(row.rule)].name.capitalize()
    whose = row.fleet or "all fleets"
    if not row.thresholds.given():
        return f"{name} of {whose} is switched off."
    when = "now" if row.effective_from <= now else shown_time(row.effective_from)
    return f"{name} of {whose}: version {row.version} counts from {when} on."
