"""Sending: due messages are claimed, said outside of any transaction, and settled.

A worker that dies between saying and settling leaves a claim that ends by itself, and the
message is said again: at least once. Two sweeps never hold the same message.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from django.db import transaction
from django.db.models import F, Q, QuerySet

from fleet.models import (
    AlertChannel,
    AlertMessage,
    MaintenanceWindow,
    MessageState,
)
from fleet.outgoing import Reply
from fleet.services.alerts import wording

CLAIM_SECONDS = 120  # longer than a task may live
SWEEP_SECONDS = 55  # no new message after it: the task's soft limit is 90
MOST_CLAIMED = 50
DIGEST_ABOVE = 5  # more at once are one message
MOST_ATTEMPTS = 8
FIRST_WAIT_SECONDS = 30
LONGEST_WAIT_SECONDS = 3600


class Sender(Protocol):
    """Says one message at an address, and tells what came back; never raises."""

    def __call__(self, address: str, /, *, title: str, body: str, level: str) -> Reply: ...


@dataclass
class Delivery:
    sent: int = 0
    failed: int = 0
    postponed: bool = False

    def sentence(self) -> str:
        more = "; the rest at the next run" if self.postponed else ""
        return f"{self.sent} messages sent, {self.failed} tries failed{more}"


def deliver(
    *,
    clock: Callable[[], datetime],
    token: str,
    say: Sender,
    open_address: Callable[[AlertChannel], str],
    base_url: str,
) -> Delivery:
    """Send what is due, channel by channel; a silent channel holds up no other's claim."""
    done, began = Delivery(), clock()
    channels = AlertChannel.objects.filter(pk__in=due(now=began).values("channel"))
    for channel in channels.order_by("failures", "pk"):
        for batch in batches(claim(channel, now=clock(), token=token)):
            if clock() - began > timedelta(seconds=SWEEP_SECONDS):
                done.postponed = True
                release(token)
                return done
            title, body, level = wording.message(batch, base_url=base_url, now=clock())
            reply = say_to(
                channel, say, open_address(channel), title=title, body=body, level=level
            )
            settle(batch, reply, token=token, now=clock())
            note_try(channel, reply, now=clock())
            if not reply.ok:
                done.failed += 1
                break  # the others would wait as long and fail as well
            done.sent += 1
        release(token)
    return done


def due(*, now: datetime) -> QuerySet[AlertMessage]:
    """Messages that may be sent at `now`: not in maintenance, and not snoozed."""
    waiting = Q(state=MessageState.WAITING, due_at__lte=now)
    abandoned = Q(state=MessageState.SENDING, claimed_until__lte=now)
    messages = AlertMessage.objects.filter(waiting | abandoned, channel__enabled=True)
    windows = list(MaintenanceWindow.objects.current(now=now))
    if any(each.pod_id is None and each.deployment_id is None for each in windows):
        return messages.none()
    pods = [each.pod_id for each in windows if each.pod_id]
    deployments = [each.deployment_id for each in windows if each.deployment_id]
    return messages.exclude(incident__snoozed_until__gt=now).exclude(
        Q(incident__pod__in=pods) | Q(incident__deployment__in=deployments)
    )


def claim(channel: AlertChannel, *, now: datetime, token: str) -> list[AlertMessage]:
    """Take a channel's due messages for this sweep, worst first."""
    with transaction.atomic():
        rows = list(
            due(now=now)
            .filter(channel=channel)
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("-incident__severity", "incident__opened_at", "pk")
            .select_related("incident")[:MOST_CLAIMED]
        )
        AlertMessage.objects.filter(pk__in=[row.pk for row in rows]).update(
            state=MessageState.SENDING,
            claim=token,
            claimed_until=now + timedelta(seconds=CLAIM_SECONDS),
        )
    return rows


def batches(messages: list[AlertMessage]) -> list[list[AlertMessage]]:
    """One message each; all in one when there are many at once."""
    if len(messages) > DIGEST_ABOVE:
        return [messages]
    return [[message] for message in messages]


def say_to(channel: AlertChannel, say: Sender, address: str, **words: str) -> Reply:
    """Say it, unless the channel's address can not be read any more."""
    if not address:
        return Reply(False, f"no key opens the address of {channel}; enter it again", 0.0)
    return say(address, **words)


def settle(
    batch: Sequence[AlertMessage], reply: Reply, *, token: str, now: datetime
) -> None:
    """Keep what came of a batch, where this sweep still holds it."""
    held = AlertMessage.objects.filter(
        pk__in=[message.pk for message in batch], claim=token, state=MessageState.SENDING
    )
    words = reply.words[:300]
    if reply.ok:
        held.update(
            state=MessageState.SENT,
            sent_at=now,
            attempts=F("attempts") + 1,
            reply=words,
            claim="",
        )
        return
    for message in batch:
        attempts = message.attempts + 1
        gone = attempts >= MOST_ATTEMPTS
        held.filter(pk=message.pk).update(
            state=MessageState.FAILED if gone else MessageState.WAITING,
            attempts=attempts,
            due_at=now + back_off(attempts),
            reply=words,
            claim="",
        )


def release(token: str) -> None:
    """Give back what was claimed and not tried."""
    AlertMessage.objects.filter(claim=token, state=MessageState.SENDING).update(
        state=MessageState.WAITING, claim="", claimed_until=None
    )


def back_off(attempts: int) -> timedelta:
    """30 s after the first failure, twice as long after each, an hour at most."""
    seconds = FIRST_WAIT_SECONDS * 2 ** (attempts - 1)
    return timedelta(seconds=min(seconds, LONGEST_WAIT_SECONDS))


def note_try(channel: AlertChannel, reply: Reply, *, now: datetime) -> None:
    """Keep the last reply of a channel for its page."""
    AlertChannel.objects.filter(pk=channel.pk).update(
        tried_at=now,
        tried_ok=reply.ok,
        tried_reply=reply.words[:300],
        tried_seconds=min(Decimal(str(round(reply.seconds, 2))), Decimal(9999)),
        failures=0 if reply.ok else F("failures") + 1,
    )
