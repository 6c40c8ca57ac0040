"""Token prices: what we charge for each model, and a form for the next price."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from economics.calc.money import per_million
from economics.models import TokenPrice
from economics.selectors.listings import deployments_by_model
from economics.selectors.price_advice import PriceAdvice, price_advice
from economics.services.prices import PriceRefused, next_start, set_token_price
from fleet.access import operator_to_post
from fleet.forms import ListedField, NumberField
from fleet.models import ServedModel

CLASSES = ("uncached_prompt", "cached_prompt", "completion")


class PriceForm(forms.Form):
    """A new price of a model in USD per million tokens."""

    served_model = ListedField(label="Model")
    uncached_prompt = NumberField(label="Prompt, uncached", example="0.10")
    cached_prompt = NumberField(label="Prompt, cached", example="0.05")
    completion = NumberField(label="Completion", example="0.20")

    def take(self, errors: dict[str, list[str]]) -> None:
        """Put a refusal's sentences beside their fields."""
        for field, sentences in errors.items():
            for sentence in sentences:
                self.add_error(field if field in self.fields else None, sentence)


@dataclass(frozen=True)
class PriceRow:
    """One price [USD / 1M tokens]. `state` is now, later or past."""

    price: TokenPrice
    state: str

    @property
    def uncached_prompt(self) -> Any:
        return per_million(self.price.uncached_prompt_usd_per_token)

    @property
    def cached_prompt(self) -> Any:
        return per_million(self.price.cached_prompt_usd_per_token)

    @property
    def completion(self) -> Any:
        return per_million(self.price.completion_usd_per_token)


@dataclass(frozen=True)
class ModelPrices:
    served_model: ServedModel
    rows: list[PriceRow]

    @property
    def current(self) -> PriceRow | None:
        return next((row for row in self.rows if row.state == "now"), None)

    @property
    def coming(self) -> list[PriceRow]:
        return [row for row in self.rows if row.state == "later"]


def model_prices(*, now: datetime) -> list[ModelPrices]:
    """Every model with its prices, newest first. Two queries."""
    by_model: dict[int, list[PriceRow]] = defaultdict(list)
    for price in TokenPrice.objects.order_by("-valid_from"):
        rows = by_model[price.served_model_id]
        if price.valid_from > now:
            state = "later"
        else:
            state = "past" if any(row.state == "now" for row in rows) else "now"
        rows.append(PriceRow(price, state))
    return [ModelPrices(model, by_model[model.pk]) for model in ServedModel.objects.all()]


@require_http_methods(["GET", "POST"])
@operator_to_post
def prices(request: HttpRequest) -> HttpResponse:
    """The price list; sent, a new price from the next full hour on, a first one now."""
    now = timezone.now()
    if request.method == "POST":
        form = PriceForm(request.POST)
        saved = save(form, username=request.user.get_username(), now=now)
        if saved is not None:
            messages.success(
                request,
                f"New price of {saved.served_model} from {saved.valid_from:%H:%M} UTC on.",
            )
            return redirect("economics:prices")
    else:
        form = PriceForm(initial={"served_model": request.GET.get("model", "")})
    listed = model_prices(now=now)
    context = {
        "form": form,
        "now": now,
        "models": listed,
        "model_choices": [(row.served_model.pk, row.served_model.name) for row in listed],
        "valid_from": next_start(None, now=now),
        "advice": advice_asked(request, now=now),
    }
    return render(request, "economics/prices.html", context)


def advice_asked(request: HttpRequest, *, now: datetime) -> PriceAdvice | None:
    """Advice for the model and deployment of the address, else for the first there is."""
    by_model = deployments_by_model()
    asked = request.GET.get("model", "")
    key = int(asked) if asked.isascii() and asked.isdigit() and len(asked) < 10 else 0
    deployments = by_model.get(key) or next(iter(by_model.values()), [])
    return price_advice(deployments, slug=request.GET.get("deployment", ""), now=now)


def save(form: PriceForm, *, username: str, now: datetime) -> TokenPrice | None:
    """The saved price, or None when the form now says what is wrong."""
    if not form.is_valid():
        return None
    data = form.cleaned_data
    model = ServedModel.objects.filter(pk=data["served_model"]).first()
    if model is None:
        form.add_error(
            "served_model", f"Model {data['served_model']} is unknown; choose a listed one."
        )
        return None
    try:
        return set_token_price(
            model,
            **{name: data[name] for name in CLASSES},
            valid_from=next_start(model, now=now),
            acting_user=username,
            now=now,
        )
    except PriceRefused as refusal:
        form.take(refusal.errors)
        return None
