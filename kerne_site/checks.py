"""System checks: settings that are each allowed, and unsafe together."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register

SHORTEST_SECRET = 50


@register(Tags.security)
def safe_together(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Refuse a console with DEBUG on, open to any host name, or with a guessable key."""
    found: list[CheckMessage] = []
    if settings.DEBUG and not settings.KERNE_SANDBOX:
        found.append(
            Error(
                "DEBUG is on while real pods are rented: its error pages show settings.",
                hint="Unset DEBUG.",
                id="kerne.E001",
            )
        )
    if "*" in settings.ALLOWED_HOSTS:
        found.append(
            Error(
                "ALLOWED_HOSTS has *: a forged Host header would go into links we make.",
                hint="Name the hosts, or set KERNE_PUBLIC_URL only.",
                id="kerne.E002",
            )
        )
    if not settings.KERNE_SANDBOX and len(settings.SECRET_KEY) < SHORTEST_SECRET:
        found.append(
            Error(
                f"SECRET_KEY has fewer than {SHORTEST_SECRET} characters.",
                hint="python -c 'import secrets; print(secrets.token_urlsafe(48))'",
                id="kerne.E003",
            )
        )
    return found


@register(Tags.security, deploy=True)
def kept_outside(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """In production the embedded services are a risk to name, not an error."""
    found: list[CheckMessage] = []
    if settings.EMBEDDED_DATABASE:
        found.append(
            Warning(
                "The ledger is in the embedded PostgreSQL, which nobody backs up.",
                hint="Set DATABASE_URL to a PostgreSQL with backups.",
                id="kerne.W001",
            )
        )
    if settings.EMBEDDED_REDIS:
        found.append(
            Warning(
                "The broker is the embedded Redis, which lives and dies with `up`.",
                hint="Set REDIS_URL.",
                id="kerne.W002",
            )
        )
    return found
