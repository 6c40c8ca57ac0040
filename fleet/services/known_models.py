"""From a planned model to rows that can be ordered. Free, and the same done twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_UP, Decimal

from django.db import transaction

from fleet.models import Attention, ModelVariant, Precision, ServedModel
from fleet.services import audit
from fleet.sizing.architecture import Architecture, AttentionKind
from fleet.vllm.parsers import parsers_of

BILLION = Decimal(10**9)
CENTI = Decimal("0.01")
LONGEST_NAME = 80
MOST_BILLION = 99_999  # of parameters, as the columns hold them
REPOSITORY = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
LATENT = {
    AttentionKind.MLA: Attention.MLA,
    AttentionKind.SPARSE_MLA: Attention.SPARSE_MLA,
    AttentionKind.COMPRESSED: Attention.SPARSE_MLA,
}


class NotServable(ValueError):
    """No rows were made; the message says why."""


@dataclass(frozen=True, slots=True)
class WantedWeights:
    """A model and one set of its weights.

    slug          the name that clients will ask for
    repository    where vLLM fetches the weights
    weight_gb     [GB = 10^9 bytes]
    """

    slug: str
    architecture: Architecture
    repository: str
    precision: str
    weight_gb: Decimal


def ensure_variant(
    wanted: WantedWeights, *, acting_user: str, now: datetime
) -> ModelVariant:
    """The row of these weights, made if it is not there; nothing is rented by it.

    Raises NotServable with a sentence for weights that vLLM is not started with here.
    """
    if wanted.precision not in Precision.values:
        known = ", ".join(Precision.values)
        raise NotServable(
            f"Weights in {wanted.precision!r} are not served here; use one of {known}."
        )
    if not REPOSITORY.fullmatch(wanted.repository):
        raise NotServable(
            f"vLLM can not fetch {wanted.repository[:80]!r}; it needs a repository such as "
            "owner/name, so choose weights that are published."
        )
    found = ModelVariant.objects.filter(repository=wanted.repository).first()
    if found is not None:
        return found
    with transaction.atomic():
        model, new = ServedModel.objects.get_or_create(
            slug=wanted.slug, defaults=columns_of(wanted.architecture)
        )
        variant, created = ModelVariant.objects.get_or_create(
            repository=wanted.repository,
            defaults={
                "served_model": model,
                "precision": wanted.precision,
                "weight_gb": wanted.weight_gb.quantize(CENTI, rounding=ROUND_UP),
            },
        )
        if created:
            audit.record(
                "add weights",
                variant,
                acting_user=acting_user,
                now=now,
                repository=wanted.repository,
                new_model=new,
            )
    return variant


def columns_of(architecture: Architecture) -> dict[str, object]:
    """The columns of a served model; the finer structure stays in the catalog."""
    billions = architecture.parameters.total / BILLION
    if billions > MOST_BILLION:
        raise NotServable(
            f"{architecture.name} has {billions:,.0f} billion parameters; at most "
            f"{MOST_BILLION:,} billion parameters are served here."
        )
    caching = architecture.caching
    latent = next((group for group in caching if group.kind in LATENT), None)
    widest = max(caching, key=lambda group: group.kv_heads * group.head_dim, default=None)
    if widest is None:
        raise NotServable(
            f"{architecture.name} keeps no cache per token; it is unknown here."
        )
    parsers = parsers_of(architecture.model_type, architecture.name)
    return {
        "name": architecture.name[:LONGEST_NAME],
        "parameters_billion": round(billions, 3),
        "active_parameters_billion": round(architecture.active_parameters / BILLION, 3),
        "layers": architecture.layers,
        "attention_heads": architecture.attention_heads,
        "kv_heads": architecture.kv_heads or architecture.attention_heads,
        "head_dim": (latent or widest).head_dim or 1,
        "vocabulary_size": architecture.vocabulary_size,
        "max_context": architecture.max_context,
        "attention": LATENT[latent.kind] if latent else Attention.GQA,
        "kv_latent_dim": latent.latent_dim if latent else 0,
        "tool_call_parser": parsers.tool_call,
        "reasoning_parser": parsers.reasoning,
    }
