"""Keeps parts running: starts again what crashed, gives up in the end, stops in order."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from kerne_site.processes import Child, Command, describe_exit

CRASHES_ALLOWED = 5
CRASH_WINDOW_SECONDS = 300.0
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 16.0


class GaveUp(RuntimeError):
    """A part crashed again and again; the message is for the operator."""


@dataclass
class Part:
    """One thing that must run. `command` is asked anew at each start, so that it can
    settle what a crash left behind."""

    name: str
    command: Callable[[], Command]
    child: Child | None = None
    crashes: deque[float] = field(default_factory=deque)
    start_again_at: float | None = None

    def start(self) -> Child:
        """Start it, from the main thread (see Child)."""
        self.start_again_at = None
        self.child = Child(self.command())
        return self.child


class Supervisor:
    """Watches parts. say: prints a line; on_change: told after each (re)start.

    patient: starts again at once and never gives up, for drills that kill on purpose.
    """

    def __init__(
        self,
        say: Callable[[str], None],
        on_change: Callable[[], None],
        *,
        patient: bool = False,
    ) -> None:
        self.parts: list[Part] = []
        self._patient = patient
        self._say = say
        self._on_change = on_change

    def start(self, name: str, command: Callable[[], Command]) -> Child:
        """Start a part and watch over it from now on."""
        part = Part(name, command)
        self.parts.append(part)
        child = part.start()
        self._on_change()
        return child

    def look(self, *, now: float) -> None:
        """Notice crashes and start again what is due. now: monotonic seconds.

        Raises GaveUp at the sixth crash of one part within five minutes.
        """
        for part in self.parts:
            if part.start_again_at is None:
                self._notice_crash(part, now=now)
            elif now >= part.start_again_at:
                part.start()
                self._on_change()
                self._say(f"{part.name}: started again")

    def _notice_crash(self, part: Part, *, now: float) -> None:
        code = part.child.exit_code() if part.child is not None else None
        if part.child is None or code is None:
            return
        part.child.kill_group()  # what it started must not meet its successor
        part.crashes.append(now)
        while part.crashes and part.crashes[0] <= now - CRASH_WINDOW_SECONDS:
            part.crashes.popleft()
        count = len(part.crashes)
        if count > CRASHES_ALLOWED and not self._patient:
            minutes = CRASH_WINDOW_SECONDS / 60
            times = f"ended {count} times within {minutes:g} minutes"
            raise GaveUp(part.child.why(f"{times}, so nothing runs any more"))
        pause = min(FIRST_PAUSE_SECONDS * 2 ** (count - 1), LONGEST_PAUSE_SECONDS)
        if self._patient:
            pause = FIRST_PAUSE_SECONDS
        part.start_again_at = now + pause
        self._say(
            part.child.why(
                f"ended ({describe_exit(code)}); starting it again in {pause:g} s"
            )
        )

    def stop(self, order: Sequence[Sequence[str]]) -> None:
        """End the parts group by group, those of one group at once."""
        for names in order:
            group = [p.child for p in self.parts if p.name in names and p.child is not None]
            for child in group:
                child.ask_to_stop()
            asked_at = time.monotonic()
            for child in group:
                waited = time.monotonic() - asked_at
                child.stop_within(child.command.stop_seconds - waited)

    def kill(self) -> None:
        """End everything now."""
        for part in self.parts:
            if part.child is not None:
                part.child.kill_group()
