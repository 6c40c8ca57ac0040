"""What the gates reckon with of closed days: the page that their numbers open."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.selectors.decisions.known_days import known_days
from fleet.access import viewer_required

LONGEST_SLUG = 80


@require_GET
@viewer_required
def decide_days(request: HttpRequest) -> HttpResponse:
    """The page of a fleet, of tier 1 alone without one; 404 for one that is not there."""
    slug = request.GET.get("fleet", "")[:LONGEST_SLUG]
    known = known_days(slug)
    if known is None:
        raise Http404(f"There is no fleet {slug!r} of this console's money.")
    context = {
        "now": timezone.now(),
        "known": known,
        "simulated": settings.KERNE_SANDBOX,
    }
    return render(request, "economics/decide_days.html", context)
