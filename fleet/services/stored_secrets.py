"""Keys that an admin enters: stored encrypted, never shown, re-encrypted on demand."""

from __future__ import annotations

import hashlib
from datetime import datetime

from django.apps import apps
from django.db import connection, transaction

from fleet.models import StoredSecret
from fleet.secrets import EncryptedTextField, decrypt, encrypt, under_newest_key
from fleet.services import audit

RUNPOD = "RUNPOD_API_KEY"
NAMES = {RUNPOD: "RunPod API key"}
SHORTEST, LONGEST = 16, 500
AT_ONCE = 500


class SecretRefused(Exception):
    """A key that is not stored; the message says why, and never repeats the key."""


def store(name: str, value: str, *, acting_user: str, now: datetime) -> StoredSecret:
    """Keep a key, in place of the one of that name; audited by its fingerprint.

    Raises SecretRefused with a sentence; then nothing is changed.
    """
    value = value.strip()
    _check(name, value)
    told = {
        "value": value,
        "fingerprint": fingerprint_of(value),
        "last_four": value[-4:],
        "rotated_at": now,
        "set_by": acting_user,
    }
    with transaction.atomic():
        row, made = StoredSecret.objects.update_or_create(
            name=name, defaults=told, create_defaults={**told, "created_at": now}
        )
        audit.record(
            "store key" if made else "replace key",
            name,
            acting_user=acting_user,
            now=now,
            fingerprint=row.fingerprint,
        )
    return row


def _check(name: str, value: str) -> None:
    if name not in NAMES:
        raise SecretRefused(f"Key is {name[:40]!r}; choose one of {', '.join(NAMES)}.")
    if not value:
        raise SecretRefused(f"{NAMES[name]} is empty; paste the key.")
    if not SHORTEST <= len(value) <= LONGEST:
        raise SecretRefused(
            f"{NAMES[name]} has {len(value):,} characters; a key has "
            f"{SHORTEST} to {LONGEST}."
        )
    if not (value.isascii() and value.isprintable() and " " not in value):
        raise SecretRefused(
            f"{NAMES[name]} holds blanks or characters that no key has; paste it again."
        )


def forget(name: str, *, acting_user: str, now: datetime) -> bool:
    """Delete a stored key, audited; False where there was none."""
    with transaction.atomic():
        if not StoredSecret.objects.filter(name=name).delete()[0]:
            return False
        audit.record("delete key", name, acting_user=acting_user, now=now)
    return True


def read(name: str) -> str:
    """The stored key, empty where there is none. Raises SecretUnreadable."""
    row = StoredSecret.objects.filter(name=name).first()
    return row.value if row else ""


def fingerprint_of(value: str) -> str:
    """16 hex digits by which two people can compare a key without telling it."""
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def rotate(*, acting_user: str, now: datetime) -> dict[str, int]:
    """Encrypt every stored secret anew under the newest key; how many of each column.

    Row by row against the ciphertext that was read, so that a value which is replaced
    meanwhile stays; run twice it finds nothing left to do. Raises SecretUnreadable when
    a value opens with none of the keys; what was done until then is good.
    """
    done: dict[str, int] = {}
    for table, key, column in encrypted_columns():
        done[f"{table}.{column}"] = _rotate_column(table, key, column)
    audit.record("rotate secrets", "all", acting_user=acting_user, now=now, columns=done)
    return done


def encrypted_columns() -> list[tuple[str, str, str]]:
    """(table, primary key, column) of every encrypted field of the project."""
    return [
        (model._meta.db_table, str(model._meta.pk.column), str(field.column))
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, EncryptedTextField)
    ]


def _rotate_column(table: str, key: str, column: str) -> int:
    q = connection.ops.quote_name
    read_next = (
        f"SELECT {q(key)}, {q(column)} FROM {q(table)} "
        f"WHERE {q(key)} > %s AND {q(column)} <> '' ORDER BY {q(key)} LIMIT %s"
    )
    write = (
        f"UPDATE {q(table)} SET {q(column)} = %s WHERE {q(key)} = %s AND {q(column)} = %s"
    )
    last, count = 0, 0
    with connection.cursor() as cursor:
        while True:  # ends: the key grows with each slice
            cursor.execute(read_next, [last, AT_ONCE])
            rows = cursor.fetchall()
            for pk, ciphertext in rows:
                last = pk
                if not under_newest_key(ciphertext):
                    cursor.execute(write, [encrypt(decrypt(ciphertext)), pk, ciphertext])
                    count += cursor.rowcount
            if len(rows) < AT_ONCE:
                return count
