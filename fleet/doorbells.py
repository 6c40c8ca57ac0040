"""Ring for a task after a page has saved its row.

The row is the work; the bell only saves the seconds until beat finds it. A broker that
does not answer must not turn a saved order into an error page.
"""

from __future__ import annotations

import logging
from typing import Any

from celery.app.task import Task
from django.db import transaction
from kombu.exceptions import OperationalError

log = logging.getLogger(__name__)


def ring(task: Task[Any, Any], *args: Any) -> None:
    """Send `task` once the current transaction is committed; a lost bell is only logged."""

    def send() -> None:
        try:
            task.apply_async(args=args)
        except OperationalError as error:
            log.warning("no bell for %s, beat will find its row: %s", task.name, error)

    transaction.on_commit(send)
