"""The outbox's rows: which message of an incident is due to which channel.

Written in the transaction that opens or closes the incident: either both are kept or
neither, and a worker that dies a moment later has forgotten nobody.
"""

from __future__ import annotations

from datetime import datetime

from fleet.models import AlertMessage, Incident, MessageKind, MessageState
from fleet.services.alerts.rules import channels_of

TOLD = (MessageState.SENT, MessageState.SENDING, MessageState.FAILED)


def queue_opened(incident: Incident, *, now: datetime) -> int:
    """One message to every channel of the incident's rule; how many."""
    rows = [
        AlertMessage(
            incident=incident,
            channel_id=pk,
            kind=MessageKind.OPENED,
            created_at=now,
            due_at=now,
        )
        for pk in channels_of(incident.rule).values_list("pk", flat=True)
    ]
    return len(AlertMessage.objects.bulk_create(rows, ignore_conflicts=True))


def queue_over(incident: Incident, *, now: datetime) -> int:
    """Tell those who were told, or might have been, that it is over; how many.

    What was never tried (maintenance, a snooze) is dropped: nobody needs two messages
    about what nobody saw. A message that is still retried becomes the one of the end.
    """
    opened = AlertMessage.objects.filter(incident=incident, kind=MessageKind.OPENED)
    waiting = AlertMessage.objects.filter(incident=incident, state=MessageState.WAITING)
    tried = list(
        opened.filter(state=MessageState.WAITING, attempts__gt=0).values_list(
            "channel_id", flat=True
        )
    )
    told = list(opened.filter(state__in=TOLD).values_list("channel_id", flat=True))
    waiting.update(state=MessageState.DROPPED, reply="over before it was sent")
    rows = [
        AlertMessage(
            incident=incident,
            channel_id=pk,
            kind=MessageKind.OVER,
            created_at=now,
            due_at=now,
        )
        for pk in {*tried, *told}
    ]
    return len(AlertMessage.objects.bulk_create(rows, ignore_conflicts=True))


def queue_reminder(incident: Incident, *, due_at: datetime, now: datetime) -> int:
    """Say once more that it is open when a snooze is over, to all who were told."""
    told = AlertMessage.objects.filter(
        incident=incident, kind=MessageKind.OPENED, state__in=TOLD
    ).values_list("channel_id", flat=True)
    for pk in list(told):
        AlertMessage.objects.update_or_create(
            incident=incident,
            channel_id=pk,
            kind=MessageKind.REMINDER,
            defaults={
                "created_at": now,
                "due_at": due_at,
                "state": MessageState.WAITING,
                "attempts": 0,
                "sent_at": None,
                "reply": "",
            },
        )
    return len(told)


def drop_reminder(incident: Incident) -> int:
    """Keep back what a snooze that was taken back would have said at its end; how many."""
    return AlertMessage.objects.filter(
        incident=incident, kind=MessageKind.REMINDER, state=MessageState.WAITING
    ).update(state=MessageState.DROPPED, reply="the snooze was taken back")
