"""A browser window of somebody, and what went wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.test import Client

from tests.browser.axe import findings
from tests.browser.chromium import WATCH_POLICY

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request

PAGE_SECONDS = 20
ScreenMaker = Callable[..., "Screen"]


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

    def left_behind(self, *, asked_for: int = 0) -> list[str]:
        """Console errors, violations and axe's findings of where a journey ends.

        asked_for: an answer that the journey provoked, which the browser calls an error
        """
        self.settle()
        expected = f"status of {asked_for} "
        errors = [each for each in self.errors if not asked_for or expected not in each]
        return [*errors, *self.violations, *findings(self.page)]

    def fits(self, *, within_seconds: int = 3) -> bool:
        """Whether nothing is wider than the window, once the charts have followed it."""
        for _ in range(within_seconds * 20):
            if self.overflow_px <= 0:
                return True
            self.page.wait_for_timeout(50)
        return False


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
