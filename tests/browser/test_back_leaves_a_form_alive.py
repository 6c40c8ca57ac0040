from fleet.models import AuditEntry, Deployment, Pod
from tests.browser.screen import ScreenMaker

SHEET = "/actions/plan/stop/?deployment=llama-a"


def test_a_form_that_was_sent_can_be_sent_again_after_back(
    screen: ScreenMaker, lively_fleet: Pod
):
    page = screen().open("/prices/")
    form = "main form[data-once]"
    # Back brings a page as it was left: its form says that it was sent.
    page.eval_on_selector(form, "(form) => { form.dataset.sent = 'yes'; }")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    page.locator(f"{form} button.primary").click()

    page.wait_for_selector(f"{form} .error")  # it was sent, and judged


def test_a_double_click_sends_a_form_once(screen: ScreenMaker, lively_fleet: Pod):
    deployment = Deployment.objects.get()
    page = screen().open(SHEET)

    page.locator("form[data-once] button.danger").dblclick()

    page.wait_for_url("**/actions/*/")
    assert AuditEntry.objects.filter(verb="stop", target=deployment.slug).count() == 1
