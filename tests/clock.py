"""The instants that tests stand on: fixed, in UTC, far from any edge unless said.

Nothing here reads a clock. A test that needs time to pass moves a `Clock` by hand.
"""

from datetime import UTC, date, datetime, timedelta

TODAY = date(2026, 3, 10)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
MIDNIGHT = datetime(2026, 3, 10, tzinfo=UTC)


def at(hour: int, minute: int = 0, second: int = 0, *, day: date = TODAY) -> datetime:
    """An instant of the day, by its UTC time."""
    return datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=UTC)


def seconds(count: float) -> timedelta:
    """So many seconds, to add to an instant."""
    return timedelta(seconds=count)


class Clock:
    """A clock that stands until it is moved; call it to read it."""

    def __init__(self, start: datetime = NOON) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now

    def forward(
        self, *, seconds: float = 0, minutes: float = 0, hours: float = 0
    ) -> datetime:
        """Move on, and give the new instant."""
        self.now += timedelta(seconds=seconds, minutes=minutes, hours=hours)
        return self.now
