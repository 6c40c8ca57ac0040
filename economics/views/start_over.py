"""Remove the demo: what would go, the word to type, and how it goes."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from kombu.exceptions import OperationalError

from economics.services.start_over import (
    check_may_start_over,
    still_billed,
    stop_everything,
    what_goes,
)
from economics.tasks import start_over
from fleet.access import admin_required
from fleet.models import JobRun
from fleet.services.refused import Refused

WORD = "remove"
JOB = "start_over"


@require_http_methods(["GET", "HEAD", "POST"])
@admin_required
def remove_demo(request: HttpRequest) -> HttpResponse:
    """The plan of the removal; sent with the word, everything stops and then goes."""
    now = timezone.now()
    refusal = ""
    try:
        check_may_start_over()
        if request.method == "POST":
            if request.POST.get("word", "").strip() != WORD:
                typed = request.POST.get("word", "")[:40]
                raise Refused.because(f"The word is {typed!r}; type {WORD} to go on.")
            who = request.user.get_username()
            stop_everything(acting_user=who, now=now)
            ring(request, who)
            return redirect("economics:remove-demo")
    except Refused as refused:
        refusal = str(refused)
    context = {
        "goes": what_goes(),
        "billed": still_billed(),
        "last": JobRun.objects.filter(name=JOB).first(),
        "refusal": refusal,
        "word": WORD,
        "now": now,
    }
    return render(request, "economics/remove_demo.html", context)


def ring(request: HttpRequest, who: str) -> None:
    """Tell the worker. Not heard, the pods end all the same, and the click is repeated."""
    try:
        start_over.delay(who)
    except OperationalError:
        messages.error(
            request,
            "Everything is told to stop, but the message broker does not answer: nothing "
            "is removed yet. Send it again when it does.",
        )
    else:
        messages.success(request, "Everything is being stopped; then it is removed.")
