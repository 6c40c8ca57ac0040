"""Debian's Chromium against a console in this process; skipped where it is missing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from economics.models import DailyProfit, DayClose, Scope
from fleet.models import Pod
from tests.browser.chromium import ARGUMENTS, CHROMIUM, WATCH_POLICY
from tests.factories import (
    make_balance,
    make_deployment,
    make_fleet,
    make_health_change,
    make_job_run,
    make_llama,
    make_offer,
    make_pod,
    make_price,
    make_sample,
    make_user,
)

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

collect_ignore = ["screenshots.py"]  # a script for people; it needs playwright at once
PASSWORD = "a-long-passphrase"
PAGE_SECONDS = 20


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if not Path(CHROMIUM).exists():
                item.add_marker(pytest.mark.skip(reason=f"{CHROMIUM} is not installed"))


@pytest.fixture(autouse=True)
def _known_models(
    request: pytest.FixtureRequest,
    settings: Settings,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Puts back what migrations had filled: a live server's test empties every table.

    This fixture is older than the one that empties them, so it ends after it. No
    request may reach a sandbox that a developer has running. A console on a stage has a
    database and a sandbox of its own.
    """
    if "stage" in request.fixturenames:
        yield
        return
    settings.RUNPOD_API_URL = "http://127.0.0.1:9"
    yield
    with django_db_blocker.unblock():
        import_module("fleet.migrations.0002_known_models").add_models(apps, None)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser for the tests of this folder.

    Playwright runs an event loop in this thread as long as it lives. Django would
    take the tests for asynchronous code, and it keeps the connections that it opens
    meanwhile in a store of their own: those are closed here, or the test database
    could not be dropped.
    """
    playwright_api = pytest.importorskip("playwright.sync_api")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with playwright_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield browser
        browser.close()
        connections.close_all()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@dataclass
class Screen:
    """A page of a logged-in operator that remembers what went wrong."""

    page: Page
    base: str
    errors: list[str] = field(default_factory=list)
    in_flight: set[Request] = field(default_factory=set)

    def open(self, address: str) -> Page:
        self.page.goto(self.base + address)
        return self.page

    @property
    def violations(self) -> list[str]:
        found: list[str] = self.page.evaluate("window.violations")
        return found

    @property
    def overflow_px(self) -> int:
        width: int = self.page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return width

    def settle(self) -> None:
        """Wait until nothing was asked for 0.1 s, a log that is followed apart.

        Playwright's own `networkidle` waits for half a second, at every page.
        """
        quiet = 0
        for _ in range(PAGE_SECONDS * 20):
            quiet = 0 if self.in_flight else quiet + 1
            if quiet > 2:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"still asking for {[each.url for each in self.in_flight]}")

    def fits(self, *, within_seconds: int = 3) -> bool:
        """Whether nothing is wider than the window, once the charts have followed it."""
        for _ in range(within_seconds * 20):
            if self.overflow_px <= 0:
                return True
            self.page.wait_for_timeout(50)
        return False


ScreenMaker = Callable[..., Screen]


def open_screen(
    chromium: Browser,
    base: str,
    client: Client | None,
    *,
    width: int = 1280,
    height: int = 900,
    theme: str = "light",
    **more: Any,
) -> Screen:
    """A window of a size and theme that holds the cookies of a logged-in client."""
    context = chromium.new_context(
        viewport={"width": width, "height": height}, color_scheme=theme, **more
    )
    context.add_cookies(
        [
            {"name": name, "value": morsel.value, "url": base}
            for name, morsel in (client.cookies.items() if client else ())
        ]
    )
    context.add_init_script(WATCH_POLICY)
    page = context.new_page()
    page.set_default_timeout(PAGE_SECONDS * 1000)
    seen = Screen(page, base)
    page.on("console", lambda said: _note(seen, said))
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("request", lambda asked: _begin(seen, asked))
    page.on("requestfinished", lambda asked: seen.in_flight.discard(asked))
    page.on("requestfailed", lambda asked: seen.in_flight.discard(asked))
    return seen


@pytest.fixture
def screen(
    chromium: Browser, live_server: object, operator_user: User
) -> Iterator[ScreenMaker]:
    """Opens a browser window of a size and theme, logged in."""
    opened: list[Screen] = []

    def make(width: int = 1280, theme: str = "light") -> Screen:
        client = Client()
        client.force_login(operator_user)
        opened.append(
            open_screen(chromium, str(live_server), client, width=width, theme=theme)
        )
        return opened[-1]

    yield make
    for each in opened:
        each.page.context.close()


def wait_until(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression is true.

    Playwright's own wait_for_function evaluates text inside the page, which the
    page's content security policy forbids.
    """
    for _ in range(PAGE_SECONDS * 20):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    raise AssertionError(f"not true after {PAGE_SECONDS} s: {expression}")


def _begin(screen: Screen, asked: Request) -> None:
    if asked.is_navigation_request():
        screen.in_flight.clear()  # what the page before had asked for is of no matter
    if not asked.url.endswith("/stream/"):
        screen.in_flight.add(asked)


def _note(screen: Screen, said: ConsoleMessage) -> None:
    if said.type == "error":
        screen.errors.append(said.text)


@pytest.fixture
def operator_user(transactional_db: None) -> User:
    user = make_user("ada")
    assert isinstance(user, User)
    return user


@pytest.fixture
def lively_fleet(transactional_db: None) -> Pod:
    """A serving pod with samples, seven closed days, a balance, prices, a job that ran.

    A transactional test empties every table, also those that migrations filled, so the
    model is made here.
    """
    now = timezone.now()
    variant = make_llama()
    fleet = make_fleet(name="Tier 1", simulated=True)
    deployment = make_deployment(fleet=fleet, variant=variant, slug="llama-a")
    started = now - timedelta(hours=3)
    pod = make_pod(
        deployment=deployment,
        provider="sandbox",
        requested_at=started,
        billed_from=started,
        ready_at=started + timedelta(minutes=4),
        ready_by=started + timedelta(minutes=20),
        status_since=started + timedelta(minutes=4),
        probed_at=now + timedelta(hours=1),
    )
    make_health_change(pod, "loading", at=started + timedelta(minutes=1))
    make_health_change(pod, "ready", at=started + timedelta(minutes=4))
    make_sample(pod, at=now - timedelta(seconds=70))
    make_sample(pod, at=now - timedelta(seconds=5), completion_tokens=2_000)
    make_offer(provider="sandbox", seen_at=now)
    make_balance(provider="sandbox", read_at=now)
    make_price(served_model=variant.served_model)
    make_job_run("reconcile", started_at=now, ended_at=now)
    for days in range(1, 8):
        _close(now.date() - timedelta(days=days), now)
    return pod


def _close(day: date, now: datetime) -> None:
    DayClose.objects.create(day=day, closed_at=now)
    DailyProfit.objects.create(
        day=day,
        scope=Scope.ALL,
        simulated=True,
        uncached_prompt_tokens=1_000,
        cached_prompt_tokens=0,
        completion_tokens=1_000,
        revenue_usd=12,
        cost_usd=17,
        profit_usd=-5,
        take_rate=0,
        break_even_revenue_usd=17,
        provenance="simulated",
        closed_at=now,
    )
