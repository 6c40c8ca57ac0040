"""New spending: the switch that stops it, and the one place where each is weighed.

Whatever costs more per hour than before (a pod, an endpoint, a volume) is weighed by
`refusal` inside `one_at_a_time`, in the transaction that also writes the claim: two
workers that both see room for one more would otherwise spend twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import IntegrityError, OperationalError, connection, transaction

from fleet.models import SpendingStop
from fleet.selectors.spending import open_stop, stop_words
from fleet.services import audit
from fleet.services.launch_guard import LaunchGuard, LaunchRequest

SPENDING_LOCK = 0x6B65726E65  # "kerne": the key of the advisory lock in our database
LONGEST_REASON = 300  # characters
TARGET = "new spending"


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """A transaction in which nobody else weighs new spending.

    The lock ends with the transaction, so a dead worker does not keep it. No cloud call
    belongs in here.
    """
    with transaction.atomic():
        lock()
        yield


def lock() -> None:
    """Wait for others who weigh; given back when the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [SPENDING_LOCK])


def refusal(request: LaunchRequest, *, guard: LaunchGuard) -> str | None:
    """Why nothing may be spent now: the switch first, then the guard; None: go ahead.

    Call it inside `one_at_a_time`, and write what is claimed before that ends.
    """
    stop = open_stop()
    return stop_words(stop) if stop is not None else guard(request)


def stop_spending(*, acting_user: str, now: datetime, reason: str = "") -> SpendingStop:
    """Pull the switch: from now on nothing new is rented. What runs goes on.

    Waits for a launch that is being weighed, so that none passes after the return; but
    not for long: a stuck launch must not keep the switch from being pulled. Pulling it
    twice leaves the first row. Raises ValueError for a reason that is too long.
    """
    said = checked(reason)
    try:
        with transaction.atomic():
            lock()
            return pulled(acting_user=acting_user, now=now, reason=said)
    except OperationalError:  # the lock's wait has an end, see kerne_site/database.py
        with transaction.atomic():
            return pulled(acting_user=acting_user, now=now, reason=said)


def pulled(*, acting_user: str, now: datetime, reason: str) -> SpendingStop:
    """The open row, made unless somebody else just made it."""
    stop = open_stop()
    if stop is not None:
        return stop
    try:
        with transaction.atomic():
            stop = SpendingStop.objects.create(
                pulled_at=now, pulled_by=acting_user, reason=reason
            )
            audit.record(
                "stop new spending", TARGET, acting_user=acting_user, now=now, reason=reason
            )
    except IntegrityError:
        stop = SpendingStop.objects.get(released_at__isnull=True)
    return stop


def release_spending(*, acting_user: str, now: datetime, reason: str) -> bool:
    """Let money be spent again; True if this call did it.

    Raises ValueError without a reason: who reads the audit wants to know what changed.
    """
    said = checked(reason)
    if not said:
        raise ValueError(
            "The reason is empty; write what changed, such as: the bill was checked."
        )
    with transaction.atomic():
        released = SpendingStop.objects.filter(released_at__isnull=True).update(
            released_at=now, released_by=acting_user, release_reason=said
        )
        if released:
            audit.record(
                "release new spending",
                TARGET,
                acting_user=acting_user,
                now=now,
                reason=said,
            )
    return bool(released)


def checked(reason: str) -> str:
    """A reason without blanks around it. Raises ValueError with a sentence."""
    said = reason.strip()
    if len(said) > LONGEST_REASON:
        raise ValueError(
            f"The reason has {len(said):,} characters; write at most {LONGEST_REASON}."
        )
    if "\x00" in said:
        raise ValueError("The reason has a null character in it; write it without.")
    return said
