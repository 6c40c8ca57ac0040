"""Incidents: opened once, kept while they last, closed when it has been calm for a while.

Whoever finds a trouble calls `open_incident` at every tick at which it is there, and
`close_incident` at every tick at which it is not. Both may be called by two workers at
once, and any number of times: a person gets one message when it opens and one when it is
over.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from fleet.models import Deployment, Incident, Pod, Severity
from fleet.services.alerts.queueing import queue_opened, queue_over

CALM = timedelta(minutes=5)  # a trouble that comes and goes within it is one incident
LONGEST_KEY = 200
LONGEST_TITLE = 200


def open_incident(
    *,
    key: str,
    title: str,
    detail: str = "",
    severity: Severity = Severity.WARNING,
    now: datetime,
    pod: Pod | None = None,
    deployment: Deployment | None = None,
) -> Incident:
    """The open incident of `key`, made when there is none.

    key       `<rule>:<subject>`, such as `daily-loss:fleet-1`; the same trouble, the
              same key. The rule's name decides which channels hear of it
    title     one line that names the subject
    detail    the rule and the numbers it saw

    Seen again, an incident keeps its opening and takes the newest title and detail; its
    severity only rises. Raises ValueError for a key that is empty or too long.
    """
    incident = note_sighting(
        key=key,
        title=title,
        detail=detail,
        severity=severity,
        now=now,
        pod=pod,
        deployment=deployment,
    )
    begin(incident, now=now)
    return incident


def note_sighting(
    *,
    key: str,
    title: str,
    detail: str = "",
    severity: Severity = Severity.WARNING,
    now: datetime,
    since: datetime | None = None,
    pod: Pod | None = None,
    deployment: Deployment | None = None,
) -> Incident:
    """The unclosed incident of `key`, made when there is none; it may not count yet.

    since  when the trouble began, where a row says so; else it began when first seen
    """
    if not key or len(key) > LONGEST_KEY:
        raise ValueError(f"key is {key[:40]!r}; write 1 to {LONGEST_KEY} characters")
    words = {"title": title[:LONGEST_TITLE], "detail": detail, "last_seen_at": now}
    try:
        with transaction.atomic():
            incident, created = Incident.objects.unclosed().get_or_create(
                key=key,
                defaults={
                    **words,
                    "severity": severity,
                    "first_seen_at": since or now,
                    "pod": pod,
                    "deployment": deployment or (pod.deployment if pod else None),
                },
            )
    except IntegrityError:  # another worker made it between our look and our insert
        incident, created = Incident.objects.unclosed().get(key=key), False
    if not created:
        changes = {
            **words,
            "calm_until": None,
            "severity": max(severity, incident.severity),
        }
        Incident.objects.unclosed().filter(pk=incident.pk).update(**changes)
        for name, value in changes.items():
            setattr(incident, name, value)
    return incident


def begin(incident: Incident, *, now: datetime) -> bool:
    """Count a seen trouble as an incident from now on; True if this call did it."""
    pending = Incident.objects.unclosed().filter(pk=incident.pk, opened_at__isnull=True)
    with transaction.atomic():
        if not pending.update(opened_at=now):
            return False
        incident.opened_at = now
        queue_opened(incident, now=now)
    return True


def close_incident(*, key: str, now: datetime, calm: timedelta = CALM) -> bool:
    """Say that a trouble is not there now; True if this call closed its incident.

    The first such call starts the calm time, and an incident closes when it is over: by
    a later call, or by the sweep. A trouble that never counted is forgotten at once.
    """
    incident = Incident.objects.unclosed().filter(key=key).first()
    if incident is None:
        return False
    if incident.opened_at is None:
        Incident.objects.filter(pk=incident.pk, opened_at__isnull=True).delete()
        return False
    if incident.calm_until is None:
        incident.calm_until = now + calm
        Incident.objects.open().filter(pk=incident.pk, calm_until__isnull=True).update(
            calm_until=incident.calm_until
        )
    return end_if_calm(incident, now=now)


def end_if_calm(incident: Incident, *, now: datetime) -> bool:
    """Close an incident whose calm time is over; True if this call did it."""
    calm = Incident.objects.open().filter(pk=incident.pk, calm_until__lte=now)
    with transaction.atomic():
        if not calm.update(closed_at=now):
            return False
        incident.closed_at = now
        queue_over(incident, now=now)
    return True


def close_calm(*, now: datetime) -> int:
    """Close every incident whose calm time is over; how many this call closed."""
    calm = list(Incident.objects.open().filter(calm_until__lte=now))
    return sum(end_if_calm(incident, now=now) for incident in calm)
