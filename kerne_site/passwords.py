"""Passwords: changed by their owner, or set anew by a link that an admin made."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth import HASH_SESSION_KEY
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from fleet.services import audit
from kerne_site import sessions
from kerne_site.login_links import LinkRefused, check_link, hash_of
from kerne_site.models import LoginToken
from kerne_site.people import PeopleRefused, check_inviter, one_at_a_time

LINK_LIFE = timedelta(days=1)


def changed(
    user: User, password: str, *, request: HttpRequest, now: datetime, request_id: str = ""
) -> int:
    """Keep a new password that was checked; how many other sessions this ended.

    The session of `request` goes on under a new key.
    """
    name = user.get_username()
    with transaction.atomic():
        user.set_password(password)
        user.save(update_fields=["password"])
        audit.record(
            "change password", name, acting_user=name, now=now, request_id=request_id
        )
    sessions.rotate(request.session)
    request.session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    return sessions.end_others(user, keep=request.session.session_key)


def make_link(
    user: User,
    *,
    token: str,
    base_url: str,
    acting_user: str,
    now: datetime,
    request_id: str = "",
) -> str:
    """Store a link to a new password and give its address, good for a day and once.

    Links that were made for this account before end. Raises PeopleRefused.
    """
    name = user.get_username()
    if not user.is_active:
        raise PeopleRefused(f"The account of {name} is closed; open it again first.")
    with one_at_a_time():
        waiting(name).update(used_at=now)
        row = LoginToken.objects.create(
            token_hash=hash_of(token),
            created_at=now,
            good_until=now + LINK_LIFE,
            username=name,
            invited_by=acting_user,
        )
        audit.record(
            "make password link",
            name,
            acting_user=acting_user,
            now=now,
            request_id=request_id,
            good_until=row.good_until,
        )
    return base_url + reverse("login-link", args=[token])


def waiting(username: str) -> QuerySet[LoginToken]:
    """Links to a new password of an account that nobody used."""
    return LoginToken.objects.filter(username=username, role="", used_at__isnull=True)


def account_of(link: LoginToken) -> User:
    """Whose password a link sets. Raises LinkRefused for one that may not log in."""
    user = User.objects.filter(username=link.username, is_active=True).first()
    if user is None:
        raise LinkRefused(f"There is no open account of {link.username} any more.")
    return user


def reset(token: str, password: str, *, now: datetime, request_id: str = "") -> User:
    """Set a new password and spend its link, together or not at all; all sessions end.

    Raises LinkRefused for a link that opens nothing (any more), and ValidationError for
    a password that is too weak.
    """
    with one_at_a_time():
        link = check_link(token, now=now)
        check_inviter(link)
        user = account_of(link)
        validate_password(password, user)
        unused = LoginToken.objects.filter(pk=link.pk, used_at__isnull=True)
        if not unused.update(used_at=now):
            raise LinkRefused("This link was used a moment ago; each one works once.")
        user.set_password(password)
        user.save(update_fields=["password"])
        name = user.get_username()
        audit.record(
            "reset password",
            name,
            acting_user=name,
            now=now,
            request_id=request_id,
            link_by=link.invited_by,
        )
    sessions.end_others(user, keep=None)
    return user
