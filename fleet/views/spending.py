"""The switch that stops new spending: pulled by one click, released with a reason."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from fleet.access import operator_required
from fleet.models import Pod
from fleet.selectors import account
from fleet.selectors.spending import open_stop
from fleet.services import spending


@require_http_methods(["GET", "POST"])
@operator_required
def spending_stop(request: HttpRequest) -> HttpResponse:
    """Confirm and pull the switch. Asked for twice, the first reason stays."""
    error = ""
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            stop = spending.stop_spending(
                acting_user=request.user.get_username(), now=timezone.now(), reason=reason
            )
        except ValueError as wrong:
            error = str(wrong)
        else:
            messages.success(
                request,
                f"New spending is stopped since {stop.pulled_at:%H:%M} UTC: nothing new is "
                "rented until an operator releases it. What runs goes on.",
            )
            return back(request)
    context = {
        "stop": open_stop(),
        "error": error,
        "waiting": Pod.objects.requested().count(),
        "account": account(now=timezone.now()),
        "next": came_from(request),
    }
    return render(request, "fleet/spending_stop.html", context)


@require_http_methods(["GET", "POST"])
@operator_required
def spending_release(request: HttpRequest) -> HttpResponse:
    """Release the switch with a reason."""
    error = ""
    if request.method == "POST":
        reason = request.POST.get("reason", "")
        try:
            released = spending.release_spending(
                acting_user=request.user.get_username(), now=timezone.now(), reason=reason
            )
        except ValueError as wrong:
            error = str(wrong)
        else:
            said = "may be spent again" if released else "was not stopped"
            messages.success(request, f"Money {said}; what waits is rented within a tick.")
            return back(request)
    context = {
        "stop": open_stop(),
        "error": error,
        "waiting": Pod.objects.requested().count(),
        "account": account(now=timezone.now()),
        "next": came_from(request),
    }
    return render(request, "fleet/spending_release.html", context)


def came_from(request: HttpRequest) -> str:
    """The path of the page that the switch was used on; the overview when unknown."""
    asked = request.POST.get("next") or urlsplit(request.headers.get("Referer", "")).path
    ours = url_has_allowed_host_and_scheme(asked, allowed_hosts=None)
    return asked if ours and asked.startswith("/") else "/"


def back(request: HttpRequest) -> HttpResponse:
    return redirect(came_from(request))
