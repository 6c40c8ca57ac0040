"""Pictures of every page for people to look at; not a test.

    python -m tests.browser.screenshots http://127.0.0.1:8700 FOLDER --link LOGIN_LINK
    python -m tests.browser.screenshots http://127.0.0.1:8700 FOLDER --user NAME

The password comes from KERNE_PASSWORD; a first link makes the owner with it. Each page
is taken at 1280 and 390 pixels, light and dark; what does not fit its screen, console
errors and violations of the content security policy are printed.
"""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import ARGUMENTS, CHROMIUM, WATCH_POLICY

WIDTHS = {1280: 900, 390: 844}
PAGES = {
    "overview": "/",
    "fleet": "/fleet/",
    "fleet-all": "/fleet/?status=all",
    "order": "/fleet/order/",
    "jobs": "/jobs/",
    "prices": "/prices/",
    "offers": "/offers/",
    "offers-filtered": "/offers/?gpu=NVIDIA+H100+80GB+HBM3&count=8&shape=8xH200",
    "offers-import": "/offers/import/",
    "tokens": "/account/tokens/",
    "plan": "/plan/?model=llama-3.1-8b",
    "plan-glm-5": "/plan/?model=glm-5",
    "strategy": "/plan/strategy/",
    "model": "/plan/model/",
    "actions": "/actions/",
    "audit": "/audit/",
    "people": "/account/people/",
}
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def log_in(page: Page, base: str, arguments: argparse.Namespace) -> None:
    """Through the one-time link (which may make the owner), or with a name and password."""
    page.goto(arguments.link or f"{base}/login/")
    fields = {"username": arguments.user}
    for name in ("password", "password1", "password2"):
        fields[name] = os.environ.get("KERNE_PASSWORD", "")
    for name, value in fields.items():
        if page.locator(f"main input[name={name}]").count():
            page.fill(f"main input[name={name}]", value)
    page.locator("main form button").first.click()
    page.wait_for_url(f"{base}/")


def found_pages(page: Page, base: str) -> dict[str, str]:
    """PAGES and the first pod and deployment of the fleet page, with its sheets."""
    pages = dict(PAGES)
    page.goto(f"{base}/fleet/?status=all")
    for name, pattern in (
        ("pod", r"/fleet/pods/\d+/$"),
        ("terminate", r"/actions/plan/terminate/\?"),
        ("deployment", r"/fleet/deployments/\d+/$"),
        ("stop", r"/actions/plan/stop/\?"),
        ("scale", r"/actions/plan/scale/\?"),
    ):
        links = page.eval_on_selector_all(
            "a[href]", "all => all.map((link) => link.getAttribute('href'))"
        )
        matching = [link for link in links if re.search(pattern, link)]
        if matching:
            pages[name] = matching[0]
    return pages


def plan_of_an_order(page: Page, base: str) -> None:
    """Fill the order form with what is listed first, up to the plan sheet."""
    page.goto(f"{base}/fleet/order/")
    if page.locator("#id_variant_id").count() == 0:
        return
    page.select_option("#id_variant_id", index=1)
    page.select_option("#id_fleet_id", index=1)
    page.fill("#id_slug", "picture-only")
    page.locator("#order-form button.primary").click()
    page.wait_for_load_state("networkidle")


def take(page: Page, path: Path, problems: list[str]) -> None:
    """One picture; what is wrong with the page goes into `problems`."""
    page.wait_for_timeout(700)
    over = page.evaluate(OVERFLOW)
    if over > 0:
        problems.append(f"{path.name}: {over} px wider than its screen")
    for violation in page.evaluate("window.violations"):
        problems.append(f"{path.name}: policy {violation}")
    page.screenshot(path=path, full_page=True)


def picture_all(browser: Browser, arguments: argparse.Namespace) -> list[str]:
    """Every page in every size and theme; the problems seen."""
    base: str = arguments.base.rstrip("/")
    folder = Path(arguments.folder)
    folder.mkdir(parents=True, exist_ok=True)
    problems: list[str] = []
    context = browser.new_context()
    log_in(context.new_page(), base, arguments)
    state = context.storage_state()
    for theme in arguments.themes.split(","):
        for width, height in WIDTHS.items():
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=theme,
                storage_state=state,
            )
            context.add_init_script(WATCH_POLICY)
            page = context.new_page()
            page.on(
                "console",
                lambda said: problems.append(said.text) if said.type == "error" else None,
            )
            for name, address in found_pages(page, base).items():
                page.goto(base + address)
                page.wait_for_load_state("load")
                take(page, folder / f"{name}-{width}-{theme}.png", problems)
            plan_of_an_order(page, base)
            take(page, folder / f"plan-{width}-{theme}.png", problems)
            context.close()
    return problems


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("base")
    parser.add_argument("folder")
    parser.add_argument("--link", default="")
    parser.add_argument("--user", default="operator")
    parser.add_argument("--themes", default="light,dark")
    arguments = parser.parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        problems = picture_all(browser, arguments)
        browser.close()
    print("\n".join(problems) or "Nothing overflows, no error, no policy violation.")


if __name__ == "__main__":
    main()
