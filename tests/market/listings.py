"""A model that is priced and served, and the list as a marketplace reads it."""

from __future__ import annotations

import json
import os
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from economics.market.listed_prices import ListedPrices
from economics.market.listing import ListedModel
from fleet.models import Deployment, ModelVariant
from tests.factories import (
    make_deployment,
    make_fleet,
    make_llama,
    make_pod,
    make_price,
)

ROOT = Path(__file__).resolve().parent.parent.parent
ADDRESS = "/v1/models"
SCHEMA = ROOT.parent / "shared/contracts/openrouter-list-models-v2.openapi.json"


def serving_deployment(*, now: datetime, **columns: Any) -> Deployment:
    """Llama 3.1 8B for play money with a replica that answered just now."""
    variant: ModelVariant = columns.pop("variant", None) or make_llama()
    deployment = make_deployment(
        fleet=make_fleet(simulated=True), variant=variant, **columns
    )
    make_pod(deployment=deployment, probed_at=now, answered_at=now)
    return deployment


def priced(deployment: Deployment, **columns: Any) -> None:
    make_price(served_model=deployment.variant.served_model, **columns)


def told(client: Client | None = None, query: str = "", **headers: str) -> list[Any]:
    """The models of the list."""
    answer = (client or Client()).get(ADDRESS + query, headers=headers)
    assert answer.status_code == 200, answer.content
    return list(json.loads(answer.content)["data"])


def a_model(**columns: Any) -> ListedModel:
    values: dict[str, Any] = {
        "id": "llama-3.1-8b",
        "name": "Llama 3.1 8B Instruct",
        "hugging_face_id": "meta-llama/Llama-3.1-8B-Instruct",
        "created": 1_772_467_200,
        "quantization": "bf16",
        "context_tokens": 8192,
        "output_tokens": None,
        "features": ("tools", "json_mode"),
        "sampling": ("temperature", "max_tokens"),
        "prices": ListedPrices(Decimal("1E-7"), Decimal("5E-8"), Decimal("2E-7")),
        "is_ready": True,
    }
    return ListedModel(**(values | columns))


def contract() -> dict[str, Any]:
    """OpenRouter's schema of a model, with its parts; skips where it is not at hand."""
    path = Path(os.environ.get("OPENROUTER_SCHEMA") or SCHEMA)
    if not path.exists():
        pytest.skip(f"{path.name} is not at hand; name it in OPENROUTER_SCHEMA")
    parts = json.loads(path.read_text())["components"]["schemas"]
    return {"components": {"schemas": parts}, **parts["ModelDocumentV2"]}
