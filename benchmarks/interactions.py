"""How long after a click, a key or a drag does the console show its answer?

    python benchmarks/interactions.py "$(make -s login-link)" [rounds]

Of a console that runs, best with the demo; needs Debian's Chromium. Each interaction is
done `rounds` times (10) and timed in the page, from the browser's own time of the event to
the frame after what it asked for is there: its time to draw is in it. The floor is the
same for a box that is ticked on a page with no script but this one's watch. It changes
nothing but this browser's own looks, and confirms nothing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING

from pages import Console, p95

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.browser.chromium import ARGUMENTS, CHROMIUM

if TYPE_CHECKING:
    from playwright.sync_api import Page

SECONDS = 15
LIMIT_MS = 100
SETTLED_MS = 200
# From the first such event on asks at each frame whether the answer is there.
WATCH = """() => {
  window.taken = null;
  addEventListener("%s", (event) => {
    const at = event.timeStamp;
    const look = () => {
      if (%s) requestAnimationFrame(() => { window.taken = performance.now() - at; });
      else requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { once: true, capture: true });
}"""
KEEP_SAID = """() => {
  window.before = document.getElementById("slide-utilization-said")?.textContent;
}"""
OPEN_SHEET = 'document.querySelector("dialog#sheet[open]")'
EMPTY_PAGE = "<label><input type=checkbox>one</label>"


@dataclass(frozen=True)
class Interaction:
    """What somebody does, and what is to be seen then.

    deed   CSS of what is clicked, or `key:` and a key, or `type:` and letters
    seen   JavaScript that is true once the answer is there
    first  CSS of what is clicked before, untimed
    """

    name: str
    page: str
    deed: str
    seen: str
    first: str = ""
    width: int = 1280

    @property
    def event(self) -> str:
        return "click" if self.deed[:4] not in ("key:", "type") else "keydown"

    def do(self, page: Page) -> float:
        """Milliseconds from the event to the answer."""
        if self.first:
            page.click(self.first)
        page.wait_for_timeout(SETTLED_MS)
        page.evaluate(WATCH % (self.event, self.seen))
        how, _, what = self.deed.partition(":")
        if how == "key" and what:
            page.keyboard.press(what)
        elif how == "type" and what:
            page.keyboard.type(what)
        else:
            page.click(self.deed)
        for _ in range(SECONDS * 100):
            taken: float | None = page.evaluate("window.taken")
            if taken is not None:
                return taken
            page.wait_for_timeout(10)
        raise SystemExit(f"{self.name}: not answered within {SECONDS} s")


FLOOR = Interaction(
    "a box on an empty page (floor)", "", "input", 'document.querySelector(":checked")'
)
ALL = (
    Interaction(
        "the sections on a phone",
        "/",
        "#menu",
        "sections.dataset.opened !== undefined",
        width=390,
    ),
    Interaction("the sheet of keys", "/", "key:?", "keys.open"),
    Interaction("the palette", "/", "key:Control+k", "palette.open"),
    Interaction(
        "the palette finds a page",
        "/",
        "type:j",
        'document.querySelector("#palette-list").innerText.includes("Jobs")'
        ' && !document.querySelector("#palette-list").innerText.includes("Market")',
        first="#palette-open",
    ),
    Interaction(
        "where a number comes from",
        "/",
        "details.prov summary",
        'document.querySelector("details.prov[open]")',
    ),
    Interaction(
        "another theme, charts too",
        "/",
        "#theme",
        'document.documentElement.dataset.theme !== "auto"',
        first="#own summary",
    ),
    Interaction(
        "marks of a chart taken away",
        "/",
        "[data-chart-marks] input",
        '!document.querySelector(".shapelayer path[style*=dash]")'
        ' || !document.querySelector("[data-chart-marks] input").checked',
    ),
    Interaction(
        "a deployment ticked",
        "/fleet/",
        "[data-pick]",
        'document.querySelector("#selected").innerText.includes("1 selected")',
    ),
    Interaction("the sheet that stops one", "/fleet/", "a[data-sheet]", OPEN_SHEET),
    Interaction(
        "the number of a slider",
        "/plan/?model=llama-3.1-8b",
        "key:ArrowRight",
        'document.getElementById("slide-utilization-said").textContent !== window.before',
        first="#slide-utilization",
    ),
    Interaction(
        "every figure of a slider",
        "/plan/?model=llama-3.1-8b",
        "key:ArrowRight",
        'document.body.innerText.includes("against the base")',
        first="#slide-utilization",
    ),
)


def timed(page: Page, base: str, one: Interaction) -> float:
    """One interaction on a page that has settled, in milliseconds."""
    page.set_viewport_size({"width": one.width, "height": 900})
    if not one.page:
        page.set_content(EMPTY_PAGE)
        return one.do(page)
    page.goto(base + one.page)
    page.wait_for_load_state("networkidle")
    page.evaluate(KEEP_SAID)
    return one.do(page)


def main(link: str, rounds: int) -> None:
    from playwright.sync_api import sync_playwright

    console = Console(link)
    late = []
    with sync_playwright() as machine:
        chromium = machine.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        print(f"{'interaction':<34} {'p50 ms':>7} {'p95 ms':>7} {'ratio':>6}")
        floor = 0.0
        for one in (FLOOR, *ALL):
            taken = []
            for _ in range(rounds):
                context = chromium.new_context()  # what a browser keeps is not kept
                context.add_cookies(console.cookies())
                taken.append(timed(context.new_page(), console.base, one))
                context.close()
            floor = floor or median(taken)
            print(
                f"{one.name:<34} {median(taken):>7.1f} {p95(taken):>7.1f} "
                f"{median(taken) / floor:>6.1f}",
                flush=True,
            )
            late += [one.name] if p95(taken) > LIMIT_MS else []
        chromium.close()
    print(f"over {LIMIT_MS} ms: {', '.join(late) or 'none'}")


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 10)
