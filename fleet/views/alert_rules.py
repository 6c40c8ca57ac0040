"""Alert rules: what is watched, how long it must last, and who hears of it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from fleet.access import admin_required, viewer_required
from fleet.models import AlertChannel, Severity
from fleet.services.alerts import rules as service
from fleet.services.alerts.rules import MOST_MINUTES, Rule

MINUTES = re.compile(r"[0-9]{1,4}", re.ASCII)
LIMIT = re.compile(r"[0-9]{1,7}(\.[0-9]{1,2})?", re.ASCII)


@require_GET
@viewer_required
def alert_rules(request: HttpRequest) -> HttpResponse:
    """Every rule as it is now."""
    return render(
        request,
        "fleet/alert_rules.html",
        {"rules": service.rules(), "now": timezone.now()},
    )


def find(slug: str) -> Rule:
    """The rule of a name. Raises Http404."""
    for rule in service.rules():
        if rule.slug == slug:
            return rule
    raise Http404(f"No rule is called {slug[:60]!r}.")


@require_http_methods(["GET", "POST"])
@admin_required
def alert_rule(request: HttpRequest, slug: str) -> HttpResponse:
    """Change one rule; what can not be read changes nothing."""
    rule = find(slug)
    faults: dict[str, str] = {}
    if request.method == "POST":
        wanted, faults = read(request.POST, rule)
        if not faults:
            service.change_rule(
                rule.definition,
                **wanted,
                acting_user=request.user.get_username(),
                now=timezone.now(),
            )
            messages.success(request, f"{rule.definition.title} was changed.")
            return redirect("fleet:alert-rules")
    context = {
        "rule": rule,
        "faults": faults,
        "posted": request.POST if faults else None,
        "severities": Severity.choices,
        "channels": AlertChannel.objects.all(),
        "chosen": {each.pk for each in rule.channels or ()},
    }
    return render(request, "fleet/alert_rule.html", context)


@require_POST
@admin_required
def alert_rule_reset(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a rule its shipped values back."""
    rule = find(slug)
    service.reset_rule(
        rule.definition, acting_user=request.user.get_username(), now=timezone.now()
    )
    messages.success(request, f"{rule.definition.title} is as it was shipped.")
    return redirect("fleet:alert-rules")


def read(post: QueryDict, rule: Rule) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of the form, and a sentence for each field that can not be read."""
    values: dict[str, Any] = {"enabled": post.get("enabled") == "on", "limit": None}
    faults = read_watch(post, rule, values) if rule.is_watched else {}
    if not rule.is_watched:
        values |= {
            "severity": rule.severity,
            "minutes": rule.minutes,
            "calm_minutes": rule.calm_minutes,
        }
    values["channels"], fault = channels_of(post)
    if fault:
        faults["channels"] = fault
    return values, faults


def read_watch(post: QueryDict, rule: Rule, values: dict[str, Any]) -> dict[str, str]:
    """How a rule looks, into `values`; a sentence for each field that can not be read."""
    faults: dict[str, str] = {}
    for field, label in (("minutes", "For"), ("calm_minutes", "Calm")):
        text = post.get(field, "").strip()
        if MINUTES.fullmatch(text) and int(text) <= MOST_MINUTES:
            values[field] = int(text)
        else:
            faults[field] = (
                f"{label} is {text[:20]!r}; write whole minutes from 0 to {MOST_MINUTES}."
            )
    text = post.get("severity", "")
    if text in {str(value) for value in Severity.values}:
        values["severity"] = Severity(int(text))
    else:
        faults["severity"] = f"Severity is {text[:20]!r}; choose one of the list."
    if rule.definition.limit is not None:
        text = post.get("limit", "").strip()
        if LIMIT.fullmatch(text):
            values["limit"] = Decimal(text)
        else:
            faults["limit"] = (
                f"Limit is {text[:20]!r}; write {rule.definition.unit} such as "
                f"{rule.definition.limit}."
            )
    return faults


def channels_of(post: QueryDict) -> tuple[list[AlertChannel] | None, str]:
    """None for all channels; else those that were ticked, or a sentence."""
    if post.get("all_channels") == "on":
        return None, ""
    known = {str(each.pk): each for each in AlertChannel.objects.all()}
    asked = post.getlist("channels")
    if any(each not in known for each in asked):
        return None, "One of the channels does not exist any more; choose again."
    return [known[each] for each in asked], ""
