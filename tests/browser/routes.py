"""Every page of the console: out of the URLconf, with examples out of the world.

An address without arguments is asked for; whether it is a page, a part of one, a file or a
deed is seen from the answer. One with arguments that is not a deed needs an example here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpResponseBase
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from economics.models import PolicyVersion, SchedulePlan
from fleet.models import (
    Action,
    AlertChannel,
    Deployment,
    Fleet,
    Incident,
    Orphan,
    Pod,
    PodStatus,
    ServerlessEndpoint,
)
from fleet.services.demo_fleet import GLM, LLAMA
from fleet.services.roles import Role
from kerne_site import login_links, people, second_factor
from tests.browser import world
from tests.browser.screen import Screen, open_screen
from tests.browser.stage import Stage, now
from tests.factories import make_user

if TYPE_CHECKING:
    from playwright.sync_api import Browser

FILES = (".json", ".csv", ".txt")
ELSEWHERE = ("api/", "v1/", "healthz")  # programs read these; tests/api and tests/site ask
# Parts that a page asks for itself, and a stream that does not end.
PARTS = {
    "economics:plan-table",
    "fleet:action-stream",
    "economics:profit-rows",
    "economics:schedule-demand-table",
    "economics:schedule-replicas-table",
    "economics:schedule-wait",
    "fleet:pod-latency-table",
    "fleet:pod-live",
    "fleet:pod-log",
    "fleet:pod-log-stream",
    "fleet:pod-money",
    "fleet:pod-spec",
    "fleet:start-up-table",
}
Examples = Mapping[str, Callable[[], list[str]]]
NOBODY = "somebody who is not logged in"
HALF_IN = "somebody who has typed the password and not yet the code"


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the URLconf. `arguments` maps the names in its address to converters."""

    name: str
    pattern: str
    arguments: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Page:
    """An address to walk to. `name` is fit for a file; `seen_by` is the owner or a word."""

    name: str
    address: str
    seen_by: str = world.OWNER
    status: int = 200


def routes() -> Iterator[Route]:
    """Every address, below all includes."""
    yield from _below(get_resolver(), "", "")


def _below(resolver: URLResolver, space: str, prefix: str) -> Iterator[Route]:
    for entry in resolver.url_patterns:
        pattern = prefix + str(entry.pattern)
        if isinstance(entry, URLResolver):
            inner = f"{entry.namespace}:" if entry.namespace else space
            yield from _below(entry, inner, pattern)
        elif isinstance(entry, URLPattern) and not pattern.startswith(ELSEWHERE):
            kinds = {
                name: type(each).__name__ for name, each in entry.pattern.converters.items()
            }
            yield Route(f"{space}{entry.name}", pattern, kinds)


def pages(examples: Examples | None = None) -> list[Page]:
    """Every page with its examples. Raises LookupError for one that has no example."""
    client, known = world.as_owner(), EXAMPLES if examples is None else examples
    found = [page for route in routes() for page in _pages_of(route, client, known)]
    return [*found, *_of_strangers()]


def _pages_of(route: Route, client: Client, examples: Examples) -> list[Page]:
    if route.pattern.endswith(FILES) or route.name in PARTS:
        return []
    if route.name in examples:
        addresses = examples[route.name]()
    elif not route.arguments:
        addresses = [reverse(route.name)]
        if not _is_page(client.get(addresses[0])):
            return []
    else:
        answer = client.get(reverse(route.name, kwargs=_some(route.arguments)))
        if answer.status_code == 405:
            return []  # a deed, which takes no GET
        raise LookupError(
            f"{route.name} ({route.pattern}) takes arguments and nothing here walks to it: "
            "add an address of it to EXAMPLES in tests/browser/routes.py, or, where it is "
            "only a part of a page, its name to PARTS."
        )
    name = route.name.split(":")[-1]
    return [
        Page(name if number == 1 else f"{name}-{number}", address)
        for number, address in enumerate(addresses, 1)
    ]


def _is_page(answer: HttpResponseBase) -> bool:
    return (
        answer.status_code == 200
        and answer["Content-Type"].startswith("text/html")
        and b"<html" in getattr(answer, "content", b"")
    )


def _some(arguments: Mapping[str, str]) -> dict[str, object]:
    """Anything that the address takes."""
    return {name: 0 if "Int" in kind else "x" for name, kind in arguments.items()}


# -- addresses by what is in the world --


def _own() -> Deployment:
    return Deployment.objects.get(slug=world.OWN)


def _serving_pod() -> int:
    return Pod.objects.filter(status=PodStatus.SERVING).latest("pk").pk


def _ended_pod() -> int:
    return Pod.objects.filter(status=PodStatus.TERMINATED).latest("pk").pk


def _each(name: str, *arguments: object) -> list[str]:
    return [reverse(name, args=[argument]) for argument in arguments]


def _with(name: str, *queries: str) -> list[str]:
    return [reverse(name), *(f"{reverse(name)}?{query}" for query in queries)]


def _sheets() -> list[str]:
    """The plan sheet of every kind of action that this world has a case for."""
    own, pod = f"deployment={world.OWN}", Pod.objects.get(pk=_serving_pod())
    asked = [
        ("stop", own),
        ("scale", f"{own}&replicas=4"),
        ("scale", own),
        ("scale", f"{own}&replicas=none"),
        ("start", f"deployment={GLM.slug}&replicas=1"),
        ("terminate", f"pod={pod.name}"),
        ("exit", "tier=1"),
        ("end_orphan", f"orphan={Orphan.objects.latest('pk').pk}"),
        ("adopt", f"orphan={Orphan.objects.latest('pk').pk}"),
        ("end_endpoint", f"endpoint={ServerlessEndpoint.objects.latest('pk').name}"),
    ]
    return [f"/actions/plan/{kind}/?{query}" for kind, query in asked]


def _together() -> list[str]:
    """The page of what was confirmed at once."""
    key = "k" * 40
    Action.objects.filter(pk=Action.objects.latest("pk").pk).update(together=key)
    return _each("fleet:together-done", key)


EXAMPLES: Examples = {
    "economics:plan": lambda: _with("economics:plan", "model=nonsense", "utilization=2"),
    "economics:market": lambda: _with("economics:market", "model=glm-5")[1:],
    "economics:decide-market": lambda: _each(
        "economics:decide-market", "glm-5", "llama-3.1-8b"
    ),
    "economics:decide-days": lambda: _with(
        "economics:decide-days", f"fleet={Fleet.objects.earliest('pk').slug}"
    ),
    "economics:schedule": lambda: _each(
        "economics:schedule", SchedulePlan.objects.latest("pk").pk
    ),
    "economics:policy": lambda: _each(
        "economics:policy", PolicyVersion.objects.latest("pk").name
    ),
    "economics:listing": lambda: _each("economics:listing", "glm-5"),
    "economics:guardrail-limit": lambda: _with(
        "economics:guardrail-limit", "rule=daily_loss"
    )[1:],
    "economics:statement-month": lambda: _each(
        "economics:statement-month", f"{world.last_month():%Y-%m}"
    ),
    "economics:book-import": lambda: _each(
        "economics:book-import",
        *("statement", "requests", "market-prices"),
    ),
    "fleet:list": lambda: _with("fleet:list", "status=all", "q=nothing-has-this-name"),
    "fleet:offers": lambda: _with("fleet:offers", "provider=nobody"),
    "fleet:pod": lambda: _each("fleet:pod", _serving_pod(), _ended_pod()),
    "fleet:deployment": lambda: _each(
        "fleet:deployment", _own().pk, Deployment.objects.get(slug=LLAMA.slug).pk
    ),
    "fleet:deployment-rental": lambda: _each("fleet:deployment-rental", _own().pk),
    "fleet:deployment-settings": lambda: _each("fleet:deployment-settings", _own().pk),
    "fleet:action-plan": _sheets,
    "fleet:together": lambda: _with(
        "fleet:together",
        f"deed=stop&deployment={world.OWN}&deployment={LLAMA.slug}",
        f"deed=scale&replicas=4&deployment={world.OWN}&deployment=nobody",
        f"deed=maintenance&deployment={world.OWN}",
    ),
    "fleet:together-done": _together,
    "fleet:action": lambda: _each(
        "fleet:action", *Action.objects.values_list("pk", flat=True)[:2]
    ),
    "fleet:action-cancel": lambda: _each(
        "fleet:action-cancel", Action.objects.latest("pk").pk
    ),
    "fleet:incident": lambda: _each(
        "fleet:incident",
        *Incident.objects.exclude(opened_at=None).values_list("pk", flat=True)[:2],
    ),
    "fleet:alert-channel": lambda: _each(
        "fleet:alert-channel", AlertChannel.objects.latest("pk").pk
    ),
    "fleet:alert-rule": lambda: _each("fleet:alert-rule", "orphan"),
    "login": lambda: [],  # these are seen by strangers only, see _of_strangers
    "login-code": lambda: [],
    "login-link": lambda: [],
}


def _of_strangers() -> list[Page]:
    """What is seen before one is logged in, and where nothing is."""
    token = token_urlsafe()
    login_links.make_link(base_url="", token=token, now=now())
    invited = people.invite(
        "kay",
        Role.VIEWER,
        token=token_urlsafe(),
        base_url="",
        acting_user=world.OWNER,
        now=now(),
    )
    return [
        Page("login", reverse("login"), NOBODY),
        Page("login-link", reverse("login-link", args=[token]), NOBODY),
        Page("login-link-unknown", reverse("login-link", args=["x"]), NOBODY, 410),
        Page("invitation", invited, NOBODY),
        Page("login-code", reverse("login-code"), HALF_IN),
        Page("not-found", "/nothing/is/here/", status=404),
    ]


def half_in() -> Client:
    """Somebody with a second factor who has typed the password."""
    user = User.objects.filter(username="lin").first() or make_user("lin", role=Role.VIEWER)
    assert isinstance(user, User)
    client = Client()
    session = client.session
    second_factor.begin(user)
    second_factor.hold(session, user, now=now())
    session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = session.session_key
    return client


def windows(chromium: Browser, stage: Stage, **look: Any) -> dict[str, Screen]:
    """A window for each kind of person who sees a page."""
    people = {
        world.OWNER: stage.crew.do(world.as_owner),
        HALF_IN: stage.crew.do(half_in),
        NOBODY: None,
    }
    return {
        who: open_screen(chromium, stage.url, client, **look)
        for who, client in people.items()
    }
