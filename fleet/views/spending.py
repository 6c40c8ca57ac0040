"""The switch that stops new spending: pulled by one click, released with a reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from fleet.access import operator_required
from fleet.models import Pod
from fleet.own_path import is_own_path
from fleet.selectors import account
from fleet.selectors.spending import open_stop
from fleet.services import spending
from fleet.shown_zone import shown_time


@require_http_methods(["GET", "POST"])
@operator_required
def spending_stop(request: HttpRequest) -> HttpResponse:
    """Confirm and pull the switch. Asked for twice, the first reason stays."""

    def pull(**deed: Any) -> str:
        stop = spending.stop_spending(**deed)
        since = shown_time(stop.pulled_at, "%H:%M")
        return (
            f"New spending is stopped since {since}: nothing new is "
            "rented until an operator releases it. What runs goes on."
        )

    return switched(request, pull, template="fleet/spending_stop.html")


@require_http_methods(["GET", "POST"])
@operator_required
def spending_release(request: HttpRequest) -> HttpResponse:
    """Release the switch with a reason."""

    def release(**deed: Any) -> str:
        said = (
            "may be spent again" if spending.release_spending(**deed) else "was not stopped"
        )
        return f"Money {said}; what waits is rented within a tick."

    return switched(request, release, template="fleet/spending_release.html")


def switched(
    request: HttpRequest, turn: Callable[..., str], *, template: str
) -> HttpResponse:
    """The sheet; sent, `turn` the switch with the reason, and back to where one was.

    turn  a sentence on what it did. Raises ValueError for a reason that does not do
    """
    error = ""
    if request.method == "POST":
        try:
            said = turn(
                acting_user=request.user.get_username(),
                now=timezone.now(),
                reason=request.POST.get("reason", ""),
            )
        except ValueError as wrong:
            error = str(wrong)
        else:
            messages.success(request, said)
            return redirect(came_from(request))
    context = {
        "stop": open_stop(),
        "error": error,
        "waiting": Pod.objects.requested().count(),
        "account": account(now=timezone.now()),
        "next": came_from(request),
    }
    return render(request, template, context)


def came_from(request: HttpRequest) -> str:
    """The path of the page that the switch was used on; the overview when unknown."""
    asked = request.POST.get("next") or urlsplit(request.headers.get("Referer", "")).path
    return asked if is_own_path(asked) else "/"
