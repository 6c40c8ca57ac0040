"""Tokens of the JSON API: made, revoked, and held against what a request brings.

    kerne_<id>_<secret>      12 and 64 hexadecimal digits

The whole is shown once, when it is made. Stored is a keyed hash of it (HMAC-SHA256 with
the secret key), so neither the database nor a guess of the hash is of use without the
key. `SECRET_KEY_FALLBACKS` count too: changing the key does not cut every script off.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils.crypto import constant_time_compare, salted_hmac

from fleet.services import audit
from fleet.services.roles import Role, role_of
from kerne_site.models import TOKEN_LIFE_LIMIT, ApiToken, Scope
from kerne_site.second_factor import authenticator_of

ID_BYTES = 6
SECRET_BYTES = 32
SHAPE = re.compile(r"kerne_([0-9a-f]{12})_([0-9a-f]{64})", re.ASCII)
LONGEST_NAME = 80
MOST_DAYS = TOKEN_LIFE_LIMIT.days
DEFAULT_DAYS = 90
MOST_TOKENS = 50  # not revoked, of one user
USED_EVERY = timedelta(minutes=1)
ACTS_WITHIN = timedelta(minutes=1)
MOST_ACTS = 30  # plans, confirmations and cancels of one token in that time
HASH_SALT = "kerne_site.ApiToken"


class TokenRefused(Exception):
    """A token that is not made, or that opens nothing; the message is for people.

    `field` names what would have to be written differently, where there is such a thing.
    """

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field


@dataclass(frozen=True)
class NewToken:
    """A token with its text `kerne_<id>_<secret>`, which can not be had a second time."""

    row: ApiToken
    text: str


def hash_of(public_id: str, secret: str, *, key: str | None = None) -> str:
    """HMAC-SHA256, in hex, of a token under `key` (without it: the secret key)."""
    return salted_hmac(
        HASH_SALT, f"{public_id}:{secret}", secret=key, algorithm="sha256"
    ).hexdigest()


def create(
    user: User,
    *,
    name: str,
    days: int,
    public_id: str,
    secret: str,
    acting_user: str,
    now: datetime,
    request_id: str = "",
    scope: str = Scope.READ,
) -> NewToken:
    """Make a token of `user` that is good for `days` days from `now` on; audited.

    public_id, secret: from `secrets.token_hex` of ID_BYTES and SECRET_BYTES.
    Raises TokenRefused with a sentence; then nothing is stored.
    """
    name = name.strip()
    _check(user, name, days)
    _check_scope(user, scope)
    try:
        with transaction.atomic():
            row = ApiToken.objects.create(
                user=user,
                name=name,
                scope=scope,
                public_id=public_id,
                secret_hash=hash_of(public_id, secret),
                created_at=now,
                expires_at=now + timedelta(days=days),
            )
            audit.record(
                "create api token",
                row,
                acting_user=acting_user,
                now=now,
                request_id=request_id,
                name=name,
                of=user.get_username(),
                scope=str(scope),
                expires_at=row.expires_at,
            )
    except IntegrityError:
        if _has(user, name):
            raise _taken(user, name) from None
        raise
    return NewToken(row, f"kerne_{public_id}_{secret}")


def _check(user: User, name: str, days: int) -> None:
    if not name:
        raise TokenRefused(
            "Name is empty; write what will use the token, such as nightly report.",
            field="name",
        )
    if len(name) > LONGEST_NAME:
        raise TokenRefused(
            f"Name has {len(name):,} characters; write at most {LONGEST_NAME}.",
            field="name",
        )
    if not name.isprintable():
        raise TokenRefused(
            f"Name is {name!r}; write it in one line of printable characters.",
            field="name",
        )
    if not 1 <= days <= MOST_DAYS:
        raise TokenRefused(
            f"Days is {days}; write a whole number from 1 to {MOST_DAYS}.", field="days"
        )
    if not user.is_active:
        raise TokenRefused(
            f"The account {user.get_username()} is not active, so a token of it would "
            "open nothing."
        )
    if _has(user, name):
        raise _taken(user, name)
    if ApiToken.objects.filter(user=user, revoked_at__isnull=True).count() >= MOST_TOKENS:
        raise TokenRefused(
            f"{user.get_username()} has {MOST_TOKENS} tokens; revoke one that nothing uses."
        )


def _check_scope(user: User, scope: str) -> None:
    if scope not in Scope.values:
        raise TokenRefused(
            f"Scope is {scope[:40]!r}; choose one of {', '.join(Scope.values)}.",
            field="scope",
        )
    if scope == Scope.OPERATE and role_of(user).rank < Role.OPERATOR.rank:
        raise TokenRefused(
            f"Scope is operate, but {user.get_username()} is {role_of(user).with_article}; "
            "choose read.",
            field="scope",
        )


def why_not(token: ApiToken, needed: Role) -> str:
    """Why this token may not act in that role, as a sentence; empty where it may.

    The account's role is asked each time: who lost it has no token that kept it.
    """
    if token.scope != Scope.OPERATE:
        return (
            f"This token ({token.name!r}) may only read; make one with the scope operate "
            "at /account/tokens/."
        )
    role = role_of(token.user)
    if role.rank < needed.rank:
        return (
            f"Only {needed.with_article} may do this; {token.user.get_username()} is "
            f"{role.with_article}."
        )
    if settings.REQUIRE_SECOND_FACTOR and authenticator_of(token.user) is None:
        return (
            f"To act, {token.user.get_username()} has to have a second factor; set it up "
            "under Security."
        )
    return ""


def count_act(token: ApiToken, *, now: datetime) -> int:
    """Count one order of a token; 0, or the seconds to wait where there were too many.

    Exact also over several web processes: each count is one conditional UPDATE.
    """
    row = ApiToken.objects.filter(pk=token.pk)
    over = Q(acts_since__isnull=True) | Q(acts_since__lte=now - ACTS_WITHIN)
    if row.filter(over).update(acts_since=now, acts=1):
        return 0
    if row.filter(acts__lt=MOST_ACTS).update(acts=F("acts") + 1):
        return 0
    since = row.values_list("acts_since", flat=True).get()
    left = (since + ACTS_WITHIN - now).total_seconds() if since else 0.0
    return max(ceil(left), 1)


def _has(user: User, name: str) -> bool:
    return ApiToken.objects.filter(user=user, name=name, revoked_at__isnull=True).exists()


def _taken(user: User, name: str) -> TokenRefused:
    return TokenRefused(
        f"{user.get_username()} already has a token named {name!r}; choose another "
        "name, or revoke that one first.",
        field="name",
    )


def revoke(row: ApiToken, *, acting_user: str, now: datetime, request_id: str = "") -> bool:
    """End a token at once, audited; False when it was revoked before."""
    with transaction.atomic():
        standing = ApiToken.objects.filter(pk=row.pk, revoked_at__isnull=True)
        if not standing.update(revoked_at=now):
            return False
        audit.record(
            "revoke api token",
            row,
            acting_user=acting_user,
            now=now,
            request_id=request_id,
            name=row.name,
            of=row.user.get_username(),
        )
    row.revoked_at = now
    return True


def check(text: str, *, now: datetime) -> ApiToken:
    """The token that `text` is, with its user; notes its use once a minute.

    Raises TokenRefused with a sentence. That a token is revoked or expired is told only
    to who holds its secret.
    """
    shape = SHAPE.fullmatch(text)
    if shape is None:
        raise TokenRefused("This is no token: one is written kerne_<id>_<secret>.")
    public_id, secret = shape.groups()
    row = ApiToken.objects.select_related("user").filter(public_id=public_id).first()
    if row is None or not _is_secret_of(row, secret):
        raise TokenRefused("This token is not one of ours.")
    if row.revoked_at is not None:
        raise TokenRefused(f"This token was revoked at {_utc(row.revoked_at)}.")
    if now >= row.expires_at:
        raise TokenRefused(f"This token expired at {_utc(row.expires_at)}.")
    if not row.user.is_active:
        raise TokenRefused("The account of this token is not active.")
    _note_use(row, now=now)
    return row


def _is_secret_of(row: ApiToken, secret: str) -> bool:
    """Compares in constant time: how long it takes tells nothing about the hash."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return any(
        constant_time_compare(row.secret_hash, hash_of(row.public_id, secret, key=key))
        for key in keys
    )


def _note_use(row: ApiToken, *, now: datetime) -> None:
    """At most one write a minute, also of many requests at once."""
    before = now - USED_EVERY
    if row.last_used_at is not None and row.last_used_at > before:
        return
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=before)
    ApiToken.objects.filter(stale, pk=row.pk).update(last_used_at=now)


def _utc(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
