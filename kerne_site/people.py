"""People: accounts with a role, invited by a link that works once; never without an admin.

Every change is audited in its own transaction. Changes of roles wait for each other, so
that two admins who take each other's role can not leave the console without one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.contrib.auth.models import Group, User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.urls import reverse

from fleet.services import audit
from fleet.services.roles import Role, role_of
from kerne_site.login_links import LinkRefused, check_link, hash_of
from kerne_site.models import LoginToken

INVITATION_LIFE = timedelta(days=3)
MOST_INVITATIONS = 50  # open ones
LONGEST_NAME = 150


class PeopleRefused(Exception):
    """A change that is not made; the message says why, `field` which entry is wrong."""

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


def invite(
    username: str,
    role: Role,
    *,
    token: str,
    base_url: str,
    acting_user: str,
    now: datetime,
    request_id: str = "",
) -> str:
    """Store an invitation and give its address, good for 3 days and one account.

    token: unguessable, from `secrets.token_urlsafe`; only its hash is kept.
    Raises PeopleRefused with a sentence; then nothing is stored.
    """
    username = username.strip()
    with one_at_a_time():
        _check_name(username, now=now)
        row = LoginToken.objects.create(
            token_hash=hash_of(token),
            created_at=now,
            good_until=now + INVITATION_LIFE,
            username=username,
            role=role.value,
            invited_by=acting_user,
        )
        audit.record(
            "invite",
            username,
            acting_user=acting_user,
            now=now,
            request_id=request_id,
            role=role.value,
            good_until=row.good_until,
        )
    return base_url + reverse("login-link", args=[token])


def _check_name(username: str, *, now: datetime) -> None:
    if not username:
        raise PeopleRefused(
            "Name is empty; write the name to log in with.", field="username"
        )
    if len(username) > LONGEST_NAME:
        raise PeopleRefused(
            f"Name has {len(username):,} characters; write at most {LONGEST_NAME}.",
            field="username",
        )
    try:
        User.username_validator(username)
    except ValidationError:
        raise PeopleRefused(
            f"Name is {username!r}; write letters, digits and @ . + - _ only.",
            field="username",
        ) from None
    if User.objects.filter(username__iexact=username).exists():
        raise PeopleRefused(
            f"The name {username!r} is taken; choose another.", field="username"
        )
    waiting = open_invitations(now=now)
    if waiting.filter(username__iexact=username).exists():
        raise PeopleRefused(
            f"{username!r} is invited already; withdraw that invitation first.",
            field="username",
        )
    if waiting.count() >= MOST_INVITATIONS:
        raise PeopleRefused(
            f"{MOST_INVITATIONS} invitations are open; withdraw one that nobody uses."
        )


def open_invitations(*, now: datetime) -> QuerySet[LoginToken]:
    return (
        LoginToken.objects.filter(used_at__isnull=True, good_until__gt=now)
        .exclude(username="")
        .exclude(role="")  # a link to a new password
        .order_by("username")
    )


def withdraw(
    row: LoginToken, *, acting_user: str, now: datetime, request_id: str = ""
) -> bool:
    """End an invitation, audited; False when it was used or withdrawn before."""
    with transaction.atomic():
        unused = LoginToken.objects.filter(pk=row.pk, used_at__isnull=True)
        if not unused.exclude(username="").update(used_at=now):
            return False
        audit.record(
            "withdraw invitation",
            row.username,
            acting_user=acting_user,
            now=now,
            request_id=request_id,
            role=row.role,
        )
    return True


def accept(token: str, password: str, *, now: datetime, request_id: str = "") -> User:
    """Make the invited account and spend its link, together or not at all.

    Raises LinkRefused for a link that opens nothing (any more), and ValidationError for
    a password that is too weak.
    """
    with one_at_a_time():
        link = check_link(token, now=now)
        if not link.role:
            raise LinkRefused("This link sets a new password and makes no account.")
        check_inviter(link)
        user = User(username=link.username)
        validate_password(password, user)
        if User.objects.filter(username__iexact=link.username).exists():
            raise LinkRefused(f"The name {link.username!r} was taken since the invitation.")
        unused = LoginToken.objects.filter(pk=link.pk, used_at__isnull=True)
        if not unused.update(used_at=now):
            raise LinkRefused("This link was used a moment ago; each one works once.")
        user.set_password(password)
        user.save()
        user.groups.set([Group.objects.get(name=link.role)])
        audit.record(
            "make account",
            user.get_username(),
            acting_user=user.get_username(),
            now=now,
            request_id=request_id,
            role=link.role,
            invited_by=link.invited_by,
        )
    return user


def check_inviter(link: LoginToken) -> None:
    """Raises LinkRefused when whoever invited is no admin any more.

    An admin who is about to be closed could else leave a door for later.
    """
    if not link.invited_by:
        return  # the owner's own link, made at the server
    inviter = User.objects.filter(username=link.invited_by, is_active=True).first()
    if inviter is None or role_of(inviter) is not Role.ADMIN:
        raise LinkRefused(
            f"{link.invited_by}, who made this link, is no admin any more; ask another."
        )


def set_role(
    user: User, role: Role, *, acting_user: str, now: datetime, request_id: str = ""
) -> bool:
    """Give an account another role; False where it has it already.

    Raises PeopleRefused for the last admin. An owner who gets a lesser role is a
    superuser no more.
    """
    with one_at_a_time():
        row = User.objects.get(pk=user.pk)
        was = role_of(row)
        if was is role:
            return False
        if was is Role.ADMIN:
            _keep_an_admin(row)
        row.is_superuser = row.is_staff = False
        row.save(update_fields=["is_superuser", "is_staff"])
        row.groups.remove(*row.groups.filter(name__in=Role.values))
        row.groups.add(Group.objects.get(name=role.value))
        audit.record(
            "change role",
            row.get_username(),
            acting_user=acting_user,
            now=now,
            request_id=request_id,
            was=was.value,
            role=role.value,
        )
    return True


def set_active(
    user: User, active: bool, *, acting_user: str, now: datetime, request_id: str = ""
) -> bool:
    """Close an account or open it again; False where it is so already.

    A closed account's sessions and tokens open nothing from the next request on.
    Raises PeopleRefused for the last admin and for one's own account.
    """
    with one_at_a_time():
        row = User.objects.get(pk=user.pk)
        if row.is_active == active:
            return False
        if not active:
            if row.get_username() == acting_user:
                raise PeopleRefused("Nobody closes the own account; ask another admin.")
            if role_of(row) is Role.ADMIN:
                _keep_an_admin(row)
        row.is_active = active
        row.save(update_fields=["is_active"])
        audit.record(
            "open account" if active else "close account",
            row.get_username(),
            acting_user=acting_user,
            now=now,
            request_id=request_id,
            role=role_of(row).value,
        )
    return True


def admins() -> QuerySet[User]:
    """Active accounts that may set roles."""
    may = Q(is_superuser=True) | Q(groups__name=Role.ADMIN.value)
    return User.objects.filter(may, is_active=True).distinct()


def _keep_an_admin(row: User) -> None:
    if not admins().exclude(pk=row.pk).exists():
        raise PeopleRefused(
            f"{row.get_username()} is the last admin; make somebody else an admin first."
        )


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """A transaction that waits for any other change of people."""
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended('kerne people', 0))"
            )
        yield
