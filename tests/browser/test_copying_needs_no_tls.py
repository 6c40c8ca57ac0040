"""A copy button says that it copied, with the browser's clipboard and without it."""

import pytest

from fleet.models import Pod
from tests.browser.screen import ScreenMaker, wait_until

NO_CLIPBOARD = "Object.defineProperty(navigator, 'clipboard', { value: undefined })"
SAID = "document.querySelector('h1 + .copy').dataset.copied === 'Copied'"


@pytest.mark.parametrize("has_clipboard", [True, False])
def test_a_button_says_copied(screen: ScreenMaker, lively_fleet: Pod, has_clipboard: bool):
    page = screen().open(f"/fleet/pods/{lively_fleet.pk}/")
    page.context.grant_permissions(["clipboard-write", "clipboard-read"])
    if not has_clipboard:
        page.evaluate(NO_CLIPBOARD)

    page.locator("h1 + .copy").click()

    wait_until(page, SAID)
