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
from fleet.access import operator_to_post
from fleet.forms import InstantField, ListedField, NumberField, TakesRefusal
from fleet.models import ServedModel

CLASSES = ("uncached_prompt", "cached_prompt", "completion")
LONGEST_PRICE = 20  # characters of a price in an address
RULES = ("rule", "rule_2")  # how the fields of each begin


class PriceForm(TakesRefusal, forms.Form):
    """A new price of a model in USD per million tokens."""

    FIELDS_OF = {"rules": "rule_when", "discount": "discount_percent"}

    served_model = ListedField(label="Model")
    uncached_prompt = NumberField(label="Prompt, uncached", example="0.10")
    cached_prompt = NumberField(label="Prompt, cached", example="0.05")
    completion = NumberField(label="Completion", example="0.20")
    rule_when = forms.CharField(label="Other prices when", required=False, max_length=60)
    rule_uncached_prompt = NumberField(label="Uncached then", example="0.2", required=False)
    rule_cached_prompt = NumberField(label="Cached then", example="0.10", required=False)
    rule_completion = NumberField(label="Completion then", example="0.40", required=False)
    rule_2_when = forms.CharField(
        label="Second other prices when", required=False, max_length=60
    )
    rule_2_uncached_prompt = NumberField(
        label="Uncached by the second", example="0.3", required=False
    )
    rule_2_cached_prompt = NumberField(
        label="Cached by the second", example="0.15", required=False
    )
    rule_2_completion = NumberField(
        label="Completion by the second", example="0.6", required=False
    )
    discount_percent = NumberField(label="Discount", example="25", required=False)
    discount_from = InstantField(
        label="Discount from", right="a full UTC hour, as 2026-03-01T14:00"
    )
    discount_until = InstantField(
        label="Discount until", right="a full UTC hour, as 2026-03-01T14:00"
    )
    discount_funding = forms.ChoiceField(
        label="Who funds it", choices=Funding.choices, initial=Funding.OURS, required=False
    )

    def clean(self) -> dict[str, Any]:
        """A rule has a condition and three prices, or nothing at all."""
        data = super().clean() or self.cleaned_data
        had_errors = bool(self.errors)
        for rule in RULES:
            prices = [data.get(f"{rule}_{name}") for name in CLASSES]
            when = data.get(f"{rule}_when", "").strip()
            if when and any(price is None for price in prices) and not had_errors:
                self.add_error(
                    f"{rule}_when",
                    "Other prices have to be three: uncached, cached, completion.",
                )
            if not when and any(price is not None for price in prices):
                self.add_error(
                    f"{rule}_when",
                    'When the other prices hold is empty; write "over 200000" for prompts '
                    'with more tokens, or "13:00-21:00" for hours in UTC.',
                )
        bounded = data.get("discount_from") or data.get("discount_until")
        if bounded and data.get("discount_percent") is None:
            self.add_error("discount_percent", "Discount is empty; write per cent, as 25.")
        return data

    @property
    def new_rules(self) -> list[NewRule]:
        """The rules as they were typed; none without."""
        data = self.cleaned_data
        return [
            NewRule(when, *(data[f"{rule}_{name}"] for name in CLASSES))
            for rule in RULES
            if (when := data[f"{rule}_when"].strip())
        ]

    @property
    def new_discount(self) -> NewDiscount | None:
        """The discount as it was typed; None without."""
        data = self.cleaned_data
        if data["discount_percent"] is None:
            return None
        return NewDiscount(
            fraction=data["discount_percent"] / 100,
            funding=data["discount_funding"] or Funding.OURS,
            from_at=data["discount_from"],
            until_at=data["discount_until"],
        )


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
        "has_more": has_more(form),
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


def has_more(form: PriceForm) -> bool:
    """Whether anything stands in the fields beside the three base prices."""
    more = [name for name in form.fields if name.startswith(("rule", "discount"))]
    given = [name for name in more if name != "discount_funding" and form[name].value()]
    return bool(given) or any(name in form.errors for name in more)


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
