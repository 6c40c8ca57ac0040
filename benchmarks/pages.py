"""How long does the console take for each of its pages, and how heavy are they?

    python benchmarks/pages.py "$(make -s login-link)" [rounds]

Of a console that runs, best with the demo: follows its links from the overview to one
address of every page (one of each name in the URLconf), then asks for each in turn over
HTTP, `rounds` times (20), and prints p50 and p95 in milliseconds, the kilobytes that
travel, and the ratio to a floor: a page of the same server and session that reads only
who asks (`/account/time-zone/`). It changes nothing: GET only, and no link that is a file.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter
from urllib.parse import urlsplit

import requests

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

FLOOR = "/account/time-zone/"
MOST_PAGES = 200
SECONDS = 30
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
FILE = re.compile(r"\.(csv|json|txt|svg|webp)$")


class Links(HTMLParser):
    """The addresses that a page links to, in their order."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") or ""
        if tag == "a" and href.startswith(("/", "?")):
            self.found.append(href)


class Console:
    """A console that runs, and a session of its owner."""

    def __init__(self, link: str) -> None:
        parts = urlsplit(link)
        self.base = f"{parts.scheme}://{parts.netloc}"
        self.session = requests.Session()
        form = self.session.get(link, timeout=SECONDS)
        token = TOKEN.search(form.text)
        if token is None:
            raise SystemExit(f"{link} is no login link any more; print a new one.")
        answer = self.session.post(
            link,
            data={"csrfmiddlewaretoken": token[1]},
            headers={"Referer": link},
            timeout=SECONDS,
        )
        if urlsplit(answer.url).path != "/":
            raise SystemExit(f"{link} logged nobody in; print a new one.")

    def ask(self, address: str) -> tuple[float, float, requests.Response]:
        """Milliseconds to the last byte, kilobytes that travelled, and the answer."""
        began = perf_counter()
        answer = self.session.get(self.base + address, timeout=SECONDS, stream=True)
        raw = answer.raw.read(decode_content=False)
        taken = (perf_counter() - began) * 1_000
        answer.raw.close()
        return taken, len(raw) / 1_024, answer

    def cookies(self) -> list[dict[str, str]]:
        """The session, for a browser."""
        found = self.session.cookies.get_dict()
        return [
            {"name": name, "value": value, "url": self.base}
            for name, value in found.items()
        ]

    def pages(self) -> Iterator[str]:
        """One address of every page that can be reached by links, breadth first."""
        from django.urls import Resolver404, resolve

        know_the_addresses()
        waiting, known = ["/"], set()
        while waiting and len(known) < MOST_PAGES:
            address = waiting.pop(0)
            path = urlsplit(address).path
            try:
                name = resolve(path).view_name
            except Resolver404:
                continue
            if name in known or FILE.search(path):
                continue
            known.add(name)
            answer = self.session.get(self.base + address, timeout=SECONDS)
            if answer.ok and answer.headers["Content-Type"].startswith("text/html"):
                yield address
                links = Links()
                links.feed(answer.text)
                waiting += [
                    path + each if each.startswith("?") else each for each in links.found
                ]


def know_the_addresses() -> None:
    """Django's URLconf, without its database."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "kerne_site.settings"
    import django

    django.setup()


def p95(taken: list[float]) -> float:
    """The nearest rank: the least that 95 of 100 do not exceed."""
    return sorted(taken)[ceil(0.95 * len(taken)) - 1]


def main(link: str, rounds: int) -> None:
    console = Console(link)
    addresses = list(console.pages())
    taken: dict[str, list[float]] = {each: [] for each in [FLOOR, *addresses]}
    weight = {}
    for _ in range(rounds):  # in turns: what disturbs the machine disturbs all of them
        for address, times in taken.items():
            ms, weight[address], _ = console.ask(address)
            times.append(ms)
    floor = median(taken[FLOOR])
    print(f"{'page':<58} {'p50 ms':>7} {'p95 ms':>7} {'ratio':>6} {'KB':>6}")
    for address, times in sorted(taken.items(), key=lambda each: -p95(each[1])):
        print(
            f"{address[:58]:<58} {median(times):>7.1f} {p95(times):>7.1f} "
            f"{median(times) / floor:>6.1f} {weight[address]:>6.1f}"
        )
    late = [each for each, times in taken.items() if p95(times) > 150]
    heavy = [each for each, kb in weight.items() if kb > 100]
    print(
        f"{len(taken)} pages; over 150 ms: {late or 'none'}; over 100 KB: {heavy or 'none'}"
    )


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        raise SystemExit(__doc__)
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) == 3 else 20)
