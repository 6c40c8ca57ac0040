from fleet.models import AuditEntry, Deployment, Pod
from tests.browser.conftest import ScreenMaker


def test_a_form_that_was_sent_can_be_sent_again_after_back(
    screen: ScreenMaker, lively_fleet: Pod
):
    deployment = Deployment.objects.get()
    page = screen().open(f"/fleet/deployments/{deployment.pk}/stop/")
    address = f"**/fleet/deployments/{deployment.pk}/"
    page.locator("form[data-once] button.danger").click()
    page.wait_for_url(address)
    page.go_back()
    page.wait_for_url("**/stop/")
    page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")

    page.locator("form[data-once] button.danger").click()

    page.wait_for_url(address)


def test_a_double_click_sends_a_form_once(screen: ScreenMaker, lively_fleet: Pod):
    deployment = Deployment.objects.get()
    page = screen().open(f"/fleet/deployments/{deployment.pk}/stop/")

    page.locator("form[data-once] button.danger").dblclick()

    page.wait_for_url(f"**/fleet/deployments/{deployment.pk}/")
    assert AuditEntry.objects.filter(verb="stop", target=deployment.slug).count() == 1
