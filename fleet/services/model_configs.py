"""Model configurations that an operator brings: read, understood, kept once."""

from __future__ import annotations

import json
import re
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction

from fleet.models import ModelConfig
from fleet.models.model_config import UPLOADED
from fleet.services import audit
from fleet.sizing.config_fields import ConfigRefused
from fleet.sizing.config_json import architecture_of
from fleet.sizing.precision import precision_of_config

MOST_BYTES = 1_000_000  # config.json files have some thousand
MOST_CONFIGS = 500
LONGEST_SOURCE = 200
NAME = re.compile(r"[\w./ -]{1,120}", re.ASCII)


class ConfigNotKept(ValueError):
    """Nothing was kept; the message says why and what would be right."""


def too_large(size: int) -> str:
    """The sentence about a file of `size` bytes."""
    return (
        f"The file has {size:,} bytes; a config.json has some thousand, and at most "
        f"{MOST_BYTES:,} are read. Nothing was kept."
    )


def add_config(
    content: bytes, *, name: str, source: str, acting_user: str, now: datetime
) -> ModelConfig:
    """Keep a config.json under a name; the same file is kept once.

    Raises ConfigNotKept with a sentence for what is no configuration of a language
    model that can be sized; then nothing is kept.
    """
    if len(content) > MOST_BYTES:
        raise ConfigNotKept(too_large(len(content)))
    if not NAME.fullmatch(name) or not any(letter.isalnum() for letter in name):
        raise ConfigNotKept(
            f"Name is {name[:40]!r}; use 1 to 120 letters, digits, spaces, dots, dashes "
            "and slashes, such as my-org/my-model."
        )
    config = parsed(content)
    try:
        # Both are read again by each plan of the model: what breaks later breaks a page.
        precision_of_config(config, architecture_of(config, name))
    except ConfigRefused as refusal:
        raise ConfigNotKept(str(refusal)) from refusal
    digest = sha256(name.encode() + b"\n" + content).hexdigest()
    kept = ModelConfig.objects.filter(digest=digest).first()
    if kept is not None:
        return kept
    if ModelConfig.objects.count() >= MOST_CONFIGS:
        raise ConfigNotKept(f"{MOST_CONFIGS} configurations are kept already; remove some.")
    with transaction.atomic():
        kept, created = ModelConfig.objects.get_or_create(
            digest=digest,
            defaults={
                "slug": f"{UPLOADED}{digest[:12]}",
                "name": name,
                "config": config,
                "source": printable(source)[:LONGEST_SOURCE],
                "added_at": now,
                "added_by": acting_user,
            },
        )
        if created:
            audit.record("add model config", kept, acting_user=acting_user, now=now)
    return kept


def parsed(content: bytes) -> dict[str, Any]:
    """The JSON object of a file. Raises ConfigNotKept for anything else."""
    try:
        told = json.loads(content.decode("utf-8"), parse_constant=no_number)
        kept = json.dumps(told, ensure_ascii=False, allow_nan=False)
        kept.encode("utf-8")
    except ConfigNotKept:
        raise
    except UnicodeEncodeError:
        raise ConfigNotKept(
            "The file holds half a character (a lone surrogate); choose a config.json."
        ) from None
    except UnicodeDecodeError:
        raise ConfigNotKept(
            "The file is not text in UTF-8; choose a config.json."
        ) from None
    except (ValueError, RecursionError):
        raise ConfigNotKept("The file is not JSON; choose a config.json.") from None
    if "\\u0000" in kept:  # PostgreSQL keeps no such text
        raise ConfigNotKept("The file holds a null character; choose a config.json.")
    if not isinstance(told, dict):
        raise ConfigNotKept(
            f"The file holds a {type(told).__name__}, not an object; choose a config.json."
        )
    return told


def no_number(word: str) -> None:
    """NaN and Infinity, which are no JSON and which PostgreSQL does not keep."""
    raise ConfigNotKept(f"The file holds {word}, which is no number of JSON; write one.")


def printable(text: str) -> str:
    """The text without control characters."""
    return "".join(letter for letter in text if letter.isprintable())
