"""Logins in browsers: noted when they begin, listed for their owner, ended at will."""

from __future__ import annotations

from datetime import datetime
from importlib import import_module

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.http import HttpRequest
from django.utils import timezone

from kerne_site.client_ip import client_ip
from kerne_site.models import BrowserSession

SHOWN = 50
LONGEST_AGENT = 200


def note_login(request: HttpRequest, user: User) -> None:
    """Signal user_logged_in: the session that begins. Its key was just made anew."""
    session = request.session
    if session.session_key is None:
        session.save()
    BrowserSession.objects.update_or_create(
        session_key=session.session_key,
        defaults={
            "user": user,
            "ip_address": client_ip(request)[:45],
            "user_agent": _printable(request.headers.get("User-Agent", "")),
            "logged_in_at": timezone.now(),
        },
    )


def _printable(text: str) -> str:
    return "".join(each for each in text if each.isprintable())[:LONGEST_AGENT]


def of(user: User, *, now: datetime) -> list[BrowserSession]:
    """The standing sessions, newest first; rows of ended ones go."""
    rows = BrowserSession.objects.filter(user=user)
    standing = set(
        Session.objects.filter(
            session_key__in=rows.values("session_key"), expire_date__gt=now
        ).values_list("session_key", flat=True)
    )
    rows.exclude(session_key__in=standing).delete()
    return list(rows[:SHOWN])


def end(row: BrowserSession) -> None:
    """End a session: its cookie opens nothing any more."""
    import_module(settings.SESSION_ENGINE).SessionStore(row.session_key).delete()
    row.delete()


def end_others(user: User, *, keep: str | None) -> int:
    """End every session of an account but one; how many."""
    rows = list(BrowserSession.objects.filter(user=user).exclude(session_key=keep or ""))
    for row in rows:
        end(row)
    return len(rows)


def rotate(session: SessionBase) -> None:
    """Give the session a new key, as at a login; what was seen of the old one is void."""
    before = session.session_key
    session.cycle_key()
    BrowserSession.objects.filter(session_key=before).update(
        session_key=session.session_key
    )
