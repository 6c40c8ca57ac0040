"""Who asks the system for less motion gets none."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from fleet.models import Pod
from tests.browser.screen import Screen, ScreenMaker

MOVING = """[...document.querySelectorAll("*")].filter((element) => {
    const style = getComputedStyle(element);
    const seconds = (text) => Math.max(...text.split(",").map(parseFloat));
    return (style.animationName !== "none" && seconds(style.animationDuration) > 0.01)
        || seconds(style.transitionDuration) > 0.01;
}).map((element) => element.outerHTML.slice(0, 80))"""


@pytest.mark.parametrize("address", ["/", "/fleet/", "/plan/", "/profit/"])
def test_nothing_moves(
    screen: ScreenMaker, chromium: Browser, lively_fleet: Pod, address: str
):
    seen: Screen = screen()
    seen.page.emulate_media(reduced_motion="reduce")
    Pod.objects.update(status="provisioning", ready_at=None, health="loading")

    page = seen.open(address)
    seen.settle()

    assert page.evaluate(MOVING) == []
    assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == (
        "auto"
    )
