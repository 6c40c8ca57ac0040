"""What comes later takes the place that was kept for it: a click hits what it aimed at."""

from __future__ import annotations

import pytest

from fleet.models import Pod
from tests.browser.screen import ScreenMaker

# Web Vitals call a cumulative layout shift good up to 0.1.
MOST_SHIFT = 0.1
COUNT_SHIFTS = """
window.shifted = 0;
new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
        if (!entry.hadRecentInput) window.shifted += entry.value;
    }
}).observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("address", ["/", "/profit/", "/plan/", "/fleet/"])
def test_a_page_that_fills_slides_no_part_of_it_away(
    screen: ScreenMaker, lively_fleet: Pod, address: str, width: int
):
    seen = screen(width=width)
    seen.page.add_init_script(COUNT_SHIFTS)

    page = seen.open(address)
    seen.settle()

    assert page.evaluate("window.shifted") < MOST_SHIFT
