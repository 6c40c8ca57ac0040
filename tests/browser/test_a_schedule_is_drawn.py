from decimal import Decimal

import pytest
from django.utils import timezone

from economics.models import SchedulePlan
from economics.services.schedules import work_out
from tests.browser.conftest import ScreenMaker
from tests.browser.screen import wait_until
from tests.economics.schedules.asked import answered, ask, world

DRAWN = "document.querySelectorAll('[data-chart][data-drawn=yes]').length === 3"
LINES = """['demand', 'replicas'].map((name) => document.querySelector(
        `#chart-schedule-${name} [data-chart-plot]`)._fullData
    .map((line) => [line.line.shape, line.y.length, line.line.color.length]))"""


@pytest.fixture
def solved(transactional_db: None) -> SchedulePlan:
    world(simulated=True)
    return answered(simulated=True, usd_per_hour="8")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_every_chart_is_drawn_without_an_error(
    screen: ScreenMaker, solved: SchedulePlan, width: int, theme: str
):
    seen = screen(width=width, theme=theme)
    page = seen.open(f"/schedule/{solved.pk}/")

    wait_until(page, DRAWN)

    demand, replicas = page.evaluate(LINES)
    assert demand == [["hv", 25, 7]] * 3
    assert replicas == [["hv", 25, 7]]
    assert (seen.errors, seen.violations, seen.overflow_px) == ([], [], 0)


def test_the_page_shows_the_answer_by_itself(screen: ScreenMaker, transactional_db: None):
    world(simulated=True)
    plan = ask(simulated=True)
    page = screen().open(f"/schedule/{plan.pk}/")
    assert "Waits for a worker" in page.content()

    work_out(plan.pk, clock=timezone.now)

    page.wait_for_selector("#headline")
    wait_until(page, DRAWN)
    assert SchedulePlan.objects.get().profit_usd > Decimal(0)


def test_the_form_fits_its_screen(screen: ScreenMaker, solved: SchedulePlan):
    for width in (1280, 390):
        seen = screen(width=width)
        seen.open("/schedule/").wait_for_load_state("networkidle")
        assert (seen.errors, seen.violations, seen.overflow_px) == ([], [], 0)
