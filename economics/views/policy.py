"""A policy's thresholds, its versions, and which fleet is run by which."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from economics.calc.gates import FIELDS, texts_of
from economics.selectors.policies import (
    fleet_policies,
    policies,
    policy_of_fleet,
    versions_of,
)
from economics.services.policies import PolicyRefused, choose_policy, set_policy
from fleet.access import admin_required, admin_to_post
from fleet.models import Fleet

MOST_TEXT = 40  # characters of a number that are looked at


@require_http_methods(["GET", "POST"])
@admin_to_post
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """Read a policy; an admin's form appends a version."""
    known = policies()
    if slug not in known:
        raise Http404("There is no policy of this name.")
    texts = texts_of(known[slug].policy)
    errors: dict[str, str] = {}
    note = ""
    if request.method == "POST":
        sent = {each.name: request.POST.get(each.name, "")[:MOST_TEXT] for each in FIELDS}
        note = request.POST.get("note", "")
        try:
            row = set_policy(
                slug,
                sent,
                note=note,
                acting_user=request.user.get_username(),
                now=timezone.now(),
            )
        except PolicyRefused as refused:
            errors, texts = refused.errors, sent
        else:
            messages.success(request, f"{row.title}: version {row.version} counts now.")
            return redirect("economics:policy", slug=slug)
    context = {
        "row": known[slug].row,
        "fields": [
            {"spec": each, "text": texts[each.name], "error": errors.get(each.name, "")}
            for each in FIELDS
        ],
        "note": note,
        "note_error": errors.get("note", ""),
        "error": errors.get("", ""),
        "error_count": len(errors),
        "versions": changes(slug),
        "fleets": fleets_by_policy(),
        "names": [(key, each.row.title) for key, each in known.items()],
        "now": timezone.now(),
    }
    return render(request, "economics/policy.html", context)


def changes(name: str) -> list[dict[str, Any]]:
    """Every version with what it changed against the one before it."""
    rows = versions_of(name)
    labels = {each.name: each.label for each in FIELDS}
    found = []
    for row, before in zip(rows, [*rows[1:], None], strict=True):
        changed = (
            []
            if before is None
            else [
                (labels[key], before.thresholds.get(key, "") or "—", text or "—")
                for key, text in row.thresholds.items()
                if text != before.thresholds.get(key, "")
            ]
        )
        found.append({"row": row, "changed": changed})
    return found


def fleets_by_policy() -> list[tuple[Fleet, str]]:
    """Each fleet with the name of its policy. Three queries."""
    known = policies()
    chosen = fleet_policies(known)
    return [
        (fleet, policy_of_fleet(fleet, known, chosen).row.name)
        for fleet in Fleet.objects.filter(simulated=settings.KERNE_SANDBOX)
    ]


@require_POST
@admin_required
def fleet_policy(request: HttpRequest, pk: int) -> HttpResponse:
    """Run a fleet by another policy from now on."""
    fleet = get_object_or_404(Fleet, pk=pk)
    name = request.POST.get("policy", "")[:MOST_TEXT].replace("\x00", "")
    try:
        row = choose_policy(
            fleet, name, acting_user=request.user.get_username(), now=timezone.now()
        )
    except PolicyRefused as refused:
        for sentence in refused.errors.values():
            messages.error(request, f"{sentence} Nothing was changed.")
        return redirect("economics:policy", slug="safer")
    if row is not None:
        messages.success(request, f"{fleet} is run by {name} from now on.")
    return redirect("economics:policy", slug=name)
