"""The books have one writer at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

BOOKS_LOCK = 0x6B65726E  # "kern": the key of the advisory lock in our database


@contextmanager
def locked() -> Iterator[None]:
    """A transaction that alone may write usage hours, lines and day closes.

    Without it a line could be booked into a day in the moment in which that day is
    summed up and closed. The lock ends with the transaction, so a dead worker does
    not keep it, and a caller that already holds it does not wait for itself.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [BOOKS_LOCK])
        yield
