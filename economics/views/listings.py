"""The list of models that the market polls: what stands on it, why, and a form for each."""

from __future__ import annotations

import json
import re
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from economics.market.listing import (
    FEATURES,
    QUANTIZATIONS,
    SAMPLING,
    document,
    flat_document,
)
from economics.models import MarketListing, TokenPrice
from economics.selectors.listings import OurModel, our_models, possible_features
from economics.selectors.price_words import sheet_words
from economics.services.listings import (
    LONGEST_DESCRIPTION,
    ListingRefused,
    NewListing,
    save_listing,
)
from fleet.access import operator_to_post, viewer_required
from fleet.forms import DayField, NameField, TakesRefusal, WholeField, shown
from fleet.models import ServedModel

STATED = {"": None, "yes": True, "no": False}
STATED_CHOICES = (("", "not stated"), ("yes", "yes"), ("no", "no"))
PLACES = re.compile(r"[;,\n]")


class StatedField(NameField):
    """yes, no, or nothing said."""

    def clean(self, value: Any) -> bool | None:
        text = super().clean(value)
        if text not in STATED:
            raise forms.ValidationError(
                f"{self.label} is {shown(text)}; choose yes, no or not stated."
            )
        return STATED[text]


class PlacesField(NameField):
    """Data centres, "US us-east-1; CZ", as pairs of country and region."""

    def clean(self, value: Any) -> tuple[tuple[str, str], ...]:
        places = (each.split(maxsplit=1) for each in PLACES.split(super().clean(value)))
        pairs = [(*each, "")[:2] for each in places if each]
        return tuple((code.upper(), region.strip()) for code, region in pairs)


class ListingForm(TakesRefusal, forms.Form):
    """What is told of a model. Whether it is true is the service's to judge."""

    is_offered = forms.BooleanField(label="Offer it on the market", required=False)
    openrouter_slug = NameField(label="Slug on OpenRouter")
    hugging_face_id = NameField(label="Hugging Face id")
    tokenizer = NameField(label="Tokenizer")
    quantization = NameField(label="Quantization")
    context_tokens = WholeField(label="Context", example="32768", required=False)
    output_tokens = WholeField(label="Longest completion", example="8192", required=False)
    prompt_tokens_per_minute = WholeField(
        label="Capacity", example="500000", required=False
    )
    datacenters = PlacesField(label="Data centres")
    deprecation_date = DayField(label="Last day")
    zdr = StatedField(label="Zero data retention")
    hipaa = StatedField(label="HIPAA")
    features = forms.MultipleChoiceField(
        choices=[(each, each) for each in FEATURES], required=False
    )
    sampling = forms.MultipleChoiceField(
        choices=[(each, each) for each in SAMPLING], required=False
    )
    description = forms.CharField(
        label="Description", required=False, max_length=LONGEST_DESCRIPTION * 2
    )


@require_GET
@viewer_required
def listings(request: HttpRequest) -> HttpResponse:
    """Every model of ours: on the list or not, ready or not, and why."""
    now = timezone.now()
    models = our_models(now=now)
    context = {
        "now": now,
        "models": models,
        "listed": sum(each.listed is not None for each in models),
        "ready": sum(each.listed is not None and each.listed.is_ready for each in models),
        "address": request.build_absolute_uri(reverse("market-models")),
        "needs_key": bool(settings.MARKET_API_KEYS),
    }
    return render(request, "economics/listings.html", context)


@require_http_methods(["GET", "POST"])
@operator_to_post
def listing(request: HttpRequest, slug: str) -> HttpResponse:
    """What is told of one model; sent, changed."""
    model = get_object_or_404(ServedModel, slug=slug)
    now = timezone.now()
    if request.method == "POST":
        form = ListingForm(request.POST)
        if save(form, model, username=request.user.get_username()):
            messages.success(request, f"The market is told this of {model} from now on.")
            return redirect("economics:listings")
    else:
        form = ListingForm(initial=initial_of(model))
    ours = next(each for each in our_models(now=now) if each.served_model == model)
    price = TokenPrice.objects.effective(model.pk, at=now)
    context = page_of(form, ours, now=now, price=price)
    context["price_words"] = [] if price is None else sheet_words(price.sheet)
    return render(request, "economics/listing.html", context)


def page_of(form: ListingForm, ours: OurModel, **more: Any) -> dict[str, Any]:
    """The context of the form."""
    listed = ours.listed
    documents = [] if listed is None else [document(listed), flat_document(listed)]
    return more | {
        "form": form,
        "ours": ours,
        "documents": [json.dumps(each, indent=2) for each in documents],
        "quantizations": [("", "that of the weights")] + [(q, q) for q in QUANTIZATIONS],
        "stated_choices": STATED_CHOICES,
        "possible": possible_features(ours.served_model),
        "features": FEATURES,
        "sampling": SAMPLING,
        "features_chosen": form["features"].value() or [],
        "sampling_chosen": form["sampling"].value() or [],
    }


def initial_of(model: ServedModel) -> dict[str, Any]:
    """What is told of the model now."""
    row = MarketListing.objects.filter(served_model=model).first()
    if row is None:
        return {
            "is_offered": True,
            "features": possible_features(model),
            "sampling": SAMPLING,
        }
    words = {value: word for word, value in STATED.items()}
    return {name: getattr(row, name) for name in ListingForm.base_fields} | {
        "datacenters": "; ".join(" ".join(each).strip() for each in row.datacenters),
        "deprecation_date": row.deprecation_date or "",
        "zdr": words[row.zdr],
        "hipaa": words[row.hipaa],
    }


def save(form: ListingForm, model: ServedModel, *, username: str) -> bool:
    """Whether it was saved; else the form says what is wrong."""
    if not form.is_valid():
        return False
    data = form.cleaned_data
    try:
        save_listing(
            model,
            NewListing(
                **data
                | {
                    "features": tuple(data["features"]),
                    "sampling": tuple(data["sampling"]),
                }
            ),
            acting_user=username,
            now=timezone.now(),
        )
    except ListingRefused as refusal:
        form.take(refusal.errors)
        return False
    return True
