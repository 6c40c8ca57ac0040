"""Bills of volumes and endpoints that no row of ours explains: kept as they were seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from economics.models import ResourceObservation
from fleet.providers.resources import ResourceBucket

OBSERVED_STEP = Decimal("0.00000001")
BilledKind = ResourceObservation.Kind

# What was kept last, by kind, the provider's id and the bucket's start.
Known = dict[tuple[str, str, datetime], ResourceObservation]


def observed(amount: Decimal) -> Decimal:
    """An amount with the 8 decimals that are kept."""
    return amount.quantize(OBSERVED_STEP, rounding=ROUND_HALF_UP)


def keep_unexplained(
    billed: Mapping[BilledKind, Sequence[ResourceBucket]],
    *,
    ours: Mapping[BilledKind, set[str]],
    provider: str,
    since: datetime,
    now: datetime,
) -> int:
    """Keep what the bill says of things without a row; how many such buckets there are.

    One that a row of ours took meanwhile is explained by a row more. Saying the same
    twice adds nothing.
    """
    known = latest(provider, since=since)
    unexplained = 0
    for kind, buckets in billed.items():
        for bucket in buckets:
            explained = bucket.provider_id in ours[kind]
            unexplained += not explained
            last = known.get((kind, bucket.provider_id, bucket.start))
            if last is None and (explained or not bucket.total_usd):
                continue  # the ledger has it, or there is nothing to have
            keep(bucket, kind, last, explained=explained, provider=provider, now=now)
    return unexplained


def keep(
    bucket: ResourceBucket,
    kind: BilledKind,
    last: ResourceObservation | None,
    *,
    explained: bool,
    provider: str,
    now: datetime,
) -> None:
    """A row for what is said now, unless the last one says it."""
    said = {
        "bucket_end": bucket.end,
        "total_usd": observed(bucket.total_usd),
        "explained": explained,
    }
    if last is not None and all(getattr(last, name) == said[name] for name in said):
        return
    ResourceObservation.objects.create(
        provider=provider,
        kind=kind,
        provider_id=bucket.provider_id,
        bucket_start=bucket.start,
        revision=1 if last is None else last.revision + 1,
        observed_at=now,
        **said,
    )


def latest(provider: str, *, since: datetime) -> Known:
    """What was kept last of each bucket since, in one query."""
    place = ("kind", "provider_id", "bucket_start")
    rows = ResourceObservation.objects.filter(provider=provider, bucket_start__gte=since)
    newest = rows.order_by(*place, "-revision").distinct(*place)
    return {(each.kind, each.provider_id, each.bucket_start): each for each in newest}
