"""Ordering: a form, a plan with its price, a confirmation. Nothing is saved before that."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from fleet.access import operator_to_post, viewer_required
from fleet.forms import OrderForm
from fleet.models import ActionKind, Cloud, Fleet, GpuOffer, ModelVariant, Tier
from fleet.selectors.named import free_name
from fleet.selectors.ordered_before import ordered_before
from fleet.selectors.serving import sizing_of
from fleet.services import fleets
from fleet.services.actions import CostedPlan, plan_action
from fleet.services.actions.launching import spec_text
from fleet.services.launch_guard import configured_guard
from fleet.services.ordering import OrderPlan
from fleet.services.refused import Refused
from fleet.sizing.advice import smallest_change
from fleet.sizing.fit import SizingResult, size
from fleet.sizing.gpus import gpu_named
from fleet.templatetags.numbers import money
from fleet.views.hours import hours_choices
from fleet.views.memory import memory_bar
from fleet.views.selling import rental_choices

MOST_CHANGES = 3  # ways to make it fit that are told at once
KEY_BYTES = 20  # of a confirmation


@require_http_methods(["GET", "POST"])
@operator_to_post
def order(request: HttpRequest) -> HttpResponse:
    """The form; sent, the plan above it. its fields may be filled by the address."""
    if request.method == "POST":
        return preview(request)
    offers = offers_of_provider()
    tier_1 = fleets_of_this_money().filter(slug__in=fleets.slugs(Tier.ONE)).first()
    initial: dict[str, Any] = {
        "gpu_type_id": offers[0].gpu_type_id if offers else "",
        "fleet_id": tier_1.pk if tier_1 else "",
    }
    asked = asked_for(request.GET)
    form = OrderForm(initial=initial | proposed_name(asked) | asked)
    return render(request, "fleet/order.html", page_context(form, now=timezone.now()))


def asked_for(address: QueryDict) -> dict[str, Any]:
    """Fields that the address fills beforehand; `variant` and `gpu` are short for two."""
    filled = {name: address[name] for name in OrderForm.base_fields if name in address}
    for field, name in (("variant_id", "variant"), ("gpu_type_id", "gpu")):
        if name in address:
            filled[field] = address[name]
    return filled


def proposed_name(asked: Mapping[str, Any]) -> dict[str, str]:
    """A free name where the address says the model: else it is the one field to fill."""
    number = str(asked.get("variant_id", ""))
    if not number.isascii() or not number.isdecimal() or len(number) > 9:
        return {}
    variant = ModelVariant.objects.select_related("served_model").filter(pk=number).first()
    return {"slug": free_name(variant.served_model.slug)} if variant else {}


def preview(request: HttpRequest) -> HttpResponse:
    """The same page with the plan of what was typed, or with the faults beside it."""
    return form_page(request, OrderForm(request.POST), now=timezone.now())


def order_again(
    request: HttpRequest, parameters: Mapping[str, str], *, now: datetime
) -> HttpResponse:
    """The page of an order that was confirmed and not placed, with its plan made anew."""
    return form_page(request, OrderForm.of_order(parameters), now=now)


def form_page(request: HttpRequest, form: OrderForm, *, now: datetime) -> HttpResponse:
    """The order page with a plan, or with why there is none."""
    plan = planned(form, now=now)
    context = page_context(form, now=now)
    if plan is None or plan.order is None:
        return render(request, "fleet/order.html", context)
    context |= {
        "plan": plan,
        "order": plan.order,
        "sealed": plan.seal(),
        "key": secrets.token_hex(KEY_BYTES),
        "memory": memory_of(plan.order.fit, plan.order.spec.gpu_type_id),
        "button": confirm_words(plan.order),
        "ordered_before": ordered_before(variant=plan.order.variant, now=now),
    }
    return render(request, "fleet/order.html", context)


def planned(form: OrderForm, *, now: datetime) -> CostedPlan | None:
    """The plan of a form; None when the form now carries the reasons against it."""
    if not form.is_valid():
        return None
    try:
        return plan_action(
            ActionKind.LAUNCH, spec_text(form.spec()), guard=configured_guard(), now=now
        )
    except Refused as refusal:
        form.take(refusal.errors)
        return None


def confirm_words(plan: OrderPlan) -> str:
    """What the button does and costs: "Rent 2 × 1× RTX 4090 for $1.49/h"."""
    if plan.workers is not None:
        return f"Set up, at most {money(plan.usd_per_hour)}/h"
    shape = f"{plan.spec.gpu_count}× {plan.offer.display_name}"
    if plan.spec.replicas > 1:
        shape = f"{plan.spec.replicas} × {shape}"
    return f"Rent {shape} for {money(plan.usd_per_hour)}/h"


@require_POST
@viewer_required
def order_fit(request: HttpRequest) -> HttpResponse:
    """Whether the model of the half-filled form fits the chosen GPUs, as a fragment."""
    form = OrderForm(request.POST)
    form.is_valid()
    data = form.cleaned_data
    variant = variant_written(data)
    needed = ("gpu_count", "max_model_len", "gpu_memory_utilization")
    if variant is None or any(data.get(name) is None for name in needed):
        return render(request, "fleet/_fit.html", {"fit": None})
    asked = sizing_of(
        variant,
        gpu_type_id=data.get("gpu_type_id") or "",
        gpu_count=data["gpu_count"],
        max_model_len=data["max_model_len"],
        gpu_memory_utilization=data["gpu_memory_utilization"],
    )
    fit = size(asked)
    offer = offer_written(data)
    price = None  # of no GPUs there is none, not one of 0 or below
    if offer is not None and data["gpu_count"] > 0:
        price = offer.usd_per_gpu_hour * data["gpu_count"]
    context = {
        "fit": fit,
        "changes": smallest_change(asked)[:MOST_CHANGES],
        "memory": memory_of(fit, data.get("gpu_type_id") or ""),
        "offer": offer,
        "usd_per_pod_hour": price,
        "variant": variant,
        "now": timezone.now(),
    }
    return render(request, "fleet/_fit.html", context)


def variant_written(data: Mapping[str, Any]) -> ModelVariant | None:
    """The weights that the clean fields of a half-filled form name, with their model."""
    variants = ModelVariant.objects.select_related("served_model")
    return variants.filter(pk=data.get("variant_id") or 0).first()


def offer_written(data: Mapping[str, Any]) -> GpuOffer | None:
    """The offer on demand that they name."""
    return GpuOffer.objects.filter(
        provider=settings.PROVIDER_NAME,
        gpu_type_id=data.get("gpu_type_id"),
        cloud=data.get("cloud"),
    ).first()


def memory_of(fit: SizingResult, gpu_type_id: str) -> dict[str, Any] | None:
    """The memory bar of a shape and what is spare [GiB]; None when not computed."""
    if fit.budget_gib is None or fit.kv_gib is None:
        return None
    spec = gpu_named(gpu_type_id)
    bar = memory_bar(
        [(term.name, term.gib) for term in fit.bar],
        budget_gib=fit.budget_gib,
        capacity_gib=spec.memory_gib if spec else fit.budget_gib,
    )
    return {"bar": bar, "spare": fit.kv_gib}


def fleets_of_this_money() -> QuerySet[Fleet]:
    """Fleets that an order may join: play money in the sandbox, real money elsewhere."""
    return Fleet.objects.filter(simulated=settings.KERNE_SANDBOX)


def offers_of_provider() -> list[GpuOffer]:
    return list(GpuOffer.objects.filter(provider=settings.PROVIDER_NAME))


def gpu_choices(offers: list[GpuOffer]) -> list[tuple[str, str]]:
    """GPU types, cheapest first, with the price and stock of each cloud."""
    order_of_types = list(dict.fromkeys(offer.gpu_type_id for offer in offers))
    in_order = sorted(offers, key=lambda offer: order_of_types.index(offer.gpu_type_id))
    choices = []
    for gpu_type_id, group in groupby(in_order, key=lambda offer: offer.gpu_type_id):
        same = list(group)
        prices = ", ".join(
            f"{offer.cloud.lower()} {money(offer.usd_per_gpu_hour, most=4)}/h"
            f" (stock {offer.get_stock_display()})"
            for offer in same
        )
        choices.append(
            (gpu_type_id, f"{same[0].display_name}, {same[0].memory_gb} GB: {prices}")
        )
    return choices


def page_context(form: OrderForm, *, now: datetime) -> dict[str, Any]:
    """The form with its lists."""
    offers = offers_of_provider()
    variants = ModelVariant.objects.select_related("served_model")
    return {
        "form": form,
        "now": now,
        "offers_seen_at": max((offer.seen_at for offer in offers), default=None),
        "gpu_choices": gpu_choices(offers),
        "fleet_choices": [
            (fleet.pk, f"{fleet.name} ({fleet.get_tier_display()})")
            for fleet in Fleet.objects.filter(simulated=settings.KERNE_SANDBOX)
        ],
        "variant_choices": [(v.pk, f"{v} · {v.weight_gb} GB of weights") for v in variants],
        "cloud_choices": Cloud.choices,
        **rental_choices(),
        **hours_choices(),
    }
