"""The market into rows: models, offers with their prices over time, tokens per day.

Asked outside of any transaction; each answer is stored in one. A run that dies in the
middle leaves what it stored, and the next one goes on. Two at once store the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from economics.models import (
    MarketEndpoint,
    MarketModel,
    MarketPrice,
    MarketVolume,
)
from economics.openrouter.client import OpenRouterClient
from economics.openrouter.errors import MarketError, MarketRefused, MarketSilent
from economics.openrouter.parse import (
    EndpointReading,
    ModelReading,
    VolumeReading,
    endpoint_readings,
    model_readings,
    volume_readings,
)
from economics.selectors.market_join import joined_models

MOST_FOLLOWED = 50
RANKING_DAYS = 30
MOST_SILENCES = 3  # in a row; then the rest is left for the next run
PRICE_FIELDS = ("prompt", "cached_prompt", "completion", "discount", "is_conditional")
SAID_FIELDS = (
    *("provider", "quantization", "context_tokens", "status", "uptime_30m", "uptime_1d"),
    *("latency_p50_seconds", "throughput_p50"),
)


@dataclass(slots=True)
class Read:
    """What one reading of the market brought."""

    models: int = 0
    followed: int = 0
    endpoints: int = 0
    changed: int = 0
    left_out: int = 0
    volumes: int = 0
    failures: tuple[str, ...] = ()

    def sentence(self) -> str:
        words = (
            f"{self.models} models, {self.endpoints} offers of {self.followed} followed, "
            f"{self.changed} prices new or changed, {self.volumes} days of tokens"
        )
        if self.left_out:
            words += f"; {self.left_out} could not be read"
        return f"{words}; {'; '.join(self.failures)}" if self.failures else words


def read_market(client: OpenRouterClient, *, source: str, now: datetime) -> Read:
    """Ask for models, the offers of ours, and rankings; store what comes.

    Raises MarketError when the list of models does not come: then nothing is changed.
    What fails after that is told in `failures`, and the rest is stored.
    """
    models, left_out = model_readings(client.models())
    take_models(models, source=source, now=now)
    read = Read(models=len(models), left_out=left_out)
    if _read_offers(client, read, source=source, now=now):
        _read_rankings(client, read, source=source, now=now)
    return read


def _read_offers(
    client: OpenRouterClient, read: Read, *, source: str, now: datetime
) -> bool:
    """Read the offers of our models; False when the market has gone silent."""
    followed = {j.market.slug: j.market for j in joined_models(source) if j.market}
    silences = 0
    for slug in sorted(followed)[:MOST_FOLLOWED]:
        try:
            offers, strange = endpoint_readings(client.endpoints(slug))
        except MarketError as error:
            read.failures += (str(error),)
            silences += isinstance(error, MarketSilent)
            if silences == MOST_SILENCES:
                read.failures += ("gave up until the next run",)
                return False
            continue
        silences = 0
        read.left_out += strange
        read.followed += 1
        read.endpoints += len(offers)
        read.changed += take_endpoints(followed[slug], offers, now=now)
    return True


def _read_rankings(
    client: OpenRouterClient, read: Read, *, source: str, now: datetime
) -> None:
    if not client.has_key:
        read.failures += ("no rankings without a key",)
        return
    last = now.date()
    first = last - timedelta(days=RANKING_DAYS)
    try:
        told, meta = client.rankings(first=first, last=last)
    except MarketRefused as error:
        read.failures += (f"rankings: {error}",)
        return
    except MarketError as error:
        read.failures += (str(error),)
        return
    volumes, as_of = volume_readings(told, meta, now=now)
    read.volumes = take_volumes(volumes, source=source, as_of=as_of, now=now)


def take_models(readings: Iterable[ModelReading], *, source: str, now: datetime) -> int:
    """Keep the models that are listed now; those that are gone stay with their last day."""
    rows = [
        MarketModel(
            source=source,
            slug=each.slug,
            name=each.name,
            hugging_face_id=each.hugging_face_id,
            context_tokens=each.context_tokens,
            launched_at=each.launched_at,
            first_seen_at=now,
            last_seen_at=now,
        )
        for each in readings
    ]
    MarketModel.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["source", "slug"],
        update_fields=[
            *("name", "hugging_face_id", "context_tokens", "launched_at", "last_seen_at")
        ],
    )
    return len(rows)


@transaction.atomic
def take_endpoints(
    model: MarketModel, readings: Iterable[EndpointReading], *, now: datetime
) -> int:
    """Store the offers of a model as of `now`; how many prices are new or changed.

    An offer that is told no more stays with the instant at which it was last seen. A
    reading older than the last one changes nothing.
    """
    locked = MarketModel.objects.select_for_update().get(pk=model.pk)
    if locked.endpoints_read_at is not None and now <= locked.endpoints_read_at:
        return 0
    listed = list(readings)
    known = {row.tag: row for row in locked.endpoints.all()}
    changed = 0
    newest = newest_prices(known.values())
    for reading in listed:
        row = known.get(reading.tag) or MarketEndpoint(
            model=locked, tag=reading.tag, first_seen_at=now
        )
        for name in SAID_FIELDS:
            setattr(row, name, getattr(reading, name))
        row.last_seen_at = now
        row.save()
        changed += take_price(row, reading, newest.get(row.pk), now=now)
    locked.endpoints_read_at = now
    locked.save(update_fields=["endpoints_read_at"])
    return changed


def newest_prices(endpoints: Iterable[MarketEndpoint]) -> dict[int, MarketPrice]:
    """The last price row of each endpoint. One query."""
    rows = MarketPrice.objects.filter(endpoint__in=list(endpoints))
    last = rows.order_by("endpoint_id", "-observed_from").distinct("endpoint_id")
    return {row.endpoint_id: row for row in last}


def take_price(
    endpoint: MarketEndpoint,
    reading: EndpointReading,
    before: MarketPrice | None,
    *,
    now: datetime,
) -> bool:
    """Whether a row was appended; else the last one was seen again."""
    told = {name: getattr(reading, name) for name in PRICE_FIELDS}
    if before is not None and all(
        getattr(before, name) == value for name, value in told.items()
    ):
        MarketPrice.objects.filter(pk=before.pk).update(last_observed_at=now)
        return False
    MarketPrice.objects.create(
        endpoint=endpoint, observed_from=now, last_observed_at=now, **told
    )
    return True


def take_volumes(
    readings: Iterable[VolumeReading], *, source: str, as_of: datetime, now: datetime
) -> int:
    """Keep tokens per day; a figure that was restated replaces the one before."""
    rows = [
        MarketVolume(
            source=source,
            slug=each.slug,
            day=each.day,
            tokens=each.tokens,
            as_of=as_of,
            read_at=now,
        )
        for each in readings
    ]
    MarketVolume.objects.bulk_create(
        rows,
        batch_size=1000,
        update_conflicts=True,
        unique_fields=["source", "slug", "day"],
        update_fields=["tokens", "as_of", "read_at"],
    )
    return len(rows)
