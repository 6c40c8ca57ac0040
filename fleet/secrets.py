"""Secrets at rest: encrypted in the database, with keys that the database does not have.

`EncryptedTextField` is the one place: it encrypts on the way in and decrypts on the way
out (Fernet: AES-128-CBC with HMAC-SHA256). The keys come from KERNE_ENCRYPTION_KEYS,
newest first: the first encrypts, all of them decrypt, so keys are changed without a
moment in which something is unreadable (`manage.py rotate_secrets`).
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db import models

KEPT_DECRYPTED = 20_000  # values; a sweep reads the key of every pod every 10 s


class SecretUnreadable(Exception):
    """A stored secret that none of the keys opens; the message says what to do."""


def encrypt(text: str) -> str:
    """The ciphertext of a secret under the newest key; of an empty text an empty one."""
    return _cipher(_keys()).encrypt(text.encode()).decode() if text else ""


def decrypt(ciphertext: str) -> str:
    """The secret. Raises SecretUnreadable where no key fits, or it is none of ours."""
    return _decrypted(ciphertext, _keys()) if ciphertext else ""


def under_newest_key(ciphertext: str) -> bool:
    """Whether the newest key alone opens it."""
    try:
        Fernet(_keys()[0]).decrypt(ciphertext.encode())
    except InvalidToken:
        return False
    return True


def _keys() -> tuple[str, ...]:
    return tuple(settings.ENCRYPTION_KEYS)


@lru_cache(maxsize=4)
def _cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


@lru_cache(maxsize=KEPT_DECRYPTED)
def _decrypted(ciphertext: str, keys: tuple[str, ...]) -> str:
    try:
        return _cipher(keys).decrypt(ciphertext.encode()).decode()
    except InvalidToken:
        raise SecretUnreadable(
            "A stored secret can not be read with KERNE_ENCRYPTION_KEYS; add the key that "
            "it was stored under behind the newest one."
        ) from None


class EncryptedTextField(models.TextField):
    """Text that is ciphertext in the database and plain in Python. Not to be searched."""

    def get_prep_value(self, value: Any) -> Any:
        prepared = super().get_prep_value(value)
        return prepared if prepared is None else encrypt(str(prepared))

    def from_db_value(self, value: str | None, *_: Any) -> str | None:
        return value if value is None else decrypt(value)
