"""A drawn chart of simulated money says so in its picture, not only beside it."""

from fleet.models import Fleet, Pod
from tests.browser.screen import ScreenMaker, wait_until

DRAWN = """[...document.querySelectorAll('[data-chart]')].every(
    (place) => place.dataset.drawn || place.querySelector('.chart-state.short'))"""
MARKS = """[...document.querySelectorAll('[data-chart][data-drawn] [data-chart-plot]')].map(
    (plot) => plot._fullLayout.annotations.filter(
        (note) => note.text.startsWith('SIMULATED')).length)"""


def marks(screen: ScreenMaker, money: str) -> list[int]:
    page = screen().open(f"/profit/?money={money}")
    wait_until(page, DRAWN)
    found: list[int] = page.evaluate(MARKS)
    return found


def test_simulated_money_is_marked_once_in_each(screen: ScreenMaker, lively_fleet: Pod):
    Fleet.objects.update(simulated=True)

    found = marks(screen, "simulated")

    assert len(found) >= 3 and set(found) == {1}


def test_real_money_is_not_marked(screen: ScreenMaker, lively_fleet: Pod):
    Fleet.objects.update(simulated=False)

    assert set(marks(screen, "real")) == {0}
