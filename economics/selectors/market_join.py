"""Which model of the market is which of ours: by the slug that an operator wrote, else by
the Hugging Face id of the weights."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Q, Value

from economics.models import MarketListing, MarketModel
from fleet.models import ServedModel

# Repositories of the same weights in another precision; the market lists the first one.
PRECISION_SUFFIX = re.compile(
    r"[-_](fp8|fp4|nvfp4|mxfp4|awq|gptq(-int4)?|int4|int8|bf16)$", re.IGNORECASE
)


@dataclass(frozen=True)
class Joined:
    """A model of ours with its name on the market; `market` None where none is known."""

    served_model: ServedModel
    market: MarketModel | None
    why_not: str = ""


def joined_models(
    source: str, *, listed: Iterable[MarketModel] | None = None
) -> list[Joined]:
    """Each model of ours, its listing beside it, with the one of a source that it is. Two
    queries, one where the source's models are `listed` already."""
    if listed is None:
        listed = MarketModel.objects.filter(source=source)
    by_slug = {row.slug: row for row in listed}
    by_hub = market_by_hub(by_slug.values())
    repositories = ArrayAgg(
        "variants__repository",
        filter=Q(variants__isnull=False),
        order_by="variants__precision",
        default=Value([]),
    )
    models = ServedModel.objects.select_related("listing").annotate(
        repositories=repositories
    )
    return [
        _joined(model, _written(model), vars(model)["repositories"], by_slug, by_hub)
        for model in models
    ]


def listing_of(model: ServedModel) -> MarketListing | None:
    """The operator's words on a model that was read with its listing; None without."""
    return getattr(model, "listing", None)


def _written(model: ServedModel) -> str | None:
    """The market's slug as the listing writes it; None where it writes none."""
    row = listing_of(model)
    return (row.openrouter_slug or None) if row else None


def hub_name(repository: str) -> str:
    """A repository as the market would name it: small letters, no precision behind.

    >>> hub_name("zai-org/GLM-5-FP8")
    'zai-org/glm-5'
    """
    return PRECISION_SUFFIX.sub("", repository).lower()


def market_by_hub(models: Iterable[MarketModel]) -> dict[str, MarketModel]:
    """The newest market model of each repository; free and other variants left out."""
    found: dict[str, MarketModel] = {}
    for row in models:
        if row.hugging_face_id and ":" not in row.slug:
            found.setdefault(hub_name(row.hugging_face_id), row)
    return found


def _joined(
    model: ServedModel,
    slug: str | None,
    repositories: list[str],
    by_slug: dict[str, MarketModel],
    by_hub: dict[str, MarketModel],
) -> Joined:
    if slug is not None:
        row = by_slug.get(slug)
        why = "" if row else f"the market lists no {slug}, as its listing says"
        return Joined(model, row, why)
    for repository in repositories:
        row = by_hub.get(hub_name(repository))
        if row is not None:
            return Joined(model, row)
    return Joined(
        model,
        None,
        "the market lists none with the repository of its weights; write its slug in "
        "the listing",
    )
