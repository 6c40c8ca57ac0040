"""The digits that an authenticator app would show."""

from __future__ import annotations

import time
from binascii import unhexlify

from django_otp.oath import TOTP

from kerne_site.models import Authenticator


def code_of(device: Authenticator, *, steps: int = 0) -> str:
    """Now, or so many steps of 30 seconds later."""
    clock = TOTP(unhexlify(device.key))
    clock.time = time.time() + 30 * steps
    return f"{clock.token():06d}"
