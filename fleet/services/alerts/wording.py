"""What a message says: plain text, the worst first, with the numbers and an address."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings

from fleet.models import AlertMessage, Incident, MessageKind, Severity

LONGEST_DETAIL = 500
MOST_LISTED = 20


def message(
    batch: Sequence[AlertMessage], *, base_url: str, now: datetime
) -> tuple[str, str, str]:
    """Title, body and level (critical, warning, notice or over) of a batch."""
    if len(batch) == 1:
        return single(batch[0], base_url=base_url, now=now)
    return digest(batch, base_url=base_url)


def single(message: AlertMessage, *, base_url: str, now: datetime) -> tuple[str, str, str]:
    incident = message.incident
    where = f"{base_url}/alerts/{incident.pk}/"
    if message.kind == MessageKind.OVER:
        return f"{prefix()} Over: {incident.title}", f"{span(incident)}\n{where}", "over"
    word = "Still open" if message.kind == MessageKind.REMINDER else severity(incident)
    body = f"{incident.detail[:LONGEST_DETAIL]}\n{span(incident)}\n{where}"
    return f"{prefix()} {word}: {incident.title}", body.strip(), level(incident)


def digest(batch: Sequence[AlertMessage], *, base_url: str) -> tuple[str, str, str]:
    opened = [each for each in batch if each.kind != MessageKind.OVER]
    over = len(batch) - len(opened)
    counts = [f"{len(opened)} incidents open"] if opened else []
    counts += [f"{over} over"] if over else []
    lines = [
        f"- {'Over' if each.kind == MessageKind.OVER else severity(each.incident)}: "
        f"{each.incident.title}"
        for each in batch[:MOST_LISTED]
    ]
    if len(batch) > MOST_LISTED:
        lines.append(f"- and {len(batch) - MOST_LISTED} more")
    worst = max(
        (each.incident for each in opened), key=lambda one: one.severity, default=None
    )
    return (
        f"{prefix()} {', '.join(counts)}",
        "\n".join([*lines, f"{base_url}/alerts/"]),
        level(worst) if worst is not None else "over",
    )


def test_message(channel: str, *, acting_user: str) -> tuple[str, str]:
    """Title and body of a test."""
    return (
        f"{prefix()} Test of {channel}",
        f"{acting_user} asked for this test. Nothing is wrong.",
    )


def prefix() -> str:
    return f"[Kerne {settings.KERNE_ENV}]"


def severity(incident: Incident) -> str:
    return Severity(incident.severity).label.capitalize()


def level(incident: Incident) -> str:
    return Severity(incident.severity).label


def span(incident: Incident) -> str:
    """Since when, and until when."""
    began = f"Since {incident.first_seen_at:%Y-%m-%d %H:%M} UTC"
    if incident.closed_at is None:
        return f"{began}."
    return f"{began}, over at {incident.closed_at:%Y-%m-%d %H:%M} UTC."
