"""Prices of other clouds through `gpuhunt`: its published catalogs, and Vast's offers.

gpuhunt publishes a zipped CSV per provider in a public bucket. Its own downloader has
no timeout and no limit of size, so the files are fetched here, within both, into a
folder that gpuhunt then reads (`GPUHUNT_CATALOG_DIR`, its own way to work offline).
Vast is asked by gpuhunt itself; no provider here needs a key.

Of each product one reading is made: the lowest price over its regions, with the region.
A provider that does not answer does not hold back the others; when none answers it is
ProviderUnavailable.
"""

from __future__ import annotations

import io
import os
import re
import tempfile
import threading
import time
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests

from fleet.market.gpu_names import canonical
from fleet.market.reading import OfferReading, per_gpu, rounded
from fleet.market.rental_facts import billing_unit
from fleet.providers.errors import ProviderUnavailable

CATALOG_URL = "https://dstack-gpu-pricing.s3.eu-west-1.amazonaws.com/v3"
OFFLINE = (
    *("aws", "azure", "cloudrift", "gcp", "lambdalabs", "nebius", "oci", "runpod"),
    "verda",
)
ONLINE = ("vastai",)
OUR_NAMES = {"lambdalabs": "lambda", "vastai": "vast"}  # theirs -> ours

CONNECT_SECONDS, READ_SECONDS = 5, 10
ALL_SECONDS = 60  # of one whole reading; a worker ends a task after 90
MOST_VERSION_BYTES = 200
MOST_ZIP_BYTES = 16 * 2**20
MOST_CSV_BYTES = 128 * 2**20
MOST_OFFERS = 5_000  # of one provider, after the lowest of the regions was taken
MOST_USD_PER_HOUR = Decimal(100_000)
CHUNK = 64 * 2**10
VERSION = re.compile(r"[0-9A-Za-z._-]{1,64}", re.ASCII)
COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)  # where RunPod's community cloud stands

_environment = threading.Lock()


@dataclass(slots=True)
class MarketReading:
    """The offers that came, and per provider that did not: why, in a sentence."""

    offers: list[OfferReading] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    failures: dict[str, str] = field(default_factory=dict)


def read_market(
    *,
    now: datetime,
    catalog_url: str = CATALOG_URL,
    offline: Iterable[str] = OFFLINE,
    online: Iterable[str] = ONLINE,
    read_seconds: float = READ_SECONDS,
) -> MarketReading:
    """Ask every provider once. Raises ProviderUnavailable when none answers.

    now          the instant that the prices are said to be of
    catalog_url  the bucket, without a slash at its end
    """
    # Imported here: no page and no pod needs it, and with it come its providers.
    import gpuhunt
    from gpuhunt.providers.vastai import VastAIProvider

    reading, ends = MarketReading(), time.monotonic() + ALL_SECONDS
    with tempfile.TemporaryDirectory(prefix="kerne-gpuhunt-") as folder:
        for name in offline:
            with _told(reading, name):
                content = fetch_csv(
                    catalog_url.rstrip("/"), name, ends=ends, read_seconds=read_seconds
                )
                (Path(folder) / f"{name}.csv").write_bytes(content)
                with _reads_from(folder):
                    catalog = gpuhunt.Catalog(balance_resources=False, auto_reload=False)
                    items = catalog.query(provider=name, min_gpu_count=1)
                _take(reading, name, items, now=now)
    for name in online:
        with _told(reading, name):
            _within(ends)
            _take(reading, name, VastAIProvider().get(), now=now)
    if not reading.answered:
        name, why = next(iter(reading.failures.items()), ("nobody", "nobody was asked"))
        raise ProviderUnavailable(
            f"no price catalog answered ({len(reading.failures)} asked; {name}: {why})"
        )
    return reading


def fetch_csv(
    catalog_url: str, name: str, *, ends: float, read_seconds: float = READ_SECONDS
) -> bytes:
    """The newest catalog of a provider. Raises ProviderUnavailable."""
    asked = {"ends": ends, "read_seconds": read_seconds}
    version = (
        fetch(f"{catalog_url}/{name}/version", most=MOST_VERSION_BYTES, **asked)
        .decode("ascii", errors="replace")
        .strip()
    )
    if not VERSION.fullmatch(version):  # it becomes a part of the next address
        raise ProviderUnavailable(f"the catalog's version is {version[:40]!r}")
    packed = fetch(
        f"{catalog_url}/{name}/{version}/catalog.zip", most=MOST_ZIP_BYTES, **asked
    )
    try:
        with (
            zipfile.ZipFile(io.BytesIO(packed)) as archive,
            archive.open(f"{name}.csv") as member,
        ):
            content = member.read(MOST_CSV_BYTES + 1)
    except (zipfile.BadZipFile, KeyError, OSError, NotImplementedError) as error:
        raise ProviderUnavailable(f"the catalog is no zip with {name}.csv") from error
    if len(content) > MOST_CSV_BYTES:
        raise ProviderUnavailable(f"the catalog unpacks to more than {MOST_CSV_BYTES} B")
    return content


def fetch(url: str, *, most: int, ends: float, read_seconds: float) -> bytes:
    """The body of `url`, at most `most` bytes. Raises ProviderUnavailable."""
    _within(ends)
    parts, size = [], 0
    try:
        with requests.get(
            url, timeout=(CONNECT_SECONDS, read_seconds), stream=True
        ) as response:
            if response.status_code != 200:
                raise ProviderUnavailable(f"HTTP {response.status_code}")
            for chunk in response.iter_content(CHUNK):
                size += len(chunk)
                if size > most:
                    raise ProviderUnavailable(f"the answer is longer than {most:,} bytes")
                _within(ends)  # a trickle keeps every single read in time
                parts.append(chunk)
    except requests.RequestException as error:
        raise ProviderUnavailable(reason(error)) from error
    return b"".join(parts)


def reason(error: Exception) -> str:
    """Why there is no answer, in two words and without an address."""
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "not reachable"
    return f"unreadable answer ({type(error).__name__})"


def readings_of(name: str, items: Iterable[Any], *, now: datetime) -> list[OfferReading]:
    """One reading a product, the lowest price over its regions, cheapest first.

    items  gpuhunt's CatalogItem: `price` is USD per hour of the whole instance
    """
    grouped: dict[tuple[Any, ...], list[tuple[Decimal, Any]]] = defaultdict(list)
    for item in items:
        price = _price(item)
        if price is not None:
            grouped[_product(name, item)].append((price, item))
    found = [
        _reading(name, key, sorted(same, key=lambda each: each[0]), now=now)
        for key, same in grouped.items()
    ]
    found.sort(key=lambda each: each.usd_per_gpu_hour)
    return found[:MOST_OFFERS]


def _product(name: str, item: Any) -> tuple[Any, ...]:
    """What makes items the same product: not the region, and not Vast's machine."""
    product = "marketplace" if name == "vastai" else str(item.instance_name)
    cloud = ""
    if name == "runpod":
        community = COUNTRY.fullmatch(str(item.location))
        cloud = "COMMUNITY" if community else "SECURE"
    return (
        product,
        str(item.gpu_name),
        int(item.gpu_memory or 0),
        int(item.gpu_count),
        bool(item.spot),
        cloud,
    )


def _reading(
    name: str,
    key: tuple[Any, ...],
    cheapest_first: list[tuple[Decimal, Any]],
    *,
    now: datetime,
) -> OfferReading:
    product, gpu_name, memory_gb, gpu_count, spot, cloud = key
    price, item = cheapest_first[0]
    provider = OUR_NAMES.get(name, name)
    # RunPod's product is the id of the GPU type itself.
    known_as = product if name == "runpod" else gpu_name
    gpu_type_id = canonical(
        known_as, memory_gb=memory_gb or None, provider=provider, product=product
    )
    many = len(cheapest_first)
    return OfferReading(
        provider=provider,
        product=product[:120],
        gpu_name=gpu_name[:80],
        gpu_type_id=gpu_type_id,
        memory_gb=memory_gb,
        gpu_count=gpu_count,
        max_count=gpu_count,
        kind="interruptible" if spot else "on_demand",
        cloud=cloud,
        # The region is that of the lowest price, so it moves: it is told, not a key.
        billing_unit=billing_unit(provider),
        usd_per_gpu_hour=per_gpu(price, gpu_count),
        usd_per_instance_hour=rounded(price) if gpu_count > 1 else None,
        source_url="https://github.com/dstackai/gpuhunt",
        note=(
            f"lowest of {many} listings, in {item.location}"
            if many > 1
            else f"in {item.location}"
        )[:200],
        observed_at=now,
    )


def _price(item: Any) -> Decimal | None:
    """[USD / hour] of an item for GPUs of NVIDIA; None for what is not one to list."""
    if not item.gpu_count or not item.gpu_name:
        return None
    if getattr(item.gpu_vendor, "value", "") != "nvidia":
        return None
    # gpuhunt has floats; their shortest text is what the provider wrote.
    price = Decimal(repr(float(item.price)))
    if not price.is_finite() or not 0 < price <= MOST_USD_PER_HOUR:
        return None
    return price if per_gpu(price, int(item.gpu_count)) > 0 else None


def _take(
    reading: MarketReading, name: str, items: Iterable[Any], *, now: datetime
) -> None:
    offers = readings_of(name, items, now=now)
    if not offers:
        raise ProviderUnavailable("its catalog has no GPU")
    if name == "runpod":
        offers = single_gpus(offers)
    reading.offers += offers
    reading.answered.append(OUR_NAMES.get(name, name))


def single_gpus(offers: list[OfferReading]) -> list[OfferReading]:
    """RunPod sells GPUs one by one: the offer of one, with the largest pod listed."""
    most: dict[tuple[str, str], int] = {}
    for offer in offers:
        place = (offer.product, offer.cloud)
        most[place] = max(most.get(place, 0), offer.gpu_count)
    return [
        replace(offer, max_count=most[offer.product, offer.cloud])
        for offer in offers
        if offer.gpu_count == 1
    ]


def _within(ends: float) -> None:
    if time.monotonic() > ends:
        raise ProviderUnavailable("the time for all catalogs is over")


@contextmanager
def _told(reading: MarketReading, name: str) -> Iterator[None]:
    """Whatever goes wrong with one provider is its own failure."""
    try:
        yield
    except ProviderUnavailable as error:
        reading.failures[OUR_NAMES.get(name, name)] = str(error)
    except requests.RequestException as error:
        reading.failures[OUR_NAMES.get(name, name)] = reason(error)
    except (ValueError, KeyError, TypeError, OSError, ArithmeticError) as error:
        # gpuhunt trusts what it reads; another format must not look like no offers.
        reading.failures[OUR_NAMES.get(name, name)] = (
            f"unreadable catalog ({type(error).__name__})"
        )


@contextmanager
def _reads_from(folder: str) -> Iterator[None]:
    """gpuhunt reads catalogs from `folder` meanwhile; the variable is the process's."""
    name = "GPUHUNT_CATALOG_DIR"
    with _environment:
        before = os.environ.get(name)
        os.environ[name] = folder
        try:
            yield
        finally:
            if before is None:
                del os.environ[name]
            else:
                os.environ[name] = before
