"""What an error looks like: a page in the console, a problem body below /api/."""

from django.http import HttpRequest, HttpResponse
from django.utils.html import escape
from django.views import defaults

from kerne_site.api.problems import Problem, problem_response

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, such as a foreign host name or a body that is too large."""
    if request.path.startswith(API):
        return problem_response(Problem(400, "The request could not be read."))
    return defaults.bad_request(request, exception)


def not_allowed(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403: a page with the reason; inside of a page (htmx) the sentence alone."""
    if request.path.startswith(API):
        return problem_response(Problem(403, str(exception)))
    if "HX-Request" in request.headers:
        return HttpResponse(
            f'<p class="note warning" role="alert">{escape(exception)}</p>', status=403
        )
    return defaults.permission_denied(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """500. The log has the traceback, under the id that the answer's header carries."""
    if request.path.startswith(API):
        return problem_response(
            Problem(
                500,
                "This is a fault of the console, not of the request. Its log has the "
                "details under the X-Request-ID of this answer.",
            )
        )
    return defaults.server_error(request)
