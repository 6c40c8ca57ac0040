"""The decision matrix: goals with what to do, deployments with what to do, and gates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from economics.calc.decide import Criterion, GoalKind
from economics.calc.decide.goal import CRITERION_WORDS
from economics.selectors.decisions.answer import Decision, decide
from economics.selectors.policies import DEFAULT, Counting, policies
from economics.services.goals import WantedGoal, set_goal, take_off
from economics.services.policies import PolicyRefused
from fleet.access import operator_required, viewer_required
from fleet.services.speeds import MOST_WANTED, want
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring

KIND_WORDS = {
    GoalKind.EARN: "the best machine to rent",
    GoalKind.TEST: "some hours of a large model",
    GoalKind.REACH: "so much profit a day",
}


def policy_asked(request: HttpRequest, known: Mapping[str, Counting]) -> str:
    """The name of the policy in the address; the safer one where it names none."""
    asked = request.GET.get("policy", "")
    return asked if asked in known else DEFAULT


@require_GET
@viewer_required
def matrix(request: HttpRequest) -> HttpResponse:
    """Every goal and every deployment with what to do, as of now."""
    now, known = timezone.now(), policies()
    found = decide(now=now, policy=policy_asked(request, known), known=known)
    if found.missing:
        want(list(found.missing)[:MOST_WANTED], now=now)
        ring(estimate_speeds)
    return render(request, "economics/decide.html", context_of(found))


def context_of(found: Decision) -> dict[str, Any]:
    """What the page shows of a decision."""
    return {
        "now": found.now,
        "found": found,
        "waiting": len(found.missing),
        "criteria": [(each.value, CRITERION_WORDS[each]) for each in Criterion],
        "kinds": [(kind.value, words) for kind, words in KIND_WORDS.items()],
        "verbs": list(VERBS),
        "simulated": settings.KERNE_SANDBOX,
    }


VERBS = ("keep", "scale up", "scale down", "move", "re-price", "stop")


@require_POST
@operator_required
def goal(request: HttpRequest) -> HttpResponse:
    """Add a goal, or weigh one anew; the sentences of a refusal come back as messages."""
    wanted = WantedGoal(
        key=request.POST.get("key", "")[:40],
        title=request.POST.get("title", ""),
        weights={each.value: request.POST.get(each.value, "") for each in Criterion},
        target=request.POST.get("target", ""),
        kind=request.POST.get("kind", GoalKind.EARN.value),
    )
    username = request.user.get_username()
    try:
        row = set_goal(wanted, acting_user=username, now=timezone.now())
    except PolicyRefused as refused:
        for sentence in refused.errors.values():
            messages.error(request, f"{sentence} Nothing was changed.")
    else:
        messages.success(request, f"{row.title}: version {row.version} counts from now on.")
    return back(request)


@require_POST
@operator_required
def goal_off(request: HttpRequest) -> HttpResponse:
    """Take a goal off the matrix; its versions stay."""
    key = request.POST.get("key", "")[:40]
    row = take_off(key, acting_user=request.user.get_username(), now=timezone.now())
    if row is None:
        messages.error(request, "This goal is not on the matrix. Nothing was changed.")
    else:
        messages.success(request, f"{row.title} is taken off the matrix.")
    return back(request)


def back(request: HttpRequest) -> HttpResponse:
    """To the matrix by the policy that was shown."""
    asked = request.POST.get("policy", "")
    query = f"?{urlencode({'policy': asked})}" if asked in policies() else ""
    return redirect(f"{reverse('economics:decide')}{query}")
