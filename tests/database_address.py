"""Where a process of its own finds a database of the run's PostgreSQL."""

from __future__ import annotations

from django.db import connection


def address(database: str) -> str:
    """The DATABASE_URL of a database beside the one of the tests, or of that one."""
    given = connection.get_connection_params()
    return f"postgresql://{given['user']}@/{database}?host={given['host']}"
