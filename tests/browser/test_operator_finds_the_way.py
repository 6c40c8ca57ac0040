from fleet.models import Deployment, Pod
from tests.browser.conftest import PASSWORD
from tests.browser.screen import ScreenMaker


def test_a_person_logs_in_and_out(screen: ScreenMaker, lively_fleet: Pod):
    seen = screen()
    seen.page.context.clear_cookies()
    page = seen.open("/fleet/")
    page.fill("input[name=username]", "ada")
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form button").first.click()
    page.wait_for_url("**/fleet/")

    page.click("#own summary")
    page.click("button[aria-label='Log out ada']")
    page.wait_for_url("**/login/**")

    assert seen.violations == [] and seen.errors == []


def test_keys_go_to_pages_but_not_while_one_types(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/jobs/")
    page.keyboard.press("g")
    page.keyboard.press("f")
    page.wait_for_url("**/fleet/")

    page.keyboard.press("/")
    page.keyboard.type("gj")

    assert page.input_value("#q") == "gj"
    assert page.url.endswith("/fleet/")


def test_the_question_mark_opens_the_sheet_of_keys(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/jobs/")
    page.keyboard.press("?")

    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#keys").is_hidden()


def test_nonsense_in_the_order_form_gets_sentences(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/fleet/order/")
    page.fill("#id_slug", "Not A Name")
    page.fill("#id_gpu_count", "many")
    page.locator("#order-form button.primary").click()

    page.wait_for_selector("#gpu_count-said .error")
    assert "write a whole number such as 1" in page.inner_text("#gpu_count-said")
    assert "Model is empty" in page.inner_text("#variant_id-said")
    assert page.input_value("#id_slug") == "Not A Name"
    assert Deployment.objects.count() == 1


def test_the_hours_appear_only_for_scheduled_rental(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/fleet/order/")

    assert page.locator("#id_from_time").is_hidden()
    page.select_option("#id_rental_kind", "scheduled")
    assert page.locator("#id_from_time").is_visible()
    assert page.locator("#id_cron").is_hidden()
    page.select_option("#id_days", "cron")
    assert page.locator("#id_from_time").is_hidden()
    assert page.locator("#id_cron").is_visible()


def test_ending_a_pod_opens_a_sheet_with_the_safe_button_focused(
    screen: ScreenMaker, lively_fleet: Pod
):
    seen = screen()
    page = seen.open("/fleet/")
    page.click(f"#end-{lively_fleet.pk}")

    sheet = page.locator("#sheet")
    sheet.wait_for()
    assert "Terminate" in sheet.inner_text()
    assert page.evaluate("document.activeElement.textContent") == "Keep it running"
    page.keyboard.press("Enter")
    assert sheet.is_hidden()
    lively_fleet.refresh_from_db()
    assert lively_fleet.status == "serving"
    assert seen.errors == [] and seen.violations == []


def test_confirming_the_sheet_ends_the_pod(screen: ScreenMaker, lively_fleet: Pod):
    page = screen().open("/fleet/")
    page.click(f"#end-{lively_fleet.pk}")
    page.locator("#sheet button.danger").click()

    page.wait_for_url("**/actions/*/")
    assert "Terminate" in page.inner_text("h1")
    lively_fleet.refresh_from_db()
    assert lively_fleet.status == "terminating"
