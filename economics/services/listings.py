"""What the market is told of a model: checked, saved and audited."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import cache
from importlib import resources

from django.db import transaction

from economics.market.listing import QUANTIZATIONS, SAMPLING
from economics.models import MarketListing
from economics.selectors.listings import (
    deployments_by_model,
    possible_features,
    wanted_of,
)
from fleet.models import ServedModel
from fleet.services import audit

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]*/[A-Za-z0-9][A-Za-z0-9_.:-]*", re.ASCII)
REGION = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._-]{0,39}", re.ASCII)
LONGEST_DESCRIPTION = 1000
LONGEST_TOKENIZER = 40
MOST_DATACENTERS = 20
MOST_TOKENS_PER_MINUTE = 2_000_000_000


class ListingRefused(Exception):
    """A listing that can not be saved: `errors` maps a field, or "", to sentences."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        self.errors = errors
        super().__init__(" ".join(line for lines in errors.values() for line in lines))


@dataclass(frozen=True)
class NewListing:
    """What to say of a model; see MarketListing for each field."""

    is_offered: bool
    features: tuple[str, ...]
    sampling: tuple[str, ...]
    openrouter_slug: str = ""
    hugging_face_id: str = ""
    tokenizer: str = ""
    description: str = ""
    quantization: str = ""
    context_tokens: int | None = None
    output_tokens: int | None = None
    datacenters: tuple[tuple[str, str], ...] = ()
    prompt_tokens_per_minute: int | None = None
    deprecation_date: date | None = None
    zdr: bool | None = None
    hipaa: bool | None = None


def save_listing(
    model: ServedModel, wanted: NewListing, *, acting_user: str, now: datetime
) -> MarketListing:
    """Tell the market this of the model from now on.

    Raises ListingRefused with a sentence per wrong field; then nothing is saved.
    """
    wrong = complaints(model, wanted, now=now)
    if wrong:
        raise ListingRefused({name: [sentence] for name, sentence in wrong.items()})
    said = asdict(wanted)
    columns = said | {
        "features": list(wanted.features),
        "sampling": list(wanted.sampling),
        "datacenters": [list(each) for each in wanted.datacenters],
    }
    with transaction.atomic():
        row, _ = MarketListing.objects.update_or_create(
            served_model=model,
            defaults=columns | {"changed_by": acting_user, "changed_at": now},
        )
        figures = columns | {"deprecation_date": str(wanted.deprecation_date or "")}
        audit.record("set listing", model, acting_user=acting_user, now=now, **figures)
    return row


def complaints(model: ServedModel, wanted: NewListing, *, now: datetime) -> dict[str, str]:
    """What is wrong with each field, as a sentence."""
    found = {
        "openrouter_slug": _name(wanted.openrouter_slug, "The slug on OpenRouter"),
        "hugging_face_id": _name(wanted.hugging_face_id, "The Hugging Face id"),
        "tokenizer": _text(wanted.tokenizer, "The tokenizer", LONGEST_TOKENIZER),
        "description": _text(
            wanted.description, "The description", LONGEST_DESCRIPTION, lines=True
        ),
        "quantization": _quantization(wanted.quantization),
        "features": _features(model, wanted.features),
        "sampling": _words(wanted.sampling, SAMPLING, "sampling parameter"),
        "datacenters": _datacenters(wanted.datacenters),
        "deprecation_date": _end(wanted.deprecation_date, now=now),
    }
    found |= _lengths(model, wanted)
    return {name: sentence for name, sentence in found.items() if sentence}


@cache
def country_codes() -> frozenset[str]:
    """The two-letter codes of ISO 3166, as tzdata ships them."""
    table = resources.files("tzdata.zoneinfo").joinpath("iso3166.tab")
    lines = table.read_text(encoding="utf-8").splitlines()
    return frozenset(line[:2] for line in lines if line and not line.startswith("#"))


def _name(text: str, what: str) -> str:
    if text and not NAME.fullmatch(text):
        return f"{what} is {text[:60]!r}; write such as meta-llama/llama-3.1-8b-instruct."
    return ""


def _text(text: str, what: str, most: int, *, lines: bool = False) -> str:
    if len(text) > most:
        return f"{what} has {len(text):,} characters; write at most {most:,}."
    plain = text.replace("\n", "").replace("\r", "") if lines else text
    if not plain.isprintable():
        return f"{what} holds a control character; write plain text."
    return ""


def _quantization(word: str) -> str:
    if word and word not in QUANTIZATIONS:
        return (
            f"The quantization is {word[:20]!r}; choose one of {', '.join(QUANTIZATIONS)}."
        )
    return ""


def _features(model: ServedModel, features: tuple[str, ...]) -> str:
    possible = possible_features(model)
    for feature, needed in (("tools", "tool call"), ("reasoning", "reasoning")):
        if feature in features and feature not in possible:
            return (
                f"{model} is started without a {needed} parser, so it can not do "
                f"{feature}; leave it out."
            )
    return _words(features, possible, "feature")


def _words(chosen: tuple[str, ...], known: tuple[str, ...], what: str) -> str:
    strange = next((word for word in chosen if word not in known), None)
    if strange is None:
        return ""
    return f"{strange[:40]!r} is no {what} here; choose of {', '.join(known)}."


def _datacenters(places: tuple[tuple[str, str], ...]) -> str:
    if len(places) > MOST_DATACENTERS:
        return f"{len(places)} data centres are given; write at most {MOST_DATACENTERS}."
    for code, region in places:
        if code not in country_codes():
            return (
                f"The data centre's country is {code[:20]!r}; write two letters of ISO "
                "3166, such as US, and a region behind it where there is one: US us-east-1."
            )
        if region and not REGION.fullmatch(region):
            return f"The region is {region[:40]!r}; write such as us-east-1."
    if len(set(places)) < len(places):
        return "A data centre is given twice; write each once."
    return ""


def _end(day: date | None, *, now: datetime) -> str:
    if day is not None and day <= now.date():
        return (
            f"The last day is {day}, which has come; take the model off the list instead, "
            "or write a later day."
        )
    return ""


def _lengths(model: ServedModel, wanted: NewListing) -> dict[str, str]:
    served = wanted_of(deployments_by_model().get(model.pk, []))
    most = min((each.max_model_len for each in served), default=model.max_context)
    context = most if wanted.context_tokens is None else wanted.context_tokens
    found = {}
    if not 1 <= context <= most:
        found["context_tokens"] = (
            f"The context is {context:,} tokens; what serves {model} takes 1 to {most:,}."
        )
    output = wanted.output_tokens
    if output is not None and not 1 <= output <= context:
        found["output_tokens"] = (
            f"The longest completion is {output:,} tokens; write 1 to {context:,}, what "
            "the context holds."
        )
    capacity = wanted.prompt_tokens_per_minute
    if capacity is not None and not 1 <= capacity <= MOST_TOKENS_PER_MINUTE:
        found["prompt_tokens_per_minute"] = (
            f"The capacity is {capacity:,} tokens per minute; write 1 to "
            f"{MOST_TOKENS_PER_MINUTE:,}, or nothing."
        )
    return found
