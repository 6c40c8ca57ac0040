"""A console of its own for each journey, and a person in front of it.

A journey is what somebody comes for, from the first page to the last, through what they
see: they click, type and read. Between two looks a test lets the worker do its minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pytest_django import DjangoDbBlocker

from tests.browser import world
from tests.browser.screen import Screen, open_screen
from tests.browser.stage import Stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


@pytest.fixture
def stage(
    tmp_path: Path,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    worker_id: str,
) -> Iterator[Stage]:
    """The demo as it is a minute after it was made: its pods serve."""
    with (
        django_db_blocker.unblock(),
        world.demo_console(f"stage_journey_{worker_id}", tmp_path / "cloud") as running,
    ):
        running.serve()
        running.keep_books()
        yield running


@pytest.fixture
def ada(chromium: Browser, stage: Stage) -> Iterator[Screen]:
    """The owner at a desk."""
    window = open_screen(chromium, stage.url, stage.crew.do(world.as_owner))
    yield window
    window.page.context.close()


@pytest.fixture
def ada_on_her_phone(chromium: Browser, stage: Stage) -> Iterator[Screen]:
    """The owner in bed: 390 pixels and a thumb."""
    owner = stage.crew.do(world.as_owner)
    window = open_screen(chromium, stage.url, owner, theme="dark", **PHONE)
    yield window
    window.page.context.close()
