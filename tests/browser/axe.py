"""axe-core's findings on a page, as sentences.

It is evaluated by the browser's own debugging protocol: nothing is added to the page, so
the strict content security policy stays as it is in life.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from playwright.sync_api import Page

COUNTED = ("moderate", "serious", "critical")
KEPT_CLEAN = ("empty-table-header",)  # of lesser weight, and clean: headers without words
BY_THEME = ("color-contrast", "link-in-text-block")  # the rules that look at colours
# A long table repeats one row; to look at all of its thousand cells takes seconds.
REPEATS = "tbody > tr:nth-child(n + 25)"


def findings(page: Page, *, rules: tuple[str, ...] = ()) -> list[str]:
    """Findings that count, of all rules or of `rules`; empty on a clean page."""
    # Without `preload` it does not fetch the style sheets again, which no rule asked for.
    options: dict[str, Any] = {"resultTypes": ["violations"], "preload": False}
    if rules:
        options["runOnly"] = {"type": "rule", "values": list(rules)}
    here = {"exclude": [[REPEATS]]}
    found = Axe().run(page, context=here, options=options).response["violations"]
    return [
        f"{each['impact']} {each['id']}: {node['html'][:160]} "
        f"({'; '.join(_why(node)) or each['help']})"
        for each in found
        if each["impact"] in COUNTED or each["id"] in KEPT_CLEAN
        for node in each["nodes"]
    ]


def _why(node: dict[str, Any]) -> list[str]:
    checks = [*node.get("any", []), *node.get("all", []), *node.get("none", [])]
    return [check["message"] for check in checks]
