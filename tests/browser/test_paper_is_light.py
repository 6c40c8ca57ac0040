"""A page that is looked at in the dark is printed in the light, its charts too."""

from fleet.models import Pod
from tests.browser.screen import ScreenMaker, wait_until

DRAWN = "document.querySelector('[data-chart]').dataset.drawn === 'yes'"
INK = "document.querySelector('[data-chart-plot]')._fullLayout.font.color"
SCHEME = "getComputedStyle(document.documentElement).colorScheme"
PAPER = "dispatchEvent(new Event('beforeprint'))"
SCREEN = "dispatchEvent(new Event('afterprint'))"


def test_a_chart_takes_dark_ink_for_paper_and_goes_back(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen(theme="dark").open("/")
    wait_until(page, DRAWN)
    in_the_dark = page.evaluate(INK)

    page.evaluate(PAPER)
    wait_until(page, f"{INK} !== '{in_the_dark}'")
    page.evaluate(SCREEN)

    wait_until(page, f"{INK} === '{in_the_dark}'")


def test_a_chosen_dark_theme_is_not_printed(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/")
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    assert page.evaluate(SCHEME) == "dark"

    page.emulate_media(media="print")

    assert page.evaluate(SCHEME) == "light"
