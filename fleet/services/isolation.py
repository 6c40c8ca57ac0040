"""Isolation: one row that breaks must not stop the work on the others."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from django.db import Error as DatabaseTrouble

from fleet.providers.base import ProviderError

log = logging.getLogger(__name__)

Answer = TypeVar("Answer")

# Named, and not `Exception`: a task's soft time limit is an Exception too, and a loop
# that swallows it runs on into the hard limit, which kills the worker.
FAULTS = (
    ProviderError,
    DatabaseTrouble,
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
)


def apart(what: str, work: Callable[[], Answer], troubles: list[str]) -> Answer | None:
    """What `work` returns; None after a fault, which is logged and added to `troubles`."""
    try:
        return work()
    except FAULTS as fault:
        note_fault(what, fault, troubles)
        return None


def note_fault(what: str, fault: BaseException, troubles: list[str]) -> None:
    """Log a fault with its traceback, and add its kind to `troubles`.

    Only the kind: its text may quote a row, and a row a key.
    """
    log.error("%s: the others go on without it", what, exc_info=fault)
    troubles.append(f"{what}: {type(fault).__name__}")
