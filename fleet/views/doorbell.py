"""Ringing a task after a click has been saved."""

from __future__ import annotations

from typing import Any

from celery import Task
from django.db import transaction


def ring(task: Task[[], Any]) -> None:
    """Ring `task` once the row is committed.

    A broker that does not answer is logged and costs seconds only: what is wanted is
    saved, and beat sweeps it. Without `robust` the operator would see an error page
    for a deed that was done.
    """
    transaction.on_commit(task.delay, robust=True)
