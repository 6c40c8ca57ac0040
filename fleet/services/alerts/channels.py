"""Channels: kept encrypted, tried by a test message, never shown again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from fleet.models import AlertChannel
from fleet.notifying import ChannelRefused, Shown
from fleet.outgoing import Reply
from fleet.secrets import SecretUnreadable
from fleet.services import audit
from fleet.services.alerts import outbox, wording

MOST_CHANNELS = 30
LONGEST_NAME = 60

Check = Callable[[str], Shown]


def add_channel(
    *, name: str, address: str, check: Check, acting_user: str, now: datetime
) -> AlertChannel:
    """A new channel. Raises ChannelRefused with a sentence; then nothing is kept."""
    name = checked_name(name, other_than=None)
    shown = check(address)
    if AlertChannel.objects.count() >= MOST_CHANNELS:
        raise ChannelRefused(f"There are {MOST_CHANNELS} channels; remove one first.")
    with transaction.atomic():
        channel = AlertChannel.objects.create(
            name=name,
            secret_address=address,
            service=shown.service,
            host=shown.host,
            created_by=acting_user,
            created_at=now,
        )
        audit.record(
            "add alert channel",
            name,
            acting_user=acting_user,
            now=now,
            service=shown.service,
            host=shown.host,
        )
    return channel


def change_channel(
    channel: AlertChannel,
    *,
    name: str,
    address: str,
    enabled: bool,
    check: Check,
    acting_user: str,
    now: datetime,
) -> None:
    """Change a channel; an empty address keeps the one it has. Raises ChannelRefused."""
    fields = ["name", "enabled"]
    new_name = checked_name(name, other_than=channel)
    if address:
        shown = check(address)
        channel.secret_address, channel.failures = address, 0
        channel.service, channel.host = shown.service, shown.host
        fields += ["secret_address", "service", "host", "failures"]
    channel.name, channel.enabled = new_name, enabled
    with transaction.atomic():
        channel.save(update_fields=fields)
        audit.record(
            "change alert channel",
            channel.name,
            acting_user=acting_user,
            now=now,
            enabled=enabled,
            new_address=bool(address),
            service=channel.service,
            host=channel.host,
        )


def remove_channel(channel: AlertChannel, *, acting_user: str, now: datetime) -> None:
    """Remove a channel with its messages; its incidents stay."""
    with transaction.atomic():
        channel.delete()
        audit.record("remove alert channel", channel.name, acting_user=acting_user, now=now)


def test_channel(
    channel: AlertChannel,
    *,
    say: outbox.Sender,
    acting_user: str,
    clock: Callable[[], datetime],
) -> Reply:
    """Send a test message now and keep the reply, which is told as it came."""
    title, body = wording.test_message(channel.name, acting_user=acting_user)
    address = open_address(channel)
    reply = outbox.say_to(channel, say, address, title=title, body=body, level="notice")
    now = clock()
    with transaction.atomic():
        outbox.note_try(channel, reply, now=now)
        audit.record(
            "test alert channel",
            channel.name,
            acting_user=acting_user,
            now=now,
            ok=reply.ok,
            reply=reply.words,
            seconds=round(reply.seconds, 2),
        )
    return reply


def open_address(channel: AlertChannel) -> str:
    """The address in the clear, for sending only; "" when no key of ours opens it."""
    try:
        return channel.secret_address
    except SecretUnreadable:
        return ""


def checked_name(name: str, *, other_than: AlertChannel | None) -> str:
    """The name as it is kept. Raises ChannelRefused."""
    name = name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ChannelRefused(
            f"Name is {name[:20]!r}; write 1 to {LONGEST_NAME} printable characters."
        )
    others = AlertChannel.objects.filter(name=name)
    if other_than is not None:
        others = others.exclude(pk=other_than.pk)
    if others.exists():
        raise ChannelRefused(f"Name is {name!r}; a channel has it already.")
    return name
