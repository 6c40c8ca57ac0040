"""GET /api/v1/offers: what a GPU costs where, one price a product."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from economics.calc.unknown import Unknown
from fleet.models import OfferKind, Stock
from fleet.selectors.offers import Offer, best_offers
from fleet.sizing.gpus import gpu_named
from kerne_site.api import Asked, Endpoint, Parameter, a_name, api_view, one_of
from kerne_site.api import schemas as s

NOT_OURS = Unknown("the source's name is of no GPU type that is known here")
SINGLE = Unknown("GPUs are rented one by one here; see usd_per_gpu_hour")
NOT_BY_SECOND = Unknown("only serverless is priced by the second")
NOT_STATED = Unknown("the source does not state it")


@api_view()
def offers(request: HttpRequest) -> dict[str, Any]:
    """The price of each product now, cheapest per GPU-hour first."""
    asked = Asked(request.GET)
    provider = asked.take("provider", a_name, default="").lower()
    gpu = asked.take("gpu", a_name, default="")
    kind = asked.take("kind", one_of(OfferKind.values), default=None)
    asked.check()
    now = timezone.now()
    found = best_offers(now, kinds=None if kind is None else [kind])
    return {
        "as_of": now,
        "offers": [
            offer_of(each)
            for each in found
            if provider in ("", each.provider.lower()) and is_of_gpu(each, gpu)
        ],
    }


def is_of_gpu(offer: Offer, gpu: str) -> bool:
    """Whether an offer is of the GPU type that is named, or has that in its name."""
    spec = gpu_named(gpu)
    if spec is not None and spec.gpu_type_id == offer.gpu_type_id:
        return True
    return gpu.lower() in f"{offer.gpu_type_id}\n{offer.gpu_name}".lower()


def offer_of(offer: Offer) -> dict[str, Any]:
    instance, second = offer.usd_per_instance_hour, offer.usd_per_gpu_second
    return {
        "provider": offer.provider,
        "product": offer.product,
        "gpu_type_id": offer.gpu_type_id or NOT_OURS,
        "gpu_name": offer.gpu_name,
        "memory_gb": offer.memory_gb,
        "gpus_at_least": offer.gpu_count,
        "gpus_at_most": offer.max_count,
        "kind": offer.kind,
        "cloud": offer.cloud,
        "region": offer.region,
        "usd_per_gpu_hour": offer.usd_per_gpu_hour,
        "usd_per_instance_hour": SINGLE if instance is None else instance,
        "usd_per_gpu_second": NOT_BY_SECOND if second is None else second,
        "billing_unit": offer.billing_unit or NOT_STATED,
        "stock": offer.stock,
        "source": offer.source,
        "source_url": offer.source_url,
        "note": offer.note,
        "observed_at": offer.observed_at,
        "is_stale": offer.is_stale,
        "is_live": offer.is_live,
        "is_orderable_here": offer.rentable_here,
    }


OFFER = s.record(
    provider=s.TEXT,
    product=s.TEXT,
    gpu_type_id=s.or_unknown(s.TEXT),
    gpu_name=s.described(s.TEXT, "As the source calls it."),
    memory_gb=s.WHOLE,
    gpus_at_least=s.described(s.WHOLE, "GPUs of the smallest unit that can be rented."),
    gpus_at_most=s.described(s.WHOLE, "GPUs of the largest pod or instance."),
    kind=s.words(*OfferKind.values),
    cloud=s.TEXT,
    region=s.TEXT,
    usd_per_gpu_hour=s.described(s.DECIMAL, "USD per GPU-hour, disks not included."),
    usd_per_instance_hour=s.or_unknown(s.described(s.DECIMAL, "USD, as quoted.")),
    usd_per_gpu_second=s.or_unknown(s.described(s.DECIMAL, "USD; serverless.")),
    billing_unit=s.or_unknown(s.TEXT),
    stock=s.words(*Stock.values),
    source=s.TEXT,
    source_url=s.TEXT,
    note=s.TEXT,
    observed_at=s.described(s.INSTANT, "When the price was true."),
    is_stale=s.described(s.FLAG, "Older than two intervals of its source."),
    is_live=s.described(s.FLAG, "Read by us, not shipped or typed in."),
    is_orderable_here=s.FLAG,
)
OFFERS = Endpoint(
    path="offers",
    view=offers,
    line="GPU offers of all providers with price, unit, source and age.",
    parameters=(
        Parameter("provider", "Its name, such as runpod; all.", s.TEXT, example="runpod"),
        Parameter("gpu", "A GPU type, or a part of its name; all.", s.TEXT, example="H200"),
        Parameter("kind", "How it rents; all.", s.words(*OfferKind.values)),
    ),
    answer=s.record(as_of=s.INSTANT, offers=s.many(OFFER)),
)
