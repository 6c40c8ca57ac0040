"""From a DATABASE_URL to Django's DATABASES entry. PostgreSQL only, by psycopg 3.

Own code instead of a package: forty lines, and every refusal is one of our sentences.
"""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.db import connections

from kerne_site.env import SettingError

SCHEMES = ("postgresql", "postgres")
# libpq parameters that a URL may carry; anything else is a misspelling, not an option.
PASSED_ON = (
    "sslmode",
    "sslrootcert",
    "sslcert",
    "sslkey",
    "connect_timeout",
    "application_name",
    "target_session_attrs",
)
CONNECT_TIMEOUT_SECONDS = 5
# A lock that is not had in 3 s, a statement of 15 s or a transaction left idle for 30 s is
# a fault: it ends with an error instead of holding up every other worker.
SESSION_OPTIONS = (
    "-c lock_timeout=3s -c statement_timeout=15s -c idle_in_transaction_session_timeout=30s"
)


def pool_connections(size: int) -> None:
    """Lend this process's requests connections that stay open, at most `size` at once.

    A new connection costs a page up to 20 ms: PostgreSQL reads its catalog anew for each.
    Only for a process that forks none: a pool's threads do not live on in a child. With a
    size of 0 each request opens a connection of its own, and closes it.
    """
    database = connections.settings["default"]
    # Kept under ASGI, a connection would stay behind with its request's own thread.
    database["CONN_MAX_AGE"] = 0
    if size:
        database["OPTIONS"]["pool"] = {
            "min_size": 1,
            "max_size": size,
            "timeout": CONNECT_TIMEOUT_SECONDS,
        }


def allow_long_statements(using: str) -> None:
    """Let a migration take its time: it may rewrite years of lines. A lock that it does not
    get still ends it, so that it holds up nobody."""
    with connections[using].cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")


def limit_statements(using: str) -> None:
    """Back to the limits of SESSION_OPTIONS."""
    with connections[using].cursor() as cursor:
        cursor.execute("RESET statement_timeout")


def parse_database_url(url: str) -> dict[str, Any]:
    """Django's settings for the database at `url`.

    `postgresql://user:password@host:5432/name?sslmode=require`, or a unix socket's
    folder as `postgresql://user@/name?host=/path`. Raises SettingError, never with the
    password in its sentence.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise SettingError(
            f"DATABASE_URL starts with {parts.scheme or 'nothing'}://; Kerne runs on "
            "PostgreSQL only, so write postgresql://user:password@host:5432/name."
        )
    name = unquote(parts.path.lstrip("/"))
    if not name:
        raise SettingError(
            "DATABASE_URL names no database; write it after the host: /kerne."
        )
    query = dict(parse_qsl(parts.query))
    host = query.pop("host", None) or unquote(parts.hostname or "")
    unknown = sorted(set(query) - set(PASSED_ON))
    if unknown:
        raise SettingError(
            f"DATABASE_URL has the unknown parameter {unknown[0]!r}; known are host, "
            f"{', '.join(PASSED_ON)}."
        )
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": _port(url),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            "connect_timeout": CONNECT_TIMEOUT_SECONDS,
            **query,
            "options": SESSION_OPTIONS,
        },
    }


def _port(url: str) -> str:
    try:
        port = urlsplit(url).port
    except ValueError:
        raise SettingError(
            "DATABASE_URL has a port that is no number from 1 to 65535."
        ) from None
    return "" if port is None else str(port)
