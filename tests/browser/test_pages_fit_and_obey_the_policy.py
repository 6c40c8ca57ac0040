import pytest
from django.utils import timezone

from economics.models import UsageHour
from fleet.models import Pod
from fleet.services.market import load_public_prices
from tests.browser.screen import ScreenMaker

# Every page is walked by test_every_page_serves_everyone.py, which turns a wide window into
# a phone's. These draw charts or move by script, so they are also loaded on a small screen.
PAGES = [
    *("/", "/fleet/", "/fleet/order/", "/offers/", "/plan/?model=glm-5", "/market/"),
    *("/profit/", "pod", "deployment", "stop"),
]


def address_of(page: str, pod: Pod) -> str:
    return {
        "pod": f"/fleet/pods/{pod.pk}/",
        "deployment": f"/fleet/deployments/{pod.deployment_id}/",
        "stop": "/actions/plan/stop/?deployment=llama-a",
    }.get(page, page)


def test_no_page_overflows_breaks_or_violates_the_policy(
    screen: ScreenMaker, lively_fleet: Pod
):
    load_public_prices(now=timezone.now())
    seen = screen(width=390, theme="dark")

    for page in PAGES:
        seen.open(address_of(page, lively_fleet))
        seen.settle()
        assert (page, seen.overflow_px) == (page, 0)
        assert (page, seen.violations) == (page, [])
        assert (page, seen.errors) == (page, [])


@pytest.mark.parametrize("width", [1280, 390])
def test_no_amount_of_a_pod_is_cut_at_the_edge_of_its_table(
    screen: ScreenMaker, lively_fleet: Pod, width: int
):
    UsageHour.objects.create(
        pod=lively_fleet,
        hour_start=timezone.now().replace(minute=0, second=0, microsecond=0),
        uncached_prompt_tokens=123_456_789,
        cached_prompt_tokens=123_456_789,
        completion_tokens=23_456_789,
        requests=234_567,
    )
    page = screen(width=width).open(address_of("pod", lively_fleet))
    page.wait_for_load_state("networkidle")

    cut = page.eval_on_selector_all(
        "#pod-money .table-wrap",
        "all => all.map((wrap) => wrap.scrollWidth - wrap.clientWidth)",
    )
    assert cut == [0]


def test_dark_and_light_differ_in_what_is_painted(screen: ScreenMaker, lively_fleet: Pod):
    painted = "getComputedStyle(document.body).backgroundColor"

    light = screen(theme="light").open("/jobs/").evaluate(painted)
    dark = screen(theme="dark").open("/jobs/").evaluate(painted)

    assert light != dark


def test_text_stays_readable_on_a_phone(screen: ScreenMaker, lively_fleet: Pod):
    page = screen(width=390).open("/fleet/")

    small = page.evaluate(
        """[...document.querySelectorAll("main *")].filter((element) =>
            element.childNodes.length && element.innerText?.trim() &&
            parseFloat(getComputedStyle(element).fontSize) < 11).length"""
    )
    assert small == 0
