"""What Decide reckons with of one model's market: the page that its numbers open."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from economics.selectors.decisions.known_market import known_market
from fleet.access import viewer_required

LONGEST_KEY = 300  # characters of a machine's key


@require_GET
@viewer_required
def decide_market(request: HttpRequest, slug: str) -> HttpResponse:
    """The page; 404 for a model that nobody can plan."""
    now = timezone.now()
    option = request.GET.get("option", "")[:LONGEST_KEY]
    known = known_market(slug, now=now, option=option)
    if known is None:
        raise Http404(f"There is no model {slug!r} to decide on.")
    context = {"now": now, "known": known, "simulated": settings.KERNE_SANDBOX}
    return render(request, "economics/decide_market.html", context)
