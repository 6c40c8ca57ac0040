"""From the login link to a demo that shows what the console is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from secrets import token_urlsafe

import pytest
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker

from economics.services import demo
from fleet import tasks
from fleet.services.demo_fleet import DEPLOYMENTS
from kerne_site import login_links
from tests.browser import world
from tests.browser.screen import open_screen
from tests.browser.stage import Stage, now

PASSWORD = "correct-horse-battery-staple"
SHORT_PAST = [replace(plan, days=3) for plan in DEPLOYMENTS]


@pytest.fixture
def stage(
    tmp_path: Path,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    worker_id: str,
) -> Iterator[Stage]:
    """A console of a moment ago: the catalog is read, nobody has an account."""
    with (
        django_db_blocker.unblock(),
        world.fresh_console(f"stage_first_{worker_id}", tmp_path / "cloud") as running,
    ):
        running.jobs(tasks.refresh_catalog, tasks.read_balance)
        running.tick()
        yield running


def make_the_demo() -> None:
    """What the worker does when its bell rings, with a past of three days."""
    tasks.recorded("make_demo", lambda at: demo.make_demo(now=at, plans=SHORT_PAST))


def test_the_owner_makes_an_account_looks_around_and_checks_the_key(
    stage: Stage, chromium: Browser
) -> None:
    seen = open_screen(chromium, stage.url, None)
    page = seen.page
    link = stage.crew.do(
        login_links.make_link, base_url=stage.url, token=token_urlsafe(), now=now()
    )

    page.goto(link)
    page.fill("main input[name=username]", "ada")
    page.fill("main input[name=password1]", PASSWORD)
    page.fill("main input[name=password2]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url(f"{stage.url}/")
    assert "Nothing is rented or spent until you confirm a plan that shows its price." in (
        page.inner_text("main")
    )

    page.click("#demo")
    page.get_by_text("The demo is being made").first.wait_for()
    stage.crew.do(make_the_demo)
    page.keyboard.press("r")
    page.get_by_role("heading", name="Today so far", exact=True).wait_for()
    stage.serve()
    page.keyboard.press("r")

    fleets = page.locator("#overview-live")
    fleets.get_by_role("rowheader", name="Demo tier 1: Qwen").wait_for()
    fleets.get_by_text("1 of 1 ready").first.wait_for()
    assert page.locator(".tag.simulated, .prov[data-tag=simulated]").count() > 3
    caption = f"{now().date() - timedelta(days=1):%Y-%m-%d}"
    page.locator("figcaption", has_text=caption).wait_for()

    seen.open("/settings/keys/")
    page.get_by_role("button", name="Check the key in use").click()
    findings = page.locator("#findings")
    findings.wait_for()
    assert "pods" in findings.inner_text()

    assert seen.left_behind() == []
    page.context.close()
