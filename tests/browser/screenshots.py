"""Pictures of every page for people to look at: `make screenshots`.

It is run by pytest, which starts all that it needs, and is no test: by its name it is
collected only where it is asked for. SCREENSHOTS names the folder, var/screenshots
without; PAGES, a part of a name, takes a few pages only. An index.html shows them all, and
what does not fit its screen or breaks is printed and stands beside its picture.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from kerne_site import places
from tests.browser import routes
from tests.browser.screen import Screen
from tests.browser.stage import Stage

if TYPE_CHECKING:
    from playwright.sync_api import Browser

HEIGHTS = {1280: 900, 390: 844}
THEMES = ("light", "dark")
SETTLED_MS = 300  # a chart that has its figures is still being painted
HEAD = """<!doctype html><html lang="en"><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Every page of the console</title>
<style>
body { font: 14px/1.4 system-ui, sans-serif; margin: 24px; background: #e9ecea; }
section { margin: 0 0 32px; }
.row { display: flex; gap: 12px; align-items: flex-start; overflow-x: auto; }
img { height: 420px; width: auto; border: 1px solid #889; background: #fff; }
.bad { color: #a62a12; }
</style>
<h1>Every page of the console</h1>
"""


@dataclass
class Album:
    """The pictures of a run by the name of their page, and what was wrong with each."""

    folder: Path
    pictures: dict[str, list[str]] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def take(self, screen: Screen, page: routes.Page, look: str) -> None:
        """One page in one look, as it is after it has settled."""
        screen.errors.clear()
        answer = screen.page.goto(screen.base + page.address)
        screen.settle()
        screen.page.wait_for_timeout(SETTLED_MS)
        name = f"{page.name}-{look}.png"
        screen.page.screenshot(path=self.folder / name, full_page=True)
        self.pictures.setdefault(page.name, []).append(name)
        self.addresses[page.name] = page.address
        over = screen.overflow_px
        said = [f"{over} px wider than its screen"] if over > 0 else []
        if answer is None or answer.status != page.status:
            said.append(f"answered {answer.status if answer else 'nothing'}")
        if page.status < 400:
            said += screen.errors
        self.faults += [f"{name}: {fault}" for fault in [*said, *screen.violations]]

    def index(self) -> Path:
        """The page that shows them all."""
        text = HEAD + "".join(self._section(name) for name in self.pictures)
        path = self.folder / "index.html"
        path.write_text(text + "</html>\n")
        return path

    def _section(self, name: str) -> str:
        shown = "".join(
            f'<a href="{each}"><img loading="lazy" src="{each}" alt="{each}"></a>'
            for each in self.pictures[name]
        )
        wrong = "".join(
            f'<p class="bad">{escape(fault)}</p>'
            for fault in self.faults
            if fault.split(": ")[0] in self.pictures[name]
        )
        title = f"{escape(name)} <small>{escape(self.addresses[name])}</small>"
        return f'<section><h2>{title}</h2>{wrong}<div class="row">{shown}</div></section>\n'


def folder_of_pictures() -> Path:
    """An empty folder for them; only pictures and the index of an earlier run go."""
    folder = Path(os.environ.get("SCREENSHOTS") or places.ROOT / "var" / "screenshots")
    folder.mkdir(parents=True, exist_ok=True)
    for old in [*folder.glob("*.png"), folder / "index.html"]:
        old.unlink(missing_ok=True)
    return folder


def test_take_a_picture_of_every_page(stage: Stage, chromium: Browser) -> None:
    album = Album(folder_of_pictures())
    wanted = os.environ.get("PAGES", "")
    pages = [page for page in stage.crew.do(routes.pages) if wanted in page.name]
    for theme in THEMES:
        for width in HEIGHTS:
            opened = routes.windows(
                chromium, stage, width=width, height=HEIGHTS[width], theme=theme
            )
            for page in pages:
                stage.stay_awake()
                album.take(opened[page.seen_by], page, f"{width}-{theme}")
            for window in opened.values():
                window.page.context.close()
    print("\n".join(album.faults) or "\nNothing overflows, breaks or is forbidden.")
    print(f"{len(pages)} pages in {len(HEIGHTS) * len(THEMES)} looks: {album.index()}")
