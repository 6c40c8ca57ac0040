"""The door of every endpoint: which methods, who asks, and JSON whatever happens.

A session or a token opens it, and the view then sees that account in `request.user`: who
may see a page may see its figures here, and nobody else. Nothing is ever sent to the
login page, because a script would take that page for its answer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.csrf import csrf_exempt

from fleet.services import refusals
from fleet.services.roles import Role
from kerne_site import api_tokens
from kerne_site.api.encode import encoded
from kerne_site.api.problems import Problem, nothing_at, problem_response
from kerne_site.models import ApiToken

Answer = Mapping[str, Any] | HttpResponse
View = Callable[..., Answer]
Served = Callable[..., HttpResponse]

SAFE = ("GET", "HEAD")
CHALLENGE = 'Bearer realm="kerne"'
HOW = (
    "Send the header `Authorization: Bearer kerne_…`; tokens are made at /account/tokens/."
)


def api_view(
    methods: Sequence[str] = ("GET",), *, only_reads: bool = False
) -> Callable[[View], Served]:
    """Make an endpoint of a view that gives a mapping (see `encode`) or a response.

    methods     what it answers; GET brings HEAD along
    only_reads  whether the others change nothing either, such as a POST whose body is
                too large for an address; else they need a token with the scope operate
                of an operator

    Django's own guards step aside, since they answer in HTML: the login by `_let_in`,
    CSRF by the rule that a session only reads. A cookie alone can not send a POST here.
    """
    allowed = [*methods, "HEAD"] if "GET" in methods else [*methods]

    def decorate(view: View) -> Served:
        @login_not_required
        @csrf_exempt
        @wraps(view)
        def served(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            try:
                _check_method(request, allowed)
                _let_in(request, may_change=not only_reads)
                response = _respond(view(request, *args, **kwargs))
            except Problem as problem:
                response = problem_response(problem)
            except Http404:
                response = problem_response(nothing_at(request.path))
            except PermissionDenied:
                sentence = "Your account is not allowed to see this."
                response = problem_response(Problem(403, sentence))
            response["Cache-Control"] = "no-store"
            patch_vary_headers(response, ("Authorization", "Cookie"))
            return response

        served.is_api_view = True  # type: ignore[attr-defined]  # for the test of the door
        return served

    return decorate


@login_not_required
@csrf_exempt
def nothing_here(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Every address below /api/ that is none, for everybody and every method."""
    return problem_response(nothing_at(request.path))


def _check_method(request: HttpRequest, allowed: Sequence[str]) -> None:
    if request.method not in allowed:
        words = ", ".join(allowed)
        raise Problem(
            405,
            f"{request.method} is not answered at {request.path}; use {words}.",
            headers={"Allow": words},
        )


def _let_in(request: HttpRequest, *, may_change: bool) -> None:
    """Put the account of the request in `request.user`, or raise 401 or 403.

    A token that is sent counts alone: one that is revoked is not saved by a session.
    """
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer":
        try:
            token = api_tokens.check(credentials.strip(), now=timezone.now())
        except api_tokens.TokenRefused as refusal:
            raise _unauthorized(f"{refusal} {HOW}", 'error="invalid_token"') from None
        request.user = token.user
        request.api_token = token  # type: ignore[attr-defined]  # for the audit
        if may_change and request.method not in SAFE:
            _check_scope(request, token)
        return
    if not request.user.is_authenticated:  # an inactive account's session is nobody's
        raise _unauthorized(f"Nobody is logged in. {HOW}")
    if request.method not in SAFE:
        raise Problem(
            403, f"A login in the browser may only read ({', '.join(SAFE)}) here. {HOW}"
        )


def _check_scope(request: HttpRequest, token: ApiToken) -> None:
    """Raise 403, noted in the audit, where the token may not change anything."""
    reason = api_tokens.why_not(token, Role.OPERATOR)
    if not reason:
        _slow_down(token)
        return
    refusals.note(
        acting_user=token.user.get_username(),
        method=request.method or "",
        path=request.path,
        needs=Role.OPERATOR,
        role=f"token {token.public_id}, {token.scope}",
        now=timezone.now(),
    )
    raise Problem(403, f"{reason} Nothing was changed.")


def _slow_down(token: ApiToken) -> None:
    """Raise 429 where the token acted too often within the last minute."""
    wait = api_tokens.count_act(token, now=timezone.now())
    if wait:
        raise Problem(
            429,
            f"This token ({token.name!r}) sent {api_tokens.MOST_ACTS} orders within a "
            f"minute; wait {wait} s. Nothing was changed.",
            headers={"Retry-After": str(wait)},
        )


def token_words(request: HttpRequest) -> str:
    """The token that a request came with, for the audit: its id and its name."""
    token: ApiToken | None = getattr(request, "api_token", None)
    return "" if token is None else f"{token.public_id} {token.name}"


def _unauthorized(sentence: str, *more: str) -> Problem:
    challenge = ", ".join((CHALLENGE, *more))
    return Problem(401, sentence, headers={"WWW-Authenticate": challenge})


def _respond(answer: Answer) -> HttpResponse:
    if isinstance(answer, HttpResponse):
        return answer
    return HttpResponse(encoded(answer), content_type="application/json")
