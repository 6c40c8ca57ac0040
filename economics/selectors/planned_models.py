"""The models that can be planned for: the catalog that ships, and uploaded ones."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches
from functools import cache

from fleet.models import ModelConfig
from fleet.models.model_config import UPLOADED
from fleet.sizing.architecture import Architecture
from fleet.sizing.catalog import CatalogModel, catalog
from fleet.sizing.config_json import architecture_of
from fleet.sizing.precision import PRECISIONS, Precision, precision_of_config, variant_of
from fleet.sizing.weights import weight_bytes

GB = Decimal(10**9)
USUAL = ("bf16", "fp8", "int4")  # precisions that a model without a list is tried in
LONGEST_SLUG = 80


@dataclass(frozen=True, slots=True)
class Weights:
    """One set of weights [GB = 10^9 bytes]; `counted`: from the architecture alone.

    published  whether somebody offers them under this repository
    """

    repository: str
    precision: Precision
    weight_gb: Decimal
    counted: bool
    published: bool = True


@dataclass(frozen=True, slots=True)
class PlannedModel:
    """A model to plan for."""

    slug: str
    name: str
    architecture: Architecture
    weights: tuple[Weights, ...]
    source: str


@cache
def known_models() -> dict[str, PlannedModel]:
    """The models of the catalog by slug."""
    return {slug: of_catalog(model) for slug, model in catalog().items()}


def planned_model(slug: str) -> PlannedModel | None:
    """A model by its slug; None where there is none. At most one query."""
    if not slug.startswith(UPLOADED):
        return known_models().get(slug)
    row = ModelConfig.objects.filter(slug=slug).first()
    return None if row is None else of_config(row)


def like(slug: str) -> list[str]:
    """At most three slugs of the catalog that look like `slug`, nearest first."""
    return get_close_matches(slug.lower()[:LONGEST_SLUG], known_models(), n=3)


def every_model() -> list[PlannedModel]:
    """Every model that can be planned for, uploaded ones first, by name. One query."""
    uploaded = [of_config(row) for row in ModelConfig.objects.order_by("name")]
    return [*uploaded, *sorted(known_models().values(), key=lambda each: each.name)]


def choices() -> list[tuple[str, str]]:
    """(slug, name) of every model, uploaded ones first. One query."""
    uploaded = ModelConfig.objects.order_by("name").values_list("slug", "name")
    known = sorted((model.name, model.slug) for model in known_models().values())
    return [
        *((slug, f"{name} (uploaded)") for slug, name in uploaded),
        *((slug, name) for name, slug in known),
    ]


def of_catalog(model: CatalogModel) -> PlannedModel:
    """A model of the catalog with every set of weights that is known of it."""
    weights = []
    for each in model.repositories:
        precision = model.precision(each.precision)
        if precision is None:
            continue
        told = each.weight_gb
        weights.append(
            Weights(
                each.repository,
                precision,
                counted_gb(model.architecture, precision) if told is None else told,
                counted=told is None,
            )
        )
    return PlannedModel(
        model.slug,
        model.architecture.name,
        model.architecture,
        tuple(weights) or usual_weights(model.architecture, model.slug),
        model.source,
    )


def of_config(row: ModelConfig) -> PlannedModel:
    """An uploaded configuration; its own precision, and the usual ones to compare."""
    architecture = architecture_of(row.config, row.name)
    own = precision_of_config(row.config, architecture)
    first = Weights(row.name, own, counted_gb(architecture, own), counted=True)
    others = [
        each
        for each in usual_weights(architecture, row.name)
        if each.precision.name != own.name
    ]
    return PlannedModel(row.slug, row.name, architecture, (first, *others), row.source)


def usual_weights(model: Architecture, name: str) -> tuple[Weights, ...]:
    """Weights that nobody may have published, counted from the architecture."""
    found = []
    for word in USUAL:
        precision = variant_of(PRECISIONS[word], model)
        found.append(
            Weights(
                f"{name} ({word.upper()}, where published)",
                precision,
                counted_gb(model, precision),
                counted=True,
                published=False,
            )
        )
    return tuple(found)


def counted_gb(model: Architecture, precision: Precision) -> Decimal:
    """[GB] of weights by the architecture."""
    return weight_bytes(model, precision) / GB
