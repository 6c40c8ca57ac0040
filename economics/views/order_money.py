"""Whether an order that is being written can pay for itself, beside its form."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from economics.calc.unknown import Unknown
from economics.selectors.order_money import OrderMoney, order_money
from economics.selectors.replica_speed import Replica
from fleet.access import viewer_required
from fleet.forms import OrderForm
from fleet.models import RentalKind
from fleet.selectors.burn import container_disk_usd_per_hour
from fleet.services.ordering import OrderPlan
from fleet.services.speeds import want
from fleet.tasks import estimate_speeds
from fleet.views.doorbell import ring
from fleet.views.order import offer_written, variant_written

PODS = (RentalKind.ON_DEMAND, RentalKind.SCHEDULED, RentalKind.BURST)
NEEDED = ("gpu_count", "max_model_len", "gpu_memory_utilization", "container_disk_gb")


@require_POST
@viewer_required
def order_pays(request: HttpRequest) -> HttpResponse:
    """What one replica of the half-filled form must sell, as a fragment; its speed is
    asked for where nobody has worked it out. Orders and changes nothing."""
    form, now = OrderForm(request.POST), timezone.now()
    form.is_valid()
    written = replica_written(form.cleaned_data)
    if written is None:
        return render(request, "economics/_order_pays.html", {"pays": None, "now": now})
    found = order_money(*written, now=now)
    if isinstance(found, OrderMoney) and found.missing:
        want(found.missing, now=now)
        ring(estimate_speeds)
    return render(request, "economics/_order_pays.html", {"pays": found, "now": now})


def pays_of(order: OrderPlan, now: datetime) -> OrderMoney | Unknown:
    """What one replica must sell, as its plan sheet prices it."""
    spec = order.spec
    replica = Replica(
        variant=order.variant,
        gpu_type_id=spec.gpu_type_id,
        gpu_count=spec.gpu_count,
        max_model_len=spec.max_model_len,
        gpu_memory_utilization=spec.gpu_memory_utilization,
    )
    return order_money(replica, order.usd_per_pod_hour + order.disk_usd_per_hour, now=now)


def replica_written(data: dict[str, Any]) -> tuple[Replica, Decimal] | None:
    """The replica of a form's clean fields and its price [USD / h]; None where they do not
    say one that has a price.

    A spot replica's price is the market's of the hour and a serverless worker is paid for
    its jobs: their plan sheets reckon with that.
    """
    variant, offer = variant_written(data), offer_written(data)
    if variant is None or offer is None or data.get("rental_kind") not in PODS:
        return None
    count, context, share, disk = (data.get(name) for name in NEEDED)
    if count is None or context is None or share is None or disk is None:
        return None
    if not (count > 0 and context > 0 and 0 < share < 1 and disk >= 0):
        return None
    gpus: Decimal = offer.usd_per_gpu_hour * count
    replica = Replica(variant, offer.gpu_type_id, count, context, share)
    return replica, gpus + container_disk_usd_per_hour(disk)
