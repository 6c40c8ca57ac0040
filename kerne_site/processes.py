"""Child processes that cannot be left behind.

Each has a session of its own, so a Ctrl-C in the terminal reaches only us and we end the
children in order; and the kernel signals it when we die, so a `kill -9` of the parent
leaves nothing that still rents, serves or writes.
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from kerne_site import launch

POLL_SECONDS = 0.02
GROUP_SECONDS = 1.0
LOG_LIMIT_BYTES = 10_000_000
LOG_TAIL_LINES = 3
LOG_TAIL_BYTES = 4096


class ProcessFailed(RuntimeError):
    """A part did not start or ended too soon; the message is for the operator."""


@dataclass(frozen=True)
class Command:
    """How to run one part.

    env           the whole environment; None: ours
    stop_signal   what makes it end in good order
    stop_seconds  how long that may take before it is killed
    death_signal  what it gets when we are gone; None where argv sees to that itself
    """

    name: str
    argv: Sequence[str]
    log: Path
    env: Mapping[str, str] | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    stop_seconds: float = 5
    death_signal: signal.Signals | None = signal.SIGTERM


class Child:
    """One running part. Start it from the main thread: the kernel takes the end of the
    thread that started a child for the end of its parent."""

    def __init__(self, command: Command) -> None:
        self.command = command
        command.log.parent.mkdir(parents=True, exist_ok=True)
        _rotate(command.log)
        self._group_is_gone = False
        with command.log.open("ab") as log:
            self._log_start = log.tell()
            self._process = subprocess.Popen(
                launched(command),
                env=command.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; negative: the number of the signal that ended it."""
        return self._process.poll()

    def ask_to_stop(self) -> None:
        """Send the stop signal; does not wait."""
        if self.exit_code() is None:
            self._process.send_signal(self.command.stop_signal)

    def wait(self, seconds: float) -> bool:
        """Whether it ends within so many seconds."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=max(seconds, 0))
        return self.exit_code() is not None

    def stop(self) -> None:
        """End it and whatever it left in its group, in good order if it can."""
        self.ask_to_stop()
        self.stop_within(self.command.stop_seconds)

    def stop_within(self, seconds: float) -> None:
        """Once asked to stop: give it the time, then kill what is left of its group."""
        self.wait(seconds)
        self.kill_group()

    def kill_group(self) -> None:
        """Kill all that is left of its process group, and see it gone: a successor needs
        its ports and files. Only once: the group's number may be somebody else's later."""
        if self._group_is_gone:
            return
        self._group_is_gone = True
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        deadline = time.monotonic() + GROUP_SECONDS
        while _runs_in_group(self.pid) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)

    def wait_until(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Wait until `ready()`; raises ProcessFailed when the child ends or time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            code = self.exit_code()
            if code is not None:
                raise ProcessFailed(self.why(f"ended at once ({describe_exit(code)})"))
            if time.monotonic() > deadline:
                raise ProcessFailed(self.why(f"did not answer within {seconds:g} s"))
            time.sleep(POLL_SECONDS)

    def why(self, what: str) -> str:
        """`what` about this part, with the end of its log."""
        lines = log_tail(self.command.log, since=self._log_start)
        said = "; it said: " + " / ".join(lines) if lines else ""
        return f"{self.command.name} {what}{said}. Its log: {self.command.log}"


def launched(command: Command) -> list[str]:
    """The words that start a command so that it ends when we do."""
    if command.death_signal is None:
        return list(command.argv)
    launcher = [sys.executable, "-I", "-S", launch.__file__]
    return [*launcher, str(int(command.death_signal)), str(os.getpid()), *command.argv]


def _runs_in_group(group: int) -> bool:
    """Whether anything of a process group still runs. What has ended and waits for
    init to collect it does not: in a container that may be for ever."""
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, ProcessLookupError):
            if (
                os.getpgid(process.pid) == group
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                return True
    return False


def describe_exit(code: int) -> str:
    """An exit code in words: `exit code 2`, `signal SIGKILL`."""
    if code < 0:
        return f"signal {signal.Signals(-code).name}"
    return f"exit code {code}"


def log_tail(path: Path, *, since: int = 0) -> list[str]:
    """The last lines of a log written from byte `since` on, at most LOG_TAIL_LINES."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        file.seek(max(path.stat().st_size - LOG_TAIL_BYTES, since))
        text = file.read().decode(errors="replace")
    return [line.strip() for line in text.splitlines() if line.strip()][-LOG_TAIL_LINES:]


def _rotate(log: Path) -> None:
    """Keep one old log: a demo that runs for months must not fill the disk."""
    if log.exists() and log.stat().st_size > LOG_LIMIT_BYTES:
        log.replace(log.with_suffix(".old.log"))
