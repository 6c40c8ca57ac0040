"""Who runs in a folder: the lock that makes a second `up` stop at the door."""

import contextlib
import fcntl
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import psutil

STOP_SECONDS = 10


class Occupied(Exception):
    """Another `up` runs in this folder."""

    def __init__(self, note: "Note") -> None:
        super().__init__(f"pid {note.pid} at {note.url}")
        self.note = note


@dataclass
class Note:
    """What a running `up` leaves in var/up.json for the next one."""

    pid: int
    url: str
    # (pid, creation time): a pid alone may belong to somebody else by now.
    children: list[tuple[int, float]] = field(default_factory=list)


class Occupancy:
    """The exclusive use of one var/ folder, for as long as this process lives.

    The kernel drops the lock when we end, however we end, so it is never stale.
    """

    def __init__(self, var: Path) -> None:
        self._lock_path = var / "up.lock"
        self._note_path = var / "up.json"

    def take(self) -> Note | None:
        """Take the folder; the note of an earlier run that did not leave in good order.

        Raises Occupied when another process has it.
        """
        self._lock = self._lock_path.open("w")
        try:
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Occupied(self._read() or Note(0, "an unknown address")) from None
        return self._read()

    def write(self, note: Note) -> None:
        """Say who is here. The file appears whole or not at all."""
        draft = self._note_path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(note)))
        draft.replace(self._note_path)

    def leave(self) -> None:
        """Give the folder back."""
        self._note_path.unlink(missing_ok=True)
        self._lock.close()

    def _read(self) -> Note | None:
        with contextlib.suppress(OSError, ValueError, TypeError):
            found: dict[str, Any] = json.loads(self._note_path.read_text())
            return Note(
                found["pid"], found["url"], [(pid, made) for pid, made in found["children"]]
            )
        return None


def identity(pid: int) -> tuple[int, float]:
    """A process's pid and creation time, together unique; the time is 0 if it is gone."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return pid, psutil.Process(pid).create_time()
    return pid, 0.0


def end_leftovers(children: Iterable[tuple[int, float]]) -> int:
    """End those that still run of an earlier run's children; how many there were."""
    left = []
    for pid, made in children:
        with contextlib.suppress(psutil.NoSuchProcess):
            process = psutil.Process(pid)
            if process.create_time() == made:
                left += [process, *process.children(recursive=True)]
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.terminate()
    _, stubborn = psutil.wait_procs(left, timeout=STOP_SECONDS)
    for process in stubborn:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(stubborn, timeout=STOP_SECONDS)
    return len(left)
