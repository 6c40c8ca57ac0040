from django.utils import timezone

from fleet.models import Pod
from tests.browser.screen import ScreenMaker, wait_until
from tests.market.boards import make_glm, make_market

ALL_DRAWN = """[...document.querySelectorAll('[data-chart]')].length === 4
    && [...document.querySelectorAll('[data-chart]')].every((e) => e.dataset.drawn)"""
DOTS = """[...document.querySelectorAll('[data-chart-plot]')].slice(0, 3).map(
    (plot) => plot._fullData.map((trace) => [trace.mode, trace.x.length]))"""
LINES = """document.querySelectorAll('[data-chart-plot]')[3]._fullData.map(
    (trace) => [trace.line.shape, trace.connectgaps, trace.line.color.length])"""


def test_three_panels_of_dots_and_the_steps(screen: ScreenMaker, lively_fleet: Pod):
    make_glm()
    make_market(now=timezone.now())
    page = screen().open("/market/?model=glm-5")

    wait_until(page, ALL_DRAWN)

    panel = [["markers", 2], ["markers", 0], ["markers", 1]]
    drawn = [[each for each in traces if each[1]] for traces in page.evaluate(DOTS)]
    assert drawn == [[each for each in panel if each[1]]] * 3
    assert page.evaluate(LINES) == [["hv", False, 7]] * 3
