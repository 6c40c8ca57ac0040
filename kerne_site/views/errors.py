"""What an error looks like: a page in the console, a problem body below /api/."""

from django.http import HttpRequest, HttpResponse
from django.views import defaults

from kerne_site.api.problems import Problem, problem_response

API = "/api/"


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, such as a foreign host name or a body that is too large."""
    if request.path.startswith(API):
        return problem_response(Problem(400, "The request could not be read."))
    return defaults.bad_request(request, exception)


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
