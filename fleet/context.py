"""What every template gets as `console`: frame, theme, and whether the numbers live."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from fleet.access import why_not
from fleet.navigation import navigation
from fleet.selectors.frame import frame
from fleet.services.roles import Role
from fleet.views.banner import silence

THEME_COOKIE = "kerne-theme"
THEMES = ("auto", "light", "dark")
DENSITY_COOKIE = "kerne-density"
DENSITIES = ("roomy", "dense")
SCRIPTS = ("looks", "live", "state", "keys", "parts", "tables", "palette")
MODULES = tuple(f"console/{name}.js" for name in SCRIPTS)


def console(request: HttpRequest) -> dict[str, Any]:
    """Context processor. A fragment gets the clock only: it has no frame."""
    now = timezone.now()
    context: dict[str, Any] = {
        "now": now,
        "sandbox": settings.KERNE_SANDBOX,
        "theme": chosen(request, THEME_COOKIE, THEMES),
        "density": chosen(request, DENSITY_COOKIE, DENSITIES),
        "modules": MODULES,
        "version": getattr(settings, "KERNE_VERSION", ""),
    }
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated and "HX-Request" not in request.headers:
        seen = frame(now=now, user=user.pk)
        may_administer = not why_not(user, Role.ADMIN)
        context |= {
            "silence": silence(seen, now=now),
            "spending_stop": seen.stop,
            "may_operate": not why_not(user, Role.OPERATOR),
            "may_administer": may_administer,
            "navigation": navigation(request.path, is_admin=may_administer),
            "alerts": seen.alerts,
            "views": seen.views,
            "demo": seen.demo,
        }
    return {"console": context}


def chosen(request: HttpRequest, cookie: str, choices: tuple[str, ...]) -> str:
    """What this browser keeps, the first choice where it keeps nothing that we know."""
    kept = request.COOKIES.get(cookie, "")
    return kept if kept in choices else choices[0]
