"""Other workers for an endpoint: wished for, weighed, sent, and seen in the list.

The wish stays on the row until a list shows it. It is sent again every minute: the same
numbers twice change nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from django.db import transaction
from django.db.models import QuerySet

from fleet.models import Deployment, NetworkVolume, ResourceStatus, ServerlessEndpoint
from fleet.providers.base import ProviderRefused, ProviderUnavailable
from fleet.providers.errors import RateLimited
from fleet.providers.resources import CloudEndpoint, FullProvider
from fleet.selectors.serverless import Workers, workers_of
from fleet.services import audit, spending
from fleet.services.isolation import apart
from fleet.services.launch_guard import LaunchGuard, rent_request

RESEND_SECONDS = 60
WORKERS = ("workers_min", "workers_max", "idle_timeout_seconds")
NO_WISH = {
    "wanted_min": None,
    "wanted_max": None,
    "wanted_idle_seconds": None,
    "change_claimed_at": None,
    "change_sent_at": None,
}
RULE = "rule:serverless"


def wish(
    endpoint: ServerlessEndpoint, workers: Workers, *, acting_user: str, now: datetime
) -> None:
    """Ask for other workers; of a rental its deployment wants them from then on."""
    with transaction.atomic():
        rows = ServerlessEndpoint.objects.filter(pk=endpoint.pk)
        unsent = rows.filter(status=ResourceStatus.REQUESTED).update(
            workers_min=workers.least,
            workers_max=workers.most,
            idle_timeout_seconds=workers.idle_seconds,
        )
        if not unsent:
            rows.update(
                **NO_WISH
                | {
                    "wanted_min": workers.least,
                    "wanted_max": workers.most,
                    "wanted_idle_seconds": workers.idle_seconds,
                }
            )
        if endpoint.is_rental:
            set_workers_of(endpoint.deployment, workers)
        audit.record(
            "change workers",
            endpoint,
            acting_user=acting_user,
            now=now,
            before=workers_of(endpoint).words,
            after=workers.words,
        )


def read_anew(row: NetworkVolume | ServerlessEndpoint) -> None:
    """The workers as they are wanted now: others may be asked for since the row was read.

    Locks the row: what is asked for after the transaction is a change. Call it in one.
    """
    if isinstance(row, ServerlessEndpoint):
        rows = ServerlessEndpoint.objects.select_for_update()
        row.refresh_from_db(fields=WORKERS, from_queryset=rows)


def set_workers_of(deployment: Deployment, workers: Workers) -> None:
    """What a serverless deployment sets its endpoint up with."""
    Deployment.objects.filter(pk=deployment.pk).update(
        workers_min=workers.least,
        workers_max=workers.most,
        idle_timeout_seconds=workers.idle_seconds,
    )


def tend(
    *, provider: FullProvider, guard: LaunchGuard, now: datetime, troubles: list[str]
) -> list[str]:
    """Send what is wished for; a word about each that was sent."""
    rows = ServerlessEndpoint.objects.select_related("deployment").filter(
        provider=provider.name, status=ResourceStatus.LIVE, wanted_max__isnull=False
    )
    words = []
    for row in rows:
        work = partial(send, row, provider=provider, guard=guard, now=now)
        if apart(f"workers of {row}", work, troubles):
            words.append(f"workers sent: {row}")
    return words


def send(
    row: ServerlessEndpoint, *, provider: FullProvider, guard: LaunchGuard, now: datetime
) -> bool:
    """Weigh and send one wish; True if it was sent and answered.

    Without an answer the list tells whether it happened, and it is sent again.
    """
    sent = row.change_sent_at
    if sent is not None and now - sent < timedelta(seconds=RESEND_SECONDS):
        return False
    if row.change_claimed_at is None and not claim(row, guard=guard, now=now):
        return False
    assert row.wanted_min is not None and row.wanted_max is not None
    if not same_wish(row).update(change_sent_at=now):
        return False  # changed or ended meanwhile: an old wish is never sent
    try:
        provider.set_workers(
            row.provider_id,
            least=row.wanted_min,
            most=row.wanted_max,
            idle_timeout_seconds=row.wanted_idle_seconds or row.idle_timeout_seconds,
        )
    except (RateLimited, ProviderUnavailable):
        return False
    except ProviderRefused as refusal:
        drop(row, str(refusal), now=now)
        return False
    return True


def claim(row: ServerlessEndpoint, *, guard: LaunchGuard, now: datetime) -> bool:
    """Let the wish count from now on, unless it costs more and more is forbidden."""
    before, wanted = workers_of(row), wish_of(row)
    assert wanted is not None
    more = max(wanted.most - before.most, 0)
    with spending.one_at_a_time():
        veto = None
        if more or wanted.least > before.least:
            request = rent_request(
                row.deployment,
                provider=row.provider,
                usd_per_hour=row.usd_per_worker_hour * Decimal(more),
                now=now,
            )
            veto = spending.refusal(request, guard=guard)
        if veto is None:
            row.change_claimed_at = now
            return bool(same_wish(row).update(change_claimed_at=now))
    same_wish(row).update(status_reason=f"workers not changed: {veto}"[:500])
    return False


def settle(row: ServerlessEndpoint, listed: CloudEndpoint, *, now: datetime) -> bool:
    """Close a wish that the provider's list shows; True if this call did."""
    wanted = wish_of(row)
    if wanted is None or row.change_sent_at is None:
        return False
    idle = listed.idle_timeout_seconds or wanted.idle_seconds
    if wanted != Workers(listed.workers_min, listed.workers_max, idle):
        return False
    with transaction.atomic():
        if not same_wish(row).update(**NO_WISH, status_reason=""):
            return False
        audit.record(
            "workers changed", row, acting_user=RULE, now=now, workers=wanted.words
        )
    return True


def drop(row: ServerlessEndpoint, reason: str, *, now: datetime) -> None:
    """Give up a wish that the provider refused for good, and say why."""
    with transaction.atomic():
        said = f"workers not changed: {reason}"[:500]
        if same_wish(row).update(**NO_WISH, status_reason=said):
            audit.record(
                "workers not changed", row, acting_user=RULE, now=now, reason=reason
            )


def wish_of(row: ServerlessEndpoint) -> Workers | None:
    """What is asked for and not in the list yet; None when nothing is."""
    if row.wanted_min is None or row.wanted_max is None or row.wanted_idle_seconds is None:
        return None
    return Workers(row.wanted_min, row.wanted_max, row.wanted_idle_seconds)


def same_wish(row: ServerlessEndpoint) -> QuerySet[ServerlessEndpoint]:
    """The row, while nobody has asked for something else meanwhile."""
    return ServerlessEndpoint.objects.filter(
        pk=row.pk,
        status=ResourceStatus.LIVE,
        wanted_min=row.wanted_min,
        wanted_max=row.wanted_max,
        wanted_idle_seconds=row.wanted_idle_seconds,
    )
