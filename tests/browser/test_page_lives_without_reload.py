from fleet.models import Pod
from tests.browser.screen import ScreenMaker
from tests.factories import make_pod

REFRESH = "document.dispatchEvent(new Event('kerne:refresh'))"


def test_a_new_pod_appears_by_itself(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/fleet/")
    make_pod(deployment=lively_fleet.deployment, name="kerne-test-new", provider="sandbox")

    page.get_by_text("kerne-test-new").wait_for()


def test_a_paused_page_stays_as_it_is_until_it_goes_on(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/fleet/")
    page.click("#live-chip")
    assert page.inner_text("#live-words").startswith("Paused")
    make_pod(deployment=lively_fleet.deployment, name="kerne-test-new", provider="sandbox")

    page.clock.install()
    page.clock.run_for(30_000)
    assert page.get_by_text("kerne-test-new").count() == 0

    page.click("#live-chip")
    page.get_by_text("kerne-test-new").wait_for()


def test_an_open_chip_is_not_closed_by_the_next_numbers(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/")
    page.locator(".tile .prov summary").first.click()

    page.locator("#live-words", has_text="Held").wait_for()
    page.evaluate(REFRESH)
    page.wait_for_load_state("networkidle")
    assert page.locator(".tile .prov > div").first.is_visible()


def test_a_session_that_ended_leads_to_the_login_and_not_into_a_fragment(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/fleet/")
    page.context.clear_cookies()

    page.evaluate(REFRESH)

    page.wait_for_url("**/login/**")


def test_a_console_that_is_gone_shows_as_offline(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/fleet/")
    page.context.set_offline(True)

    page.evaluate(REFRESH)

    page.wait_for_selector("#live-chip[data-state=offline]")
