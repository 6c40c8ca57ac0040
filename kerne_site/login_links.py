"""One-time login links: who can run a command on the server may log in as its owner.

`up` prints one, `manage.py login_link` another. There is no default password.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from fleet.services import audit
from fleet.services.roles import Role, role_of
from kerne_site.models import LINK_LIFE, LoginToken

TOKEN_BYTES = 32
KEPT_AFTER_EXPIRY = timedelta(days=1)


class LinkRefused(Exception):
    """The link logs nobody in; the message says why, for the page."""


@dataclass(frozen=True)
class NewOwner:
    """The account that the first link makes."""

    username: str
    password: str


def make_link(*, base_url: str, token: str, now: datetime) -> str:
    """Store the token (its hash) and give the address that it opens, good for 15 minutes.

    token: unguessable, from `secrets.token_urlsafe(TOKEN_BYTES)`.
    """
    LoginToken.objects.create(token_hash=hash_of(token), created_at=now)
    return base_url + reverse("login-link", args=[token])


def old_links(*, now: datetime) -> QuerySet[LoginToken]:
    """Links that nobody needs to be told about any more: a day after their time."""
    end = now - KEPT_AFTER_EXPIRY
    return LoginToken.objects.filter(
        Q(good_until__isnull=True, created_at__lte=end - LINK_LIFE) | Q(good_until__lte=end)
    )


def hash_of(token: str) -> str:
    """What the database keeps of a token. Unsalted: 256 random bits need no salt."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_link(token: str, *, now: datetime) -> LoginToken:
    """The stored link of a token; raises LinkRefused if it is unknown, used or expired.

    Changes nothing: a mail program's or chat's preview opens links too.
    """
    link = LoginToken.objects.filter(token_hash=hash_of(token)).first()
    if link is None:
        raise LinkRefused(
            "This login link is not one of ours, or it is too old to be known."
        )
    if link.used_at is not None:
        raise LinkRefused(
            f"This login link was used at {link.used_at:%H:%M} UTC; each one works once."
        )
    if link.has_expired(now=now):
        raise LinkRefused(
            f"This link ended at {link.ends_at:%Y-%m-%d %H:%M} UTC; ask for another."
            if link.username
            else f"This login link expired at {link.ends_at:%H:%M} UTC; it is "
            f"good for {LINK_LIFE.seconds // 60} minutes."
        )
    return link


def owner() -> User | None:
    """The account that links log in to: the first superuser, else the first admin.

    An owner who handed the role on leaves no superuser behind.
    """
    active = User.objects.filter(is_active=True).order_by("pk")
    made_here = active.filter(is_superuser=True).first()
    return made_here or active.filter(groups__name=Role.ADMIN.value).first()


def use_link(token: str, *, now: datetime, new_owner: NewOwner | None) -> User:
    """Spend the link and give the owner, made from `new_owner` if there is none yet.

    Link and account change together or not at all. Two requests with one link: the
    conditional UPDATE lets one through, the other gets LinkRefused.
    """
    with transaction.atomic():
        link = check_link(token, now=now)
        if link.username:
            raise LinkRefused("This link is of another account; it logs no owner in.")
        unused = LoginToken.objects.filter(pk=link.pk, used_at__isnull=True)
        if not unused.update(used_at=now):
            raise LinkRefused("This login link was used a moment ago; each one works once.")
        user = owner()
        if user is None:
            if new_owner is None:
                raise LinkRefused(
                    "There is no account yet; open the link again to make it."
                )
            user = User.objects.create_superuser(
                new_owner.username, password=new_owner.password
            )
            _record("make account", user, now=now)
        _record("log in by link", user, now=now)
        return user


def _record(verb: str, user: User, *, now: datetime) -> None:
    """Who came in from the server, as who may run a command there can."""
    name = user.get_username()
    audit.record(verb, name, acting_user=name, now=now, role=role_of(user).value)
