"""Which model of the market is which of ours: by the slug that an operator wrote, else by
the Hugging Face id of the weights."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from economics.models import MarketListing, MarketModel
from fleet.models import ModelVariant, ServedModel

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


def joined_models(source: str) -> list[Joined]:
    """Each model of ours with the one of a source that it is. Four queries."""
    by_slug = {row.slug: row for row in MarketModel.objects.filter(source=source)}
    by_hub = market_by_hub(by_slug.values())
    written = dict(
        MarketListing.objects.exclude(openrouter_slug="").values_list(
            "served_model_id", "openrouter_slug"
        )
    )
    repositories: dict[int, list[str]] = defaultdict(list)
    for model_id, repository in ModelVariant.objects.values_list(
        "served_model_id", "repository"
    ):
        repositories[model_id].append(repository)
    return [
        _joined(model, written.get(model.pk), repositories[model.pk], by_slug, by_hub)
        for model in ServedModel.objects.all()
    ]


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
