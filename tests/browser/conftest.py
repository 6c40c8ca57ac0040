"""Debian's Chromium against a console in this process; skipped where it is missing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connections
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker, Settings

from economics.models import DailyProfit, DayClose, Scope
from fleet.models import Pod
from tests.browser import world
from tests.browser.chromium import ARGUMENTS, CHROMIUM
from tests.browser.screen import Screen, ScreenMaker, open_screen
from tests.browser.stage import Stage
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
    from playwright.sync_api import Browser

PASSWORD = "a-long-passphrase"


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


@pytest.fixture(scope="module")
def stage(
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    worker_id: str,
) -> Iterator[Stage]:
    """One console that was worked with for some days, for every page that is looked at."""
    folder = tmp_path_factory.mktemp("cloud")
    with (
        django_db_blocker.unblock(),
        world.demo_console(f"stage_pages_{worker_id}", folder) as running,
    ):
        world.live_in(running)
        yield running


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
