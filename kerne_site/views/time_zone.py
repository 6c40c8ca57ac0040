"""The time zone in which one sees times."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from fleet.access import viewer_required
from fleet.shown_zone import ZoneUnknown, zone_names
from kerne_site.views.security import account
from kerne_site.zones import set_zone, zone_of


@require_http_methods(["GET", "HEAD", "POST"])
@viewer_required
def time_zone(request: HttpRequest) -> HttpResponse:
    """A form of one field. What is not on the list is refused with a sentence."""
    user, fault = account(request), ""
    asked = request.POST.get("zone", "")
    if request.method == "POST":
        try:
            name = set_zone(user, asked)
        except ZoneUnknown as unknown:
            fault = str(unknown)
        else:
            messages.success(request, f"Times are shown in {name} for you from now on.")
            return redirect("account-time-zone")
    context = {
        "fault": fault,
        "zone": asked[:80] if fault else zone_of(user),
        "zones": sorted(zone_names()),
        "now": timezone.now(),
    }
    return render(request, "account/time_zone.html", context, status=422 if fault else 200)
