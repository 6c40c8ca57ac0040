"""Every page there is: it answers, breaks nothing, fits a phone, and axe finds it usable.

The list comes out of the URLconf (tests/browser/routes.py), so that a page which is added
later is walked too, or fails here with a sentence until it has an example.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser import axe, routes
from tests.browser.screen import Screen
from tests.browser.stage import Stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

WIDE, PHONE = 1280, 390
# Places that scroll sideways and that no key reaches: axe's rule, for the small screen.
BY_TOUCH_ONLY = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    await frame(); await frame();  // the page looks at the new width in the first one
    return [...document.querySelectorAll(".table-wrap")]
        .filter((place) => place.scrollWidth > place.clientWidth && place.clientWidth
            && !place.hasAttribute("tabindex") && !place.querySelector("a, button, input"))
        .map((place) => place.textContent.trim().slice(0, 60));
}"""

# A page with all that it loads but the chart bundle is at most 100 KB: what every page
# loads is held to FRAME_KB by tests/site, the rest is the page's own.
MOST_KB, FRAME_KB = 100, 40
SENT_BYTES = "() => performance.getEntriesByType('navigation')[0].encodedBodySize"


@pytest.fixture(scope="module")
def screens(stage: Stage, chromium: Browser) -> Iterator[dict[str, Screen]]:
    """A window for each kind of person who looks."""
    windows = routes.windows(chromium, stage, width=WIDE)
    yield windows
    for window in windows.values():
        window.page.context.close()


def test_every_page_answers_fits_and_is_usable_by_everyone(
    stage: Stage, screens: dict[str, Screen], subtests: pytest.Subtests
) -> None:
    for page in stage.crew.do(routes.pages):
        stage.stay_awake()
        with subtests.test(msg=page.name, address=page.address):
            assert troubles(screens[page.seen_by], page) == []


def test_a_page_without_an_example_is_missed_with_a_sentence(stage: Stage) -> None:
    with pytest.raises(LookupError, match=r"nothing here walks to it: add an address"):
        stage.crew.do(routes.pages, examples={})


def troubles(screen: Screen, page: routes.Page) -> list[str]:
    """What is wrong with a page, in both themes and on both screens; one load."""
    seen = screen.page
    screen.errors.clear()
    seen.set_viewport_size({"width": WIDE, "height": 900})
    seen.emulate_media(color_scheme="light")
    answer = seen.goto(screen.base + page.address)
    screen.settle()
    assert answer is not None
    found = [] if answer.status == page.status else [f"answered {answer.status}"]
    sent_kb = seen.evaluate(SENT_BYTES) / 1024
    if sent_kb > MOST_KB - FRAME_KB:
        found.append(f"the page alone takes {sent_kb:.0f} KB")
    found += [f"light: {each}" for each in axe.findings(seen)]
    seen.emulate_media(color_scheme="dark")
    # Only the rules of colours can answer otherwise in other colours.
    found += [f"dark: {each}" for each in axe.findings(seen, rules=axe.BY_THEME)]
    seen.set_viewport_size({"width": PHONE, "height": 844})
    if not screen.fits():
        found.append(f"{screen.overflow_px} px wider than a phone of {PHONE} px")
    found += [f"scrolls by touch only: {each}" for each in seen.evaluate(BY_TOUCH_ONLY)]
    errors = [] if page.status >= 400 else screen.errors
    return [*found, *errors, *screen.violations]
