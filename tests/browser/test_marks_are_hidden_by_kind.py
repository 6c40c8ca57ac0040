"""What happened is drawn beside the bars of a chart; a tick hides a kind of it."""

from datetime import timedelta

from django.utils import timezone

from economics.calc.hours import hour_start
from fleet.models import Pod
from tests.browser.screen import ScreenMaker, wait_until
from tests.factories import make_price

DRAWN = "document.querySelector('[data-chart]').dataset.drawn === 'yes'"
SAID = """document.querySelector('[data-chart-plot]')._fullLayout.annotations
    .some((note) => note.text.includes('price'))"""


def test_a_hidden_kind_stays_hidden(screen: ScreenMaker, lively_fleet: Pod):
    make_price(
        served_model=lively_fleet.deployment.variant.served_model,
        valid_from=hour_start(timezone.now()) - timedelta(days=2),
    )
    page = screen().open("/")
    wait_until(page, DRAWN)
    assert page.evaluate(SAID)

    page.locator("[data-chart-marks] input").first.uncheck()

    wait_until(page, f"!{SAID}")
    page.reload()
    wait_until(page, DRAWN)
    assert not page.evaluate(SAID)
    assert not page.locator("[data-chart-marks] input").first.is_checked()
