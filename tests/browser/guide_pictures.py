"""The pictures of docs/guide.md, taken anew: `make guide-pictures`.

It is run by pytest as `make screenshots` is, over the same console with the demo's past.
The list below is all of them: where to go, what to open, what to cut out, and the file in
docs/guide that it becomes. PICTURES, a part of a name, takes a few only.
"""

from __future__ import annotations

import os
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Error, FloatRect, Page

from economics.models import SchedulePlan
from economics.tasks import work_out_schedules
from kerne_site import places
from tests.browser import routes, world
from tests.browser.screen import Screen
from tests.browser.stage import Stage

FOLDER = places.ROOT / "docs" / "guide"
WIDE, PHONE = 1280, 390
HEIGHTS = {WIDE: 900, PHONE: 844}
MARGIN = 12  # px around what is cut out
QUALITY = 80  # of 100, WebP: text stays sharp and a picture has some tens of kilobytes
MOST_BYTES = 120_000
PATIENCE_MS = 5_000
SETTLED_MS = 400  # a chart that has its figures is still being painted


@dataclass(frozen=True, slots=True)
class Picture:
    """One picture.

    name     of its file, without the ending
    address  where it is; {schedule} is the newest schedule, {month} the last month
    crop     what is cut out: the area that these selectors fill together; without one the
             screen
    click    what is clicked before
    words    what is then typed
    """

    name: str
    address: str
    crop: tuple[str, ...] = ()
    width: int = WIDE
    click: str = ""
    words: str = ""

    @property
    def path(self) -> Path:
        return FOLDER / f"{self.name}.webp"


PICTURES = (
    Picture("first-steps", "/", ("#first-steps",)),
    Picture(
        "morning",
        "/?money=simulated",
        (".page-head", "#overview-live > .tiles"),
        click="#first-steps summary",  # folded
    ),
    Picture("phone-overview", "/?money=simulated", width=PHONE),
    Picture(
        "phone-stop", "/fleet/", width=PHONE, click="[data-sheet][href*='stop/?deployment']"
    ),
    Picture(
        "plan",
        "/plan/?model=glm-5&utilization=0.7",
        ("[aria-labelledby=turn-title]", ".plan-tiles"),
    ),
    Picture(
        "schedule",
        "/schedule/{schedule}/",
        ("[aria-labelledby=risk-title] header", "[aria-labelledby=risk-title] .table-wrap"),
    ),
    Picture(
        "sheet", f"/actions/plan/scale/?deployment={world.OWN}&replicas=4", ("main .card",)
    ),
    Picture("waterfall", "/profit/?money=simulated", ("#chart-waterfall",)),
    Picture(
        "rows",
        "/profit/lines/?money=simulated&bar=start_up",
        (".page-head", "table tbody tr:nth-child(6)"),
        click="table tbody tr:nth-child(1) .prov summary",
    ),
    Picture(
        "statement", "/books/statements/{month}/", (".page-head", "main .card:last-of-type")
    ),
    Picture(
        "decide",
        "/decide/",
        ("#deployments-title", "[aria-labelledby=deployments-title] .table-wrap"),
    ),
    Picture("palette", "/fleet/", ("#palette",), click="#palette-open", words="llama"),
)


# The demo's demand pays for no machine: a floor shows more than "rent nothing".
FLOOR = world.SCHEDULE | {"floor": "1", "key": "e" * 40}


def ask_for_a_schedule() -> None:
    world.as_owner().post("/schedule/", FLOOR)


def places_of() -> Mapping[str, object]:
    """What the braces of an address stand for."""
    newest = SchedulePlan.objects.latest("pk").pk
    return {"schedule": newest, "month": f"{world.last_month():%Y-%m}"}


def take(screen: Screen, picture: Picture, known: Mapping[str, object]) -> int:
    """Take one and write it; the number of bytes that it has."""
    page = screen.page
    page.goto(screen.base + picture.address.format(**known))
    screen.settle()
    if picture.click:
        page.locator(picture.click).first.click()
        screen.settle()
    if picture.words:
        page.keyboard.type(picture.words)
        screen.settle()
    page.wait_for_timeout(SETTLED_MS)
    asked: dict[str, object] = {"format": "webp", "quality": QUALITY}
    if picture.crop:
        asked |= {"captureBeyondViewport": True, "clip": area(page, picture)}
    session = page.context.new_cdp_session(page)
    picture.path.write_bytes(
        b64decode(session.send("Page.captureScreenshot", asked)["data"])
    )
    session.detach()
    return picture.path.stat().st_size


def area(page: Page, picture: Picture) -> dict[str, float]:
    """What is cut out, in pixels of the whole page.

    Raises LookupError for what is not seen, Playwright's Error for what is not there.
    """
    boxes = [seen(page, selector) for selector in picture.crop]
    scrolled: float = page.evaluate("window.scrollY")
    left = max(0.0, min(each["x"] for each in boxes) - MARGIN)
    top = max(0.0, min(each["y"] for each in boxes) + scrolled - MARGIN)
    right = max(each["x"] + each["width"] for each in boxes) + MARGIN
    bottom = max(each["y"] + each["height"] for each in boxes) + scrolled + MARGIN
    width = min(right, picture.width) - left
    return {"x": left, "y": top, "width": width, "height": bottom - top, "scale": 1}


def seen(page: Page, selector: str) -> FloatRect:
    box = page.locator(selector).first.bounding_box(timeout=PATIENCE_MS)
    if box is None:
        raise LookupError(f"{selector} is not seen on {page.url}")
    return box


def test_take_the_pictures_of_the_guide(stage: Stage, chromium: Browser) -> None:
    wanted = [each for each in PICTURES if os.environ.get("PICTURES", "") in each.name]
    FOLDER.mkdir(exist_ok=True)
    faults: list[str] = []
    stage.crew.do(ask_for_a_schedule)
    stage.jobs(work_out_schedules)
    known = stage.crew.do(places_of)
    for width, height in HEIGHTS.items():
        opened = routes.windows(chromium, stage, width=width, height=height)
        for picture in (each for each in wanted if each.width == width):
            stage.stay_awake()
            try:
                size = take(opened[world.OWNER], picture, known)
            except (LookupError, Error) as missing:
                faults.append(f"{picture.name}: {missing}")
                continue
            print(f"{picture.path.name}: {size / 1000:.0f} KB")
            if size >= MOST_BYTES:
                faults.append(f"{picture.name} has {size} bytes: cut out less")
        for window in opened.values():
            window.page.context.close()
    assert not faults, "\n".join(faults)
