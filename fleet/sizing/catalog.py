"""The models that are known without a network: architecture, source, repositories.

`catalog.json` beside this file holds, for each, the numbers of its config.json that
decide memory, where and when they were read, and repositories with their precision; the
same reader turns them into an Architecture as turns an uploaded file. A test compares
them with the configuration files themselves.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from fleet.sizing.architecture import Architecture
from fleet.sizing.config_json import architecture_of
from fleet.sizing.precision import Precision, precision_named, variant_of

FILE = Path(__file__).with_name("catalog.json")
# Words that make another model of a known name: what is left over must hold none of them.
OTHERS = frozenset(
    (
        *("flash", "mini", "air", "large", "small", "medium", "nano", "lite", "pro"),
        *("vl", "omni", "multimodal", "vision", "audio", "asr", "tts", "ocr", "captioner"),
        *("guard", "embedding", "reranker", "distill", "moe", "draft", "eagle", "eagle3"),
    )
)
SIZE = re.compile(r"\d+(\.\d+)?[bt]")
ENDINGS = re.compile(r"(instruct|chat|base|it|hf|thinking|preview)$")


@dataclass(frozen=True, slots=True)
class Repository:
    """Weights that can be downloaded; `weight_gb` [10^9 bytes] where it is known."""

    repository: str
    precision: str
    weight_gb: Decimal | None


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """One known model."""

    slug: str
    architecture: Architecture
    source: str
    repositories: tuple[Repository, ...]
    names: tuple[str, ...]

    def precision(self, name: str) -> Precision | None:
        """The precision `name` as checkpoints of this model come in it."""
        found = precision_named(name)
        return variant_of(found, self.architecture) if found else None


@cache
def catalog() -> dict[str, CatalogModel]:
    """Every known model by its slug."""
    listed = json.loads(FILE.read_text(), parse_float=Decimal)
    return {entry["slug"]: _model(entry) for entry in listed}


def model_named(name: str) -> CatalogModel | None:
    """The known model that a repository or a local name means; None where none is.

    The longest known name that `name` contains wins. What is left over may say a
    precision, a date or a maker, but neither a size nor a word such as "flash" or "vl",
    which names another model.

    >>> model_named("qwen3.6-27b-autoround-int4").slug
    'qwen-3.5-27b'
    """
    asked = _plain(name.rsplit("/", 1)[-1])
    best: tuple[int, CatalogModel] | None = None
    for model in catalog().values():
        for known in model.names:
            if _means(known, asked) and (best is None or len(known) > best[0]):
                best = (len(known), model)
    return best[1] if best else None


def _means(known: str, asked: str) -> bool:
    """Whether `asked` holds `known` as whole words and no word of another model."""
    found = re.search(rf"(^|-){re.escape(known)}($|-)", asked)
    if found is None:
        return False
    rest = f"{asked[: found.start()]}-{asked[found.end() :]}".split("-")
    return not any(word in OTHERS or SIZE.fullmatch(word) for word in rest)


def _plain(name: str) -> str:
    """A name in small letters and dashes: "Meta-Llama-3.1-8B" -> "llama-3.1-8b"."""
    text = re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-")
    text = re.sub(r"\b(meta|nvidia|the)-(?=[a-z])", "", text)
    return re.sub(r"\b(qwen|llama|gemma|phi|glm)-?(\d)", r"\1-\2", text)


def _model(entry: Mapping[str, Any]) -> CatalogModel:
    repositories = tuple(
        Repository(
            repository=told["repository"],
            precision=told["precision"],
            weight_gb=Decimal(told["weight_gb"]) if "weight_gb" in told else None,
        )
        for told in entry["repositories"]
    )
    said = [entry["slug"], *entry["aliases"]]
    said += [told.repository.rsplit("/", 1)[-1] for told in repositories]
    plain = {_plain(name) for name in said}
    plain |= {ENDINGS.sub("", name).strip("-") for name in plain}
    return CatalogModel(
        slug=entry["slug"],
        architecture=architecture_of(entry["config"], entry["name"]),
        source=entry["source"],
        repositories=repositories,
        names=tuple(sorted(plain)),
    )
