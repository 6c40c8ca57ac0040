"""Token prices: what we charge for each model, and a form for the next price."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from economics.calc.money import per_million
from economics.models import Funding, TokenPrice
from economics.selectors.listings import deployments_by_model
from economics.selectors.price_advice import PriceAdvice, price_advice
from economics.selectors.price_words import Example, example_of, sheet_words
from economics.services.price_rules import NewDiscount, NewRule
from economics.services.prices import PriceRefused, next_start, set_token_price
from economics.views.guardrails import InstantField
from fleet.access import operator_to_post
from fleet.forms import ListedField, NumberField
from fleet.models import ServedModel

CLASSES = ("uncached_prompt", "cached_prompt", "completion")
LONGEST_PRICE = 20  # characters of a price in an address
FIELDS_OF = {"rules": "rule_when", "discount": "discount_percent"}  # by a refusal's name


class PriceForm(forms.Form):
    """A new price of a model in USD per million tokens."""

    served_model = ListedField(label="Model")
    uncached_prompt = NumberField(label="Prompt, uncached", example="0.10")
    cached_prompt = NumberField(label="Prompt, cached", example="0.05")
    completion = NumberField(label="Completion", example="0.20")
    rule_when = forms.CharField(label="Other prices when", required=False, max_length=60)
    rule_uncached_prompt = NumberField(label="Uncached then", example="0.2", required=False)
    rule_cached_prompt = NumberField(label="Cached then", example="0.10", required=False)
    rule_completion = NumberField(label="Completion then", example="0.40", required=False)
    discount_percent = NumberField(label="Discount", example="25", required=False)
    discount_until = InstantField(
        label="Discount until", right="a full UTC hour, as 2026-03-01T14:00"
    )
    discount_funding = forms.ChoiceField(
        label="Who funds it", choices=Funding.choices, initial=Funding.OURS, required=False
    )

    def clean(self) -> dict[str, Any]:
        """A rule has a condition and three prices, or nothing at all."""
        data = super().clean() or self.cleaned_data
        prices = [data.get(f"rule_{name}") for name in CLASSES]
        when = data.get("rule_when", "").strip()
        if when and any(price is None for price in prices) and not self.errors:
            self.add_error(
                "rule_when", "Other prices have to be three: uncached, cached, completion."
            )
        if not when and any(price is not None for price in prices):
            self.add_error(
                "rule_when",
                'When the other prices hold is empty; write "over 200000" for prompts '
                'with more tokens, or "13:00-21:00" for hours in UTC.',
            )
        if data.get("discount_until") and data.get("discount_percent") is None:
            self.add_error("discount_percent", "Discount is empty; write per cent, as 25.")
        return data

    @property
    def new_rules(self) -> list[NewRule]:
        """The rule as it was typed; none without."""
        data = self.cleaned_data
        when = data["rule_when"].strip()
        return [NewRule(when, *(data[f"rule_{name}"] for name in CLASSES))] if when else []

    @property
    def new_discount(self) -> NewDiscount | None:
        """The discount as it was typed; None without."""
        data = self.cleaned_data
        if data["discount_percent"] is None:
            return None
        return NewDiscount(
            fraction=data["discount_percent"] / 100,
            funding=data["discount_funding"] or Funding.OURS,
            until_at=data["discount_until"],
        )

    def take(self, errors: dict[str, list[str]]) -> None:
        """Put a refusal's sentences beside their fields."""
        for field, sentences in errors.items():
            for sentence in sentences:
                known = FIELDS_OF.get(field, field)
                self.add_error(known if known in self.fields else None, sentence)


@dataclass(frozen=True)
class PriceRow:
    """One price [USD / 1M tokens]. `state` is now, later or past.

    at  the instant that its example is reckoned for
    """

    price: TokenPrice
    state: str
    at: datetime

    @property
    def uncached_prompt(self) -> Any:
        return per_million(self.price.uncached_prompt_usd_per_token)

    @property
    def cached_prompt(self) -> Any:
        return per_million(self.price.cached_prompt_usd_per_token)

    @property
    def completion(self) -> Any:
        return per_million(self.price.completion_usd_per_token)

    @property
    def beside(self) -> list[str]:
        """Its rules and its discount in words."""
        return sheet_words(self.price.sheet)

    @property
    def example(self) -> Example | None:
        """One request by this price; None for a plain one."""
        if not self.beside:
            return None
        return example_of(self.price.sheet, at=self.at)


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
        rows.append(PriceRow(price, state, at=max(price.valid_from, now)))
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
        form = PriceForm(initial=asked_for(request.GET))
    listed = model_prices(now=now)
    context = {
        "form": form,
        "now": now,
        "models": listed,
        "model_choices": [(row.served_model.pk, row.served_model.name) for row in listed],
        "valid_from": next_start(None, now=now),
        "funding_choices": Funding.choices,
        "advice": advice_asked(request, now=now),
    }
    return render(request, "economics/prices.html", context)


def asked_for(address: QueryDict) -> dict[str, Any]:
    """The model and the prices that the address fills beforehand."""
    filled = {
        name: str(address[name])[:LONGEST_PRICE] for name in CLASSES if name in address
    }
    return filled | {"served_model": address.get("model", "")}


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
            rules=form.new_rules,
            discount=form.new_discount,
        )
    except PriceRefused as refusal:
        form.take(refusal.errors)
        return None
