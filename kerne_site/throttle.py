"""Locked out: five wrong logins of a name from an address close the door for 15 minutes.

django-axes counts; here stands what it is asked and what the locked-out page says. Wrong
login links are counted too, under a name that no account can have.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth.signals import user_login_failed
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kerne_site.client_ip import client_ip

LINKS = {"username": "/login link/"}


def links_are_locked(request: HttpRequest) -> bool:
    """Whether this address tried too many wrong login links."""
    return not AxesProxyHandler.is_allowed(request, LINKS)


def count_wrong_link(request: HttpRequest) -> None:
    """Count a login link that opened nothing."""
    user_login_failed.send("kerne_site", credentials=LINKS, request=request)
    request.axes_locked_out = False  # type: ignore[attr-defined]  # this answer is ours


def locked_out(
    request: HttpRequest,
    original_response: HttpResponse | None = None,
    credentials: Mapping[str, Any] | None = None,
) -> HttpResponse:
    """The page: the same for a name that exists and one that does not."""
    name = str((credentials or {}).get("username") or request.POST.get("username", ""))
    page = {"until": ends_at(request, name), "limit": settings.AXES_FAILURE_LIMIT}
    return render(request, "registration/locked_out.html", page, status=429)


def ends_at(request: HttpRequest, username: str) -> datetime | None:
    """When the lockout of a name at this address ends; None when it is not known."""
    last = AccessAttempt.objects.filter(
        username=username, ip_address=client_ip(request)
    ).aggregate(last=Max("attempt_time"))["last"]
    return None if last is None else last + settings.AXES_COOLOFF_TIME
