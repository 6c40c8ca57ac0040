"""GPU prices: offers of every provider, their history, and providers side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from fleet.access import viewer_required
from fleet.charts.step_lines import StepChart, price_history
from fleet.csv_files import write_rows
from fleet.market.gpu_names import H100_SXM
from fleet.models import ModelVariant, OfferKind, OfferSource
from fleet.selectors.comparison import (
    DEFAULT_MODEL,
    ComparedShape,
    compare,
    side_by_side,
)
from fleet.selectors.offers import Offer, best_offers
from fleet.selectors.price_history import MOST_LINES, price_lines

UNKNOWN = "unknown"  # in the address, for GPUs without a canonical name
MOST_ROWS = 100  # 100 kB of page; the CSV has all
HISTORY_DAYS = 270
COUNTS = (1, 2, 4, 8)
CSV_COLUMNS = (
    *("provider", "product", "gpu_type_id", "gpu", "gpu_memory_gb", "gpu_count"),
    *("max_count", "kind", "cloud", "region", "billing_unit", "usd_per_gpu_hour"),
    *("usd_per_instance_hour", "usd_per_gpu_second", "stock", "data_centers", "source"),
    *("observed_at_utc", "is_stale", "is_live", "source_url", "note"),
)


@dataclass(frozen=True)
class Filter:
    """What the address asks for. Anything unknown is left out, and said so nowhere."""

    provider: str = ""
    gpu: str = ""
    kind: str = ""
    count: int = 0

    @classmethod
    def of(cls, request: HttpRequest) -> Filter:
        def word(name: str) -> str:
            return request.GET.get(name, "").replace("\x00", "").strip()[:80]

        count = word("count")
        return cls(
            provider=word("provider"),
            gpu=word("gpu"),
            kind=word("kind") if word("kind") in OfferKind.values else "",
            count=int(count) if re.fullmatch(r"[1-9][0-9]?", count, re.ASCII) else 0,
        )

    def takes(self, offer: Offer) -> bool:
        """Whether an offer is shown."""
        return (
            self.provider in ("", offer.provider)
            and self.gpu in ("", offer.gpu_type_id or UNKNOWN)
            and self.kind in ("", offer.kind)
            and (not self.count or offer.holds(self.count))
        )

    @property
    def is_empty(self) -> bool:
        return self == Filter()

    @property
    def charted_gpu(self) -> str:
        """The GPU whose history is drawn: the chosen one, or the most compared."""
        return self.gpu if self.gpu and self.gpu != UNKNOWN else H100_SXM


@dataclass(frozen=True)
class OfferRow:
    """An offer as a row: the price of the chosen count, and words for its source."""

    offer: Offer
    usd_per_replica_hour: Any
    kind_words: str
    source_words: str


def offer_rows(offers: Iterable[Offer], *, count: int) -> list[OfferRow]:
    return [
        OfferRow(
            offer,
            offer.usd_per_replica_hour(count) if count else None,
            OfferKind(offer.kind).label,
            source_words(offer),
        )
        for offer in offers
    ]


def source_words(offer: Offer) -> str:
    """What the chip says: who told the price, and that a shipped one is not live."""
    if offer.source == OfferSource.FIXTURE:
        return f"public price of {offer.observed_at:%Y-%m-%d}, not live"
    if offer.source == OfferSource.CATALOG and offer.provider != "runpod":
        return f"catalog of {offer.provider}"  # the sandbox speaks RunPod's contract
    return OfferSource(offer.source).label


@require_GET
@viewer_required
def offers(request: HttpRequest) -> HttpResponse:
    """The page."""
    now = timezone.now()
    wanted = Filter.of(request)
    known = best_offers(now)
    found = [each for each in known if wanted.takes(each)]
    variants = list(ModelVariant.objects.select_related("served_model"))
    variant = chosen_variant(request, variants)
    chart, lines = history_chart(wanted, now=now)
    shapes = compare(now, variant=variant)
    context: dict[str, Any] = {
        "now": now,
        "filter": wanted,
        "known": len(known),
        "found": len(found),
        "rows": offer_rows(found[:MOST_ROWS], count=wanted.count),
        "left_out": max(len(found) - MOST_ROWS, 0),
        "choices": choices(known),
        "counts": COUNTS,
        "unknown": UNKNOWN,
        "live": sum(each.is_live for each in found),
        "stale": sum(each.is_stale for each in found),
        "shapes": shapes,
        "providers": side_by_side(shapes),
        "compared": chosen_shape(request, shapes),
        "variants": variants,
        "variant": variant,
        "chart": chart,
        "charted": lines > 0,
        "most_lines": MOST_LINES,
    }
    return render(request, "fleet/offers.html", context)


def choices(known: Iterable[Offer]) -> dict[str, list[tuple[str, str]]]:
    """What each filter can be set to, from the offers that there are."""
    known = list(known)
    gpus = {each.gpu_type_id: each.gpu_type_id for each in known if each.gpu_type_id}
    if any(not each.gpu_type_id for each in known):
        gpus[UNKNOWN] = "not one that we know"
    return {
        "providers": [(name, name) for name in sorted({each.provider for each in known})],
        "gpus": sorted(gpus.items(), key=lambda each: each[1]),
        "kinds": [
            (kind.value, kind.label)
            for kind in OfferKind
            if any(each.kind == kind for each in known)
        ],
    }


def chosen_variant(
    request: HttpRequest, variants: list[ModelVariant]
) -> ModelVariant | None:
    """The model to judge the shapes by: `?model=`, or the plan's second tier."""
    asked = request.GET.get("model", "")
    by_key = {str(variant.pk): variant for variant in variants}
    if asked in by_key:
        return by_key[asked]
    plan = [each for each in variants if each.repository == DEFAULT_MODEL]
    return next(iter([*plan, *variants]), None)


def chosen_shape(request: HttpRequest, shapes: list[ComparedShape]) -> ComparedShape:
    """The shape whose reasons are shown: `?shape=`, or the first of the plan."""
    asked = request.GET.get("shape", "")
    return next((each for each in shapes if each.shape.key == asked), shapes[0])


def history_chart(wanted: Filter, *, now: datetime) -> tuple[StepChart, int]:
    """The step lines of the charted GPU, and how many there are."""
    since = now - timedelta(days=HISTORY_DAYS)
    lines = price_lines(
        wanted.charted_gpu,
        since=since,
        kinds=(wanted.kind or OfferKind.ON_DEMAND,),
        providers=(wanted.provider,) if wanted.provider else None,
        counts=(wanted.count,) if wanted.count else None,
    )
    chart = price_history(lines, gpu=wanted.charted_gpu, since=since, now=now)
    return replace(chart, caption=f"{chart.caption}."), len(lines)


@require_GET
@viewer_required
def offers_history(request: HttpRequest) -> JsonResponse:
    """The figure for plotly.js; `empty` is a sentence when there is nothing to draw."""
    chart, lines = history_chart(Filter.of(request), now=timezone.now())
    empty = "" if lines else chart.caption
    return JsonResponse({"figure": chart.figure, "caption": chart.caption, "empty": empty})


@require_GET
@viewer_required
def offers_csv(request: HttpRequest) -> HttpResponse:
    """What is filtered, every row of it, with exact decimals."""
    now = timezone.now()
    wanted = Filter.of(request)
    response = HttpResponse(
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="offers.csv"'},
    )
    found = [each for each in best_offers(now) if wanted.takes(each)]
    write_rows(CSV_COLUMNS, map(csv_cells, found), response.write)
    return response


def csv_cells(offer: Offer) -> list[object]:
    centers = " ".join(f"{each['id']}={each['stock']}" for each in offer.data_centers)
    per_second = offer.usd_per_gpu_second
    return [
        *(offer.provider, offer.product, offer.gpu_type_id, offer.gpu_name),
        *(offer.memory_gb, offer.gpu_count, offer.max_count, offer.kind, offer.cloud),
        *(offer.region, offer.billing_unit, f"{offer.usd_per_gpu_hour:f}"),
        "" if offer.usd_per_instance_hour is None else f"{offer.usd_per_instance_hour:f}",
        "" if per_second is None else f"{per_second.normalize():f}",
        *(offer.stock, centers, offer.source, f"{offer.observed_at:%Y-%m-%dT%H:%M:%SZ}"),
        *(str(offer.is_stale).lower(), str(offer.is_live).lower()),
        *(offer.source_url, offer.note),
    ]
