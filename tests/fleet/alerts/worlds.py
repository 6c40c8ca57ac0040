"""Channels, messages and a sender that says what it is told to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from fleet.models import AlertChannel, Incident, Severity
from fleet.notifying import Shown
from fleet.outgoing import Reply
from fleet.services.alerts import channels, outbox
from fleet.services.incidents import open_incident
from tests.clock import NOON, Clock

URL = "https://kerne.example"


def make_channel(
    name: str = "ops", *, address: str = "json://a.example/t0ken"
) -> AlertChannel:
    return channels.add_channel(
        name=name,
        address=address,
        check=lambda _: Shown("webhook (JSON)", "a.example"),
        acting_user="ada",
        now=NOON,
    )


def make_incident(
    key: str = "orphan:pod1", *, now: datetime = NOON, **words: Any
) -> Incident:
    defaults: dict[str, Any] = {"title": f"Trouble {key}", "severity": Severity.WARNING}
    return open_incident(key=key, now=now, **(defaults | words))


@dataclass
class Mouth:
    """Keeps what it said, and replies as told."""

    ok: bool = True
    words: str = "accepted"
    said: list[tuple[str, str, str, str]] = field(default_factory=list)

    def __call__(self, address: str, /, *, title: str, body: str, level: str) -> Reply:
        self.said.append((address, title, body, level))
        return Reply(self.ok, self.words, 0.4)

    @property
    def titles(self) -> list[str]:
        return [title for _, title, _, _ in self.said]


def sweep(
    mouth: Callable[..., Reply], clock: Clock | None = None, *, token: str = "t"
) -> outbox.Delivery:
    return outbox.deliver(
        clock=clock or Clock(NOON),
        token=token,
        say=mouth,
        open_address=channels.open_address,
        base_url=URL,
    )
