"""How a channel's address is kept: encrypted, so that a copy of the database tells nobody.

The key is made from SECRET_KEY; with its fallbacks, addresses of before a change open.
"""

from __future__ import annotations

import base64

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def seal(text: str) -> str:
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text; "" when no key of ours opens it."""
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken:
        return ""


def _box() -> MultiFernet:
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([Fernet(_key(each)) for each in keys])


def _key(secret: str) -> bytes:
    made = HKDF(SHA256(), length=32, salt=None, info=b"kerne alert channel")
    return base64.urlsafe_b64encode(made.derive(secret.encode()))
