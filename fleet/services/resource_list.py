"""The provider's volumes and endpoints against our rows, both ways."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

from django.conf import settings
from django.db import transaction

from fleet.models import (
    RESOURCE_MAYBE_BILLED,
    CloudListing,
    NetworkVolume,
    ResourceStatus,
    ServerlessEndpoint,
    StrayResource,
)
from fleet.providers.base import ProviderError
from fleet.providers.resources import CloudEndpoint, CloudVolume, FullProvider
from fleet.services import (
    audit,
    endpoint_changes,
    endpoint_health,
    resource_grow,
    resource_late,
    resource_rent,
    stray_workers,
)
from fleet.services.cloud_list import in_words, printable
from fleet.services.isolation import apart
from fleet.services.resource_rent import RESEND_SECONDS, Listed, Resource

log = logging.getLogger(__name__)

MISSES_NEEDED = 2  # complete lists in a row that do not show it
SIGHTINGS_NEEDED = 2
LONGEST_NAME = 120
NEWBORN_SECONDS = 60  # a list may not know so young a one yet
VOLUME, ENDPOINT = StrayResource.Kind.VOLUME, StrayResource.Kind.ENDPOINT
LISTS = {VOLUME: CloudListing.What.VOLUMES, ENDPOINT: CloudListing.What.ENDPOINTS}
WORDS = ("adopted", "late", "vanished", "never_created", "stray")


@dataclass
class Settled:
    """What a comparison did; names, for the job's sentence."""

    listed: int = 0
    adopted: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    vanished: list[str] = field(default_factory=list)
    never_created: list[str] = field(default_factory=list)
    stray: list[str] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    stray_ids: set[str] = field(default_factory=set)

    def sentence(self) -> str:
        return in_words(f"{self.listed} volumes and endpoints listed", self, WORDS)


def compare(*, provider: FullProvider, now: datetime) -> Settled:
    """Settle every difference. Raises ProviderError when a list is not to be had.

    The candidates for a miss are read before the list is asked for.
    """
    done = Settled()
    for kind, model in ((VOLUME, NetworkVolume), (ENDPOINT, ServerlessEndpoint)):
        waiting = list(
            model.objects.filter(
                provider=provider.name, status__in=RESOURCE_MAYBE_BILLED
            ).values_list("pk", flat=True)
        )
        told: Sequence[Listed] = (
            provider.volumes() if kind == VOLUME else provider.endpoints()
        )
        # Anybody may name one anything: it is kept in words that our columns hold.
        listed = [replace(each, name=printable(each.name)) for each in told]
        done.listed += len(listed)
        broken = len(done.troubles)
        seen = match(listed, model, kind, provider=provider, now=now, done=done)
        rows = model.objects.filter(
            pk__in=set(waiting) - seen, status__in=RESOURCE_MAYBE_BILLED
        )
        for row in rows.order_by("pk"):
            work = partial(miss, row, provider=provider, now=now, done=done)
            apart(str(row), work, done.troubles)
        close_strays(kind, done.stray_ids, provider=provider, now=now)
        if len(done.troubles) == broken:
            note_listing(LISTS[kind], provider=provider, now=now)
    watch_workers(provider=provider, now=now, troubles=done.troubles)
    stray_workers.watch(provider=provider, now=now, troubles=done.troubles)
    return done


def note_listing(what: CloudListing.What, *, provider: FullProvider, now: datetime) -> None:
    """Keep when a complete list was settled; one that broke for some row is not."""
    CloudListing.objects.update_or_create(
        provider=provider.name, what=what, defaults={"read_at": now}
    )


def match(
    listed: Sequence[Listed],
    model: type[NetworkVolume] | type[ServerlessEndpoint],
    kind: StrayResource.Kind,
    *,
    provider: FullProvider,
    now: datetime,
    done: Settled,
) -> set[int]:
    """Book what is listed; the keys of our rows that were seen."""
    rows: list[Resource] = list(model.objects.filter(provider=provider.name))
    by_id = {row.provider_id: row for row in rows if row.provider_id}
    unanswered = {
        row.name: row
        for row in rows
        if not row.provider_id and (row.may_be_billed or row.sent_at is not None)
    }
    seen: set[int] = set()
    for each in listed:
        row = by_id.get(each.provider_id) or unanswered.pop(each.name, None)
        if row is not None and row.may_be_billed:
            seen.add(row.pk)
            known = partial(note, row, each, now=now, done=done)
            apart(str(row), known, done.troubles)
        elif row is not None and not row.provider_id:
            done.late.append(row.name)
            taking = partial(resource_late.settle_late, row, each, now=now)
            apart(str(row), taking, done.troubles)
        elif row is None or now - row.status_since > timedelta(seconds=NEWBORN_SECONDS):
            done.stray.append(each.name)
            done.stray_ids.add(each.provider_id)
            had = row is not None
            show = partial(
                note_stray, each, kind, had_a_row=had, provider=provider, now=now
            )
            apart(f"stray {each.provider_id}", show, done.troubles)
    return seen


def note(row: Resource, listed: Listed, *, now: datetime, done: Settled) -> None:
    """A row of ours is listed: adopt one whose create was not answered."""
    if not row.provider_id:
        if resource_rent.record(row, listed, now=now):
            done.adopted.append(row.name)
        return
    type(row)._default_manager.filter(pk=row.pk).update(listed_at=now, list_misses=0)
    if isinstance(row, ServerlessEndpoint) and isinstance(listed, CloudEndpoint):
        # The provider scales down what has no traffic; the row follows what is true.
        ServerlessEndpoint.objects.filter(pk=row.pk).update(
            workers_min=listed.workers_min,
            workers_max=listed.workers_max,
            idle_timeout_seconds=listed.idle_timeout_seconds or row.idle_timeout_seconds,
        )
        endpoint_changes.settle(row, listed, now=now)
    if isinstance(row, NetworkVolume) and isinstance(listed, CloudVolume):
        resource_grow.note_size(row, listed)


def miss(row: Resource, *, provider: FullProvider, now: datetime, done: Settled) -> None:
    """A row of ours is not in a complete list; two misses and a question decide."""
    if not row.provider_id:
        born = timedelta(seconds=settings.SETTLE_SECONDS)
    else:
        born = timedelta(seconds=NEWBORN_SECONDS)
    if now - (row.sent_at or row.status_since) < born:
        return
    type(row)._default_manager.filter(pk=row.pk).update(list_misses=row.list_misses + 1)
    if row.list_misses + 1 < MISSES_NEEDED:
        return
    if not row.provider_id:
        reason = "the create was never answered, and two complete lists do not show it"
        if resource_rent.fail(row, reason, now=now, give_up=False):
            done.never_created.append(row.name)
        return
    found: Listed | None = (
        provider.volume(row.provider_id)
        if isinstance(row, NetworkVolume)
        else provider.endpoint(row.provider_id)
    )
    if found is not None:
        return  # the list lags, it is there
    told = row.status == ResourceStatus.ENDING
    reason = "the provider says it is gone" if told else "vanished: the provider lost it"
    with transaction.atomic():
        if row.move_to(
            ResourceStatus.ENDED, now=now, reason=reason, facts={"billed_until": now}
        ):
            done.vanished.append(row.name)
            audit.record(f"close {row.kind}", row, acting_user="rule:cloud_list", now=now)


def note_stray(
    listed: Listed,
    kind: StrayResource.Kind,
    *,
    had_a_row: bool,
    provider: FullProvider,
    now: datetime,
) -> StrayResource:
    """Show what nobody here wants, and end an endpoint of ours when its grace is over."""
    facts = {
        "name": listed.name[:LONGEST_NAME],
        "ours": had_a_row or listed.name.startswith(f"kerne-{settings.KERNE_ENV}-"),
        "size_gb": listed.size_gb if isinstance(listed, CloudVolume) else 0,
        "data_center_id": getattr(listed, "data_center_id", "")[:40],
        "workers_min": getattr(listed, "workers_min", 0),
        "workers_max": getattr(listed, "workers_max", 0),
        "last_seen_at": now,
        "gone_at": None,
    }
    stray, created = StrayResource.objects.get_or_create(
        provider=provider.name,
        kind=kind,
        provider_id=listed.provider_id,
        defaults=facts | {"first_seen_at": now},
    )
    if not created:
        for name, value in facts.items():
            setattr(stray, name, value)
        stray.sightings += 1
        stray.save(update_fields=[*facts, "sightings"])
    if may_end(stray, had_a_row=had_a_row, now=now):
        end_stray(stray, provider=provider, now=now)
    return stray


def may_end(stray: StrayResource, *, had_a_row: bool, now: datetime) -> bool:
    """Whether a stray may be ended at this sighting: by rule, or by an operator.

    A volume holds data: a rule ends it only where a setting says so.
    """
    sent = stray.end_sent_at
    if sent is not None and now - sent < timedelta(seconds=RESEND_SECONDS):
        return False
    if stray.end_wanted_by:
        return True
    allowed = (
        settings.STRAY_VOLUME_DELETE if stray.kind == VOLUME else settings.ORPHAN_TERMINATE
    )
    if not stray.ours or not allowed:
        return False
    grace = timedelta(seconds=settings.ORPHAN_GRACE_SECONDS)
    old = stray.sightings >= SIGHTINGS_NEEDED and now - stray.first_seen_at >= grace
    return old or (had_a_row and stray.kind == ENDPOINT)


def end_stray(stray: StrayResource, *, provider: FullProvider, now: datetime) -> None:
    """Delete a stray, row and audit first; the next lists repeat it until it is gone."""
    first = stray.end_sent_at is None
    stray.end_sent_at, stray.end_refused = now, ""
    with transaction.atomic():
        stray.save(update_fields=["end_sent_at", "end_refused"])
        if first:
            audit.record(
                f"end stray {stray.kind}",
                stray,
                acting_user=stray.end_wanted_by or "rule:orphan",
                now=now,
            )
    try:
        if stray.kind == VOLUME:
            provider.delete_volume(stray.provider_id)
        else:
            provider.delete_endpoint(stray.provider_id)
    except ProviderError as error:
        log.warning("stray %s: ending goes on, the provider said: %s", stray, error)
        StrayResource.objects.filter(pk=stray.pk).update(end_refused=str(error)[:300])


def close_strays(
    kind: StrayResource.Kind, still: set[str], *, provider: FullProvider, now: datetime
) -> None:
    """Mark strays as gone that are in no list any more, or a row's of ours again."""
    StrayResource.objects.filter(
        provider=provider.name, kind=kind, gone_at__isnull=True
    ).exclude(provider_id__in=still).update(gone_at=now)


def watch_workers(*, provider: FullProvider, now: datetime, troubles: list[str]) -> None:
    """Count the workers of every endpoint just listed: its cost now follows from them."""
    rows = ServerlessEndpoint.objects.filter(
        provider=provider.name, status=ResourceStatus.LIVE, listed_at=now
    )
    for row in rows.order_by("pk"):
        work = partial(endpoint_health.look, row, provider=provider, now=now)
        apart(f"workers of {row}", work, troubles)
