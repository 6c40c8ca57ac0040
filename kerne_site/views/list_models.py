"""GET /v1/models: the list of models that a marketplace polls. See docs/market.md.

Public where no key is set, since it says what a market page would show. It names no pod,
no fleet and no account.
"""

from __future__ import annotations

import hashlib
import hmac
import json

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from economics.market.listing import document, flat_document
from economics.selectors.listings import listed_models
from kerne_site.api.problems import Fault, Problem, problem_response

FORMATS = {"2.4": document, "flat": flat_document}
# Far below KERNE_OFF_MARKET_SECONDS: whoever polls hears of a planned stop before it.
MAX_AGE_SECONDS = 10
CHALLENGE = 'Bearer realm="models"'


@login_not_required
@csrf_exempt
def list_models(request: HttpRequest) -> HttpResponseBase:
    """Every model that is offered, with `is_ready`; `?format=flat` for the older form."""
    try:
        return _answer(request)
    except Problem as problem:
        refusal = problem_response(problem)
        refusal["Cache-Control"] = "no-store"
        return refusal


def _answer(request: HttpRequest) -> HttpResponseBase:
    if request.method not in ("GET", "HEAD"):
        words = f"{request.method} is not answered at {request.path}; use GET."
        raise Problem(405, words, headers={"Allow": "GET, HEAD"})
    _let_in(request)
    render = FORMATS[_format(request)]
    now = timezone.now()
    told = {"data": [render(each) for each in listed_models(now=now)]}
    body = json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n"
    etag = f'"{hashlib.sha256(body.encode()).hexdigest()[:32]}"'
    unchanged = get_conditional_response(request, etag=etag)
    response = unchanged or HttpResponse(body, content_type="application/json")
    response["ETag"] = etag
    who = "private" if settings.MARKET_API_KEYS else "public"
    response["Cache-Control"] = f"{who}, max-age={MAX_AGE_SECONDS}"
    patch_vary_headers(response, ("Authorization",))
    if settings.KERNE_SANDBOX:
        response["X-Kerne-Simulated"] = "true"
    return response


def _let_in(request: HttpRequest) -> None:
    """Raise 401 unless no key is set or one of them was sent."""
    if not settings.MARKET_API_KEYS:
        return
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    given = sent.strip().encode()
    good = [hmac.compare_digest(given, key.encode()) for key in settings.MARKET_API_KEYS]
    if scheme.lower() != "bearer" or not any(good):
        raise Problem(
            401,
            "This list needs the key that was agreed on; send it as "
            "`Authorization: Bearer …`.",
            headers={"WWW-Authenticate": CHALLENGE},
        )


def _format(request: HttpRequest) -> str:
    """The asked form. Other parameters are left alone: a monitor may add its own."""
    asked = request.GET.get("format", "2.4")
    if asked not in FORMATS:
        words = f"format is {asked[:40]!r}; write one of: {', '.join(FORMATS)}."
        raise Problem(400, words, errors=[Fault("format", words)])
    return asked
