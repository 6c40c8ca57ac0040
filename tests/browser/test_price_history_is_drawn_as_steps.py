from django.utils import timezone

from fleet.models import Pod
from fleet.services.market import load_public_prices
from tests.browser.screen import ScreenMaker, wait_until

DRAWN = "document.querySelector('[data-chart]').dataset.drawn === 'yes'"
LINES = """(document.querySelector('[data-chart-plot]')._fullData).map(
    (line) => [line.line.shape, line.connectgaps, line.line.color.length])"""


def test_every_price_is_a_step_with_gaps_and_a_colour(
    screen: ScreenMaker, lively_fleet: Pod
):
    load_public_prices(now=timezone.now())
    page = screen().open("/offers/")

    wait_until(page, DRAWN)

    lines = page.evaluate(LINES)
    assert len(lines) == 7
    assert lines == [["hv", False, 7]] * 7


def test_a_filter_in_the_address_reaches_the_chart(screen: ScreenMaker, lively_fleet: Pod):
    load_public_prices(now=timezone.now())
    page = screen().open("/offers/?provider=aws")

    wait_until(page, DRAWN)

    names = page.evaluate(
        "document.querySelector('[data-chart-plot]')._fullData.map((line) => line.name)"
    )
    assert names == ["aws p5.48xlarge, public"]


def test_a_long_legend_leaves_room_to_draw_on_a_phone(
    screen: ScreenMaker, lively_fleet: Pod
):
    load_public_prices(now=timezone.now())
    page = screen(width=390).open("/offers/")

    wait_until(page, DRAWN)

    high = page.evaluate("document.querySelector('[data-chart-plot]')._fullLayout._size.h")
    assert high >= 120
