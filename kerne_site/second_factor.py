"""The second factor: six digits of an authenticator, or a recovery code that works once.

The authenticator's seed is encrypted in the database (unlike django-otp's own device),
and recovery codes are kept as keyed hashes. Wrong codes are slowed down by django-otp:
each one doubles the wait.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

import segno
from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from django_otp import login as otp_login

from fleet.services import audit
from kerne_site.accounts import BACKEND
from kerne_site.models import Authenticator, RecoveryCode

PENDING = "second_factor_of"
PENDING_FOR = timedelta(minutes=5)
CODES = 10
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
HALF = 5
SALT = "kerne_site.RecoveryCode"


class CodeRefused(Exception):
    """A code that does not log in; the message says why."""


def authenticator_of(user: User) -> Authenticator | None:
    """The one that is set up, if there is one."""
    found: Authenticator | None = Authenticator.objects.filter(
        user=user, confirmed=True
    ).first()
    return found


def hold(session: SessionBase, user: User, *, now: datetime) -> None:
    """Remember that the password was right, and log nobody in yet."""
    session[PENDING] = [user.pk, now.timestamp()]


def held(session: SessionBase, *, now: datetime) -> User | None:
    """Whose password was right within the last 5 minutes."""
    pk, at = session.get(PENDING, (None, 0.0))
    if pk is None or now.timestamp() - at > PENDING_FOR.total_seconds():
        return None
    return User.objects.filter(pk=pk, is_active=True).first()


def log_in(request: HttpRequest, user: User, device: Authenticator | None = None) -> None:
    """Open the session; `device` is the second factor that was shown."""
    request.session.pop(PENDING, None)
    login(request, user, backend=BACKEND)
    if device is not None:
        otp_login(request, device)


def verify(user: User, code: str, *, now: datetime) -> Authenticator:
    """The authenticator whose code it is. Raises CodeRefused with a sentence.

    The row is locked: two requests with one code, and one of them is refused.
    """
    typed = code.strip().lower().replace(" ", "")[:20]
    with transaction.atomic():
        device: Authenticator | None = (
            Authenticator.objects.select_for_update()
            .filter(user=user, confirmed=True)
            .first()
        )
        if device is None:
            raise CodeRefused("No second factor is set up.")
        allowed, why = device.verify_is_allowed()
        right = allowed and (
            _recovered(device, typed, now=now) or device.verify_token(typed)
        )
    if not allowed:
        until = (why or {}).get("locked_until")
        raise CodeRefused(
            "Too many wrong codes; "
            + (f"try again at {until:%H:%M:%S} UTC." if until else "wait a moment.")
        )
    if not right:
        raise CodeRefused(
            "This code is not right: write the six digits that the authenticator shows "
            "now, each works once, or a recovery code."
        )
    return device


def _recovered(device: Authenticator, typed: str, *, now: datetime) -> bool:
    """Whether it is a recovery code; then it is spent, and said in the audit."""
    if len(typed.replace("-", "")) != 2 * HALF:
        return False
    hashes = [_hash(device.user_id, typed, key) for key in _keys()]
    unused = RecoveryCode.objects.filter(
        user_id=device.user_id, code_hash__in=hashes, used_at__isnull=True
    )
    if not unused.update(used_at=now):
        return False
    device.throttle_reset()
    left = RecoveryCode.objects.filter(user_id=device.user_id, used_at__isnull=True)
    name = device.user.get_username()
    audit.record("use recovery code", name, acting_user=name, now=now, left=left.count())
    return True


def _keys() -> list[str]:
    return [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]


def _hash(user_id: int, code: str, key: str) -> str:
    text = f"{user_id}:{code.replace('-', '')}"
    return salted_hmac(SALT, text, secret=key, algorithm="sha256").hexdigest()


def _refuse_a_second(user: User) -> None:
    """Whoever found an open session may not put a phone of their own in place of ours."""
    if Authenticator.objects.filter(user=user, confirmed=True).exists():
        raise CodeRefused("A second factor is on; turn it off with its code first.")


def begin(user: User) -> Authenticator:
    """A new authenticator that counts once its first code was written back.

    Raises CodeRefused where one is in use.
    """
    with transaction.atomic():
        _refuse_a_second(user)
        Authenticator.objects.filter(user=user, confirmed=False).delete()
        made: Authenticator = Authenticator.objects.create(
            user=user, name="authenticator", confirmed=False, key=secrets.token_hex(20)
        )
        return made


def finish(user: User, code: str, *, now: datetime, request_id: str = "") -> list[str]:
    """Take the new authenticator in use; the recovery codes, which are told only now.

    Raises CodeRefused; then nothing is changed but the wait after a wrong code.
    """
    with transaction.atomic():
        _refuse_a_second(user)
        device = (
            Authenticator.objects.select_for_update()
            .filter(user=user, confirmed=False)
            .first()
        )
        if device is None:
            raise CodeRefused("Begin again: there is no code to confirm.")
        right = device.verify_token(code.strip().replace(" ", "")[:20])
        codes: list[str] = []
        if right:
            device.confirmed = True
            device.save(update_fields=["confirmed"])
            codes = _new_codes(user)
            _record("set up second factor", user, now=now, request_id=request_id)
    if not right:
        raise CodeRefused("This code is not right; write the six digits shown now.")
    return codes


def new_codes(user: User, *, now: datetime, request_id: str = "") -> list[str]:
    """Recovery codes in place of all earlier ones, told only now."""
    with transaction.atomic():
        codes = _new_codes(user)
        _record("make recovery codes", user, now=now, request_id=request_id)
    return codes


def _new_codes(user: User) -> list[str]:
    RecoveryCode.objects.filter(user=user).delete()
    codes = [
        "-".join("".join(secrets.choice(ALPHABET) for _ in range(HALF)) for _ in range(2))
        for _ in range(CODES)
    ]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, code_hash=_hash(user.pk, code, settings.SECRET_KEY))
        for code in codes
    )
    return codes


def turn_off(user: User, *, acting_user: str, now: datetime, request_id: str = "") -> bool:
    """Remove the second factor and its recovery codes; False where there was none."""
    with transaction.atomic():
        had = Authenticator.objects.filter(user=user).delete()[0]
        RecoveryCode.objects.filter(user=user).delete()
        if had:
            audit.record(
                "turn off second factor",
                user.get_username(),
                acting_user=acting_user,
                now=now,
                request_id=request_id,
            )
    return bool(had)


def _record(verb: str, user: User, *, now: datetime, request_id: str) -> None:
    name = user.get_username()
    audit.record(verb, name, acting_user=name, now=now, request_id=request_id)


def qr_code(device: Authenticator) -> str:
    """The set-up address as inline SVG: attributes only, no style and no script."""
    picture = segno.make(device.address, error="m", micro=False)
    return picture.svg_inline(scale=4, border=4, dark="#000000", light="#ffffff", title="")
