"""The pages of the console in nine sections, and where one is.

The sections follow the loop of the work: look, run, plan, sell, earn, decide; then what
the console itself does, who did what, and what may be set.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.urls import reverse


@dataclass(frozen=True, slots=True)
class Page:
    """A page that can be gone to.

    view   the name of its address
    key    the letter after "g" that goes there; "" where it has none
    admin  only an admin may open it
    """

    name: str
    view: str
    key: str = ""
    admin: bool = False


@dataclass(frozen=True, slots=True)
class Section:
    """Pages that belong together. Its own link goes to the first of them."""

    name: str
    icon: str
    pages: tuple[Page, ...]


SECTIONS = (
    Section("Overview", "chart-line", (Page("Overview", "economics:overview", "o"),)),
    Section(
        "Fleet",
        "server",
        (
            Page("Fleet", "fleet:list", "f"),
            Page("Order", "fleet:order", "d"),
            Page("Actions", "fleet:actions", "a"),
            Page("Volumes", "fleet:volumes", "v"),
            Page("Serverless", "fleet:serverless", "s"),
        ),
    ),
    Section(
        "Plan",
        "scale",
        (
            Page("Compare", "economics:plan", "l"),
            Page("Schedule", "economics:schedules", "h"),
            Page("GPU prices", "fleet:offers", "m"),
            Page("Model file", "economics:model-config"),
            Page("Strategy check", "economics:strategy", "y"),
        ),
    ),
    Section(
        "Market",
        "store",
        (
            Page("Market", "economics:market", "k"),
            Page("Our prices", "economics:prices", "p"),
            Page("Take rate", "economics:take-rates"),
            Page("Listing", "economics:listings", "n"),
        ),
    ),
    Section(
        "Profit",
        "coins",
        (
            Page("Profit", "economics:profit", "b"),
            Page("Days", "economics:days", "e"),
            Page("Usage", "economics:usage"),
            Page("Month", "economics:month"),
            Page("Bill", "economics:reconciliation"),
            Page("Statements", "economics:statements"),
            Page("Cash", "economics:cash", "$"),
            Page("Expenses", "economics:expenses"),
        ),
    ),
    Section(
        "Decide",
        "signpost",
        (
            Page("Decision matrix", "economics:decide", "c"),
            Page("Road map", "economics:roadmap", "r"),
        ),
    ),
    Section(
        "Jobs",
        "calendar-clock",
        (Page("Jobs", "fleet:jobs", "j"), Page("Incidents", "fleet:alerts", "i")),
    ),
    Section("Audit", "scroll-text", (Page("Audit", "fleet:audit", "u"),)),
    Section(
        "Settings",
        "settings-2",
        (
            Page("Guardrails", "economics:guardrails", "w"),
            Page("Alert channels", "fleet:alert-channels"),
            Page("Alert rules", "fleet:alert-rules"),
            Page("Keys", "fleet:keys", admin=True),
            Page("People", "account-people", admin=True),
            Page("Saved views", "fleet:saved-views"),
            Page("Time zone", "account-time-zone"),
            Page("API tokens", "account-tokens", "t"),
            Page("Security", "account-security", "x"),
        ),
    ),
)
# Pages below another page's address that belong to it, not to the address they lie under.
BELONGS = {"/account/password/": "account-security", "/decide/fleet/": "economics:decide"}


@dataclass(frozen=True, slots=True)
class Link:
    """A page as a link. `current` is "page" on the page itself, "true" within it."""

    name: str
    url: str
    key: str
    icon: str
    current: str = ""


@dataclass(frozen=True, slots=True)
class Navigation:
    """What the frame shows.

    sections  one link each; the one that we are in is marked
    section   the name of that section; "" outside of all
    pages     the pages of that section; none where it has only one
    all       every page that one may open
    """

    sections: tuple[Link, ...]
    section: str
    pages: tuple[Link, ...]
    all: tuple[Link, ...]


def open_pages(section: Section, *, is_admin: bool) -> Iterator[Page]:
    return (page for page in section.pages if is_admin or not page.admin)


def navigation(path: str, *, is_admin: bool) -> Navigation:
    """The links for somebody at the address `path`."""
    addresses = {
        page.view: reverse(page.view) for section in SECTIONS for page in section.pages
    }
    here = current_view(path, addresses)
    at = next((s for s in SECTIONS if any(p.view == here for p in s.pages)), None)

    def links(section: Section) -> tuple[Link, ...]:
        return tuple(
            Link(
                page.name,
                addresses[page.view],
                page.key,
                section.icon,
                _mark(page, here, path, addresses),
            )
            for page in open_pages(section, is_admin=is_admin)
        )

    pages = links(at) if at else ()
    return Navigation(
        sections=tuple(_section_link(each, links(each), at) for each in SECTIONS),
        section=at.name if at else "",
        pages=pages if len(pages) > 1 else (),
        all=tuple(link for each in SECTIONS for link in links(each)),
    )


def _section_link(section: Section, pages: tuple[Link, ...], at: Section | None) -> Link:
    """A section of one page is that page; a section of more holds the page marked below."""
    mark = (pages[0].current if len(pages) == 1 else "true") if section is at else ""
    return Link(section.name, pages[0].url, pages[0].key, section.icon, mark)


def _mark(page: Page, here: str, path: str, addresses: dict[str, str]) -> str:
    if page.view != here:
        return ""
    return "page" if path == addresses[page.view] else "true"


def current_view(path: str, addresses: dict[str, str]) -> str:
    """The page whose address `path` begins with, the longest of them; "" for none.

    Every path begins with "/": the overview is current on its own address only.
    """
    for begin, view in BELONGS.items():
        if path.startswith(begin):
            return view
    found = _beginning(path, addresses.items())
    return max(found, key=lambda each: len(each[1]), default=("", ""))[0]


def _beginning(path: str, addresses: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (view, url)
        for view, url in addresses
        if path == url or (url != "/" and path.startswith(url))
    ]
