"""What every template gets as `console`: frame, theme, and whether the numbers live."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone

from fleet.access import why_not
from fleet.selectors.frame import frame
from fleet.services.roles import Role
from fleet.views.banner import silence

THEME_COOKIE = "kerne-theme"
THEMES = ("auto", "light", "dark")
MODULES = tuple(
    f"console/{name}.js" for name in ("theme", "live", "keys", "parts", "tables")
)
PAGES = (  # name, address, key after "g", icon
    ("Overview", "economics:overview", "o", "chart-line"),
    ("Fleet", "fleet:list", "f", "server"),
    ("Profit", "economics:profit", "b", "coins"),
    ("Plan", "economics:plan", "l", "scale"),
    ("Decide", "economics:decide", "c", "signpost"),
    ("Order", "fleet:order", "d", "plus"),
    ("Schedule", "economics:schedules", "h", "calendar-range"),
    ("Prices", "economics:prices", "p", "tag"),
    ("Market", "economics:market", "k", "store"),
    ("Road map", "economics:roadmap", "r", "milestone"),
    ("GPU prices", "fleet:offers", "m", "cpu"),
    ("Books", "economics:days", "e", "notebook-text"),
    ("Actions", "fleet:actions", "a", "receipt-text"),
    ("Alerts", "fleet:alerts", "i", "bell"),
    ("Jobs", "fleet:jobs", "j", "calendar-clock"),
    ("Guardrails", "economics:guardrails", "w", "shield"),
    ("Audit", "fleet:audit", "u", "scroll-text"),
)
SHOWN_PAGES = 6  # the others stand under More: the bar is one line at 1280 px


def console(request: HttpRequest) -> dict[str, Any]:
    """Context processor. A fragment gets the clock only: it has no frame."""
    now = timezone.now()
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    context: dict[str, Any] = {
        "now": now,
        "sandbox": settings.KERNE_SANDBOX,
        "theme": theme if theme in THEMES else "auto",
        "modules": MODULES,
        "version": getattr(settings, "KERNE_VERSION", ""),
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and "HX-Request" not in request.headers:
        seen = frame(now=now)
        context |= {
            "silence": silence(seen, now=now),
            "spending_stop": seen.stop,
            "may_operate": not why_not(user, Role.OPERATOR),
            "may_administer": not why_not(user, Role.ADMIN),
            "pages": (all_pages := pages(request.path)),
            "first_pages": all_pages[:SHOWN_PAGES],
            "more_pages": (more := all_pages[SHOWN_PAGES:]),
            "current_more": next((page for page in more if page["current"]), None),
            "alerts": seen.alerts,
        }
    return {"console": context}


def pages(path: str) -> list[dict[str, Any]]:
    """The navigation; the current page is the longest address that the path begins with.

    Every path begins with "/": the overview is current on its own address only.
    """
    entries = [
        {"name": name, "url": reverse(view), "key": key, "icon": icon}
        for name, view, key, icon in PAGES
    ]
    matching = [
        entry["url"]
        for entry in entries
        if path == entry["url"] or (entry["url"] != "/" and path.startswith(entry["url"]))
    ]
    current = max(matching, key=len, default="")
    return [entry | {"current": entry["url"] == current} for entry in entries]
