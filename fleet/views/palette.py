"""The command palette: whatever has a name, found by a few letters of it.

An action in it opens its plan sheet; none is done from here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from fleet.access import viewer_required, why_not
from fleet.models import Deployment, SavedView
from fleet.navigation import navigation
from fleet.selectors.named import Named, named
from fleet.services.roles import Role

LONGEST_QUESTION = 80
MOST_WORDS = 6
MOST_ENTRIES = 14
VERBS = frozenset({"stop", "scale", "start", "terminate", "end", "open", "plan", "order"})


@dataclass(frozen=True, slots=True)
class Entry:
    """One line: what it is, its name, where it leads, and what finds it beside its name."""

    kind: str
    name: str
    url: str
    icon: str
    also: str = ""
    key: str = ""


@require_GET
@viewer_required
def palette(request: HttpRequest) -> HttpResponse:
    """The entries for the words of `q` as a fragment; without words the ways to begin."""
    asked = request.GET.get("q", "").replace("\x00", "")[:LONGEST_QUESTION]
    words = asked.casefold().split()[:MOST_WORDS]
    may_operate = not why_not(request.user, Role.OPERATOR)
    entries = [*own_views(request), *pages(request)]
    if may_operate:
        entries += general_actions()
    names = [word for word in words if word not in VERBS]
    if names:
        entries = [*rows(named(names), may_operate=may_operate), *entries]
    found = best(entries, words)
    context = {"entries": found, "asked": asked.strip()}
    return render(request, "fleet/_palette.html", context)


def best(entries: Sequence[Entry], words: Sequence[str]) -> list[Entry]:
    """Those that hold every word, names that begin with the first word before others."""
    holding = [
        each
        for each in entries
        if all(word in f"{each.kind} {each.name} {each.also}".casefold() for word in words)
    ]
    first = words[0] if words else ""
    ranked = sorted(holding, key=lambda each: not each.name.casefold().startswith(first))
    return ranked[:MOST_ENTRIES]


def own_views(request: HttpRequest) -> Iterator[Entry]:
    for view in SavedView.objects.filter(user_id=request.user.pk or 0):
        yield Entry("View", view.name, view.address, "bookmark")


def pages(request: HttpRequest) -> Iterator[Entry]:
    is_admin = not why_not(request.user, Role.ADMIN)
    for link in navigation(request.path, is_admin=is_admin).all:
        yield Entry("Page", link.name, link.url, link.icon, key=link.key)


def general_actions() -> Iterator[Entry]:
    yield Entry(
        "Action", "Order a model", reverse("fleet:order"), "plus", also="rent launch"
    )
    stop = reverse("fleet:spending-stop")
    yield Entry("Action", "Stop new spending", stop, "octagon-x", also="switch")


def rows(found: Named, *, may_operate: bool) -> Iterator[Entry]:
    """What was found in the fleet, with the plan sheets that fit it."""
    for deployment in found.deployments:
        url = reverse("fleet:deployment", args=[deployment.pk])
        yield Entry("Deployment", deployment.slug, url, "server")
    for pod in found.pods:
        url = reverse("fleet:pod", args=[pod.pk])
        yield Entry("Pod", pod.name, url, "box", also=pod.provider_id)
    for model in found.models:
        url = f"{reverse('economics:plan')}?{urlencode({'model': model.slug})}"
        yield Entry("Model", f"Plan {model.name}", url, "scale", also=model.slug)
    for incident in found.incidents:
        url = reverse("fleet:incident", args=[incident.pk])
        yield Entry("Incident", incident.title, url, "bell")
    if may_operate:
        for deployment in found.deployments:
            yield from _plans_of(deployment)
        for pod in found.pods:
            if not pod.is_ended:
                yield _plan("terminate", f"Terminate {pod.name}", "square", pod=pod.name)


def _plans_of(deployment: Deployment) -> Iterator[Entry]:
    slug = deployment.slug
    if not deployment.replicas:
        yield _plan("start", f"Start {slug}", "play", deployment=slug)
        return
    yield _plan("scale", f"Scale {slug}", "scaling", deployment=slug)
    yield _plan("stop", f"Stop {slug}", "square", deployment=slug)


def _plan(kind: str, name: str, icon: str, **parameters: str) -> Entry:
    address = reverse("fleet:action-plan", args=[kind])
    return Entry("Plan sheet", name, f"{address}?{urlencode(parameters)}", icon, also="end")
