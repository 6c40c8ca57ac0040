"""The demo door: rings for the task that makes a past out of simulated demand."""

from __future__ import annotations

from celery import current_app
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST
from kombu.exceptions import OperationalError

from fleet.access import operator_required

MAKE_DEMO = "economics.tasks.make_demo"


@require_POST
@operator_required
def demo_start(request: HttpRequest) -> HttpResponse:
    """Ask for the demo data; they appear when the worker has made them."""
    try:
        current_app.send_task(MAKE_DEMO)
    except OperationalError:
        messages.error(
            request, "The demo was not started: the message broker does not answer."
        )
    else:
        messages.success(
            request,
            "The demo is being made: 60 days in about a minute. This page shows it then.",
        )
    return redirect("economics:overview")
