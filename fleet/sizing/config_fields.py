"""Reading numbers out of a config.json, with a sentence for each that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

# Bounds that no served model exceeds; a number beyond them is a mistake or an attack.
LARGEST = {
    "num_hidden_layers": 1_000,
    "hidden_size": 262_144,
    "num_attention_heads": 4_096,
    "num_key_value_heads": 4_096,
    "head_dim": 16_384,
    "vocab_size": 10_000_000,
    "max_position_embeddings": 100_000_000,
    "intermediate_size": 4_194_304,
    "moe_intermediate_size": 1_048_576,
    "num_experts": 65_536,
}
LARGEST_OTHER = 10_000_000


class ConfigRefused(ValueError):
    """A config.json that cannot be sized; the text says field, value and what is right."""


class Fields:
    """The numbers of one mapping, each checked when it is read."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def number(self, *names: str) -> int:
        """The first of `names` that is given: a whole number from 1 to its bound."""
        found = self.optional(*names)
        if found is None:
            raise ConfigRefused(
                f"config.json has no {names[0]}; a decoder's configuration gives it as a "
                "whole number above 0."
            )
        if found == 0:
            raise ConfigRefused(f"{names[0]} is 0; it must be 1 or more.")
        return found

    def optional(self, *names: str) -> int | None:
        """The first of `names` that is given and not null; None where none is."""
        for name in names:
            value = self.values.get(name)
            if value is not None:
                return _whole(name, value)
        return None

    def count(self, *names: str) -> int:
        """As `optional`, with 0 for what is not given."""
        return self.optional(*names) or 0

    def flag(self, name: str) -> bool:
        """Whether `name` is true; what is not given is false."""
        return self.values.get(name) is True

    def words(self, name: str) -> list[str]:
        """A list of words, such as `layer_types`; empty where it is not given."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(w, str) for w in value):
            raise ConfigRefused(f"{name} must be a list of words, one a layer.")
        return value

    def numbers(self, name: str) -> list[int]:
        """A list of whole numbers; empty where it is not given."""
        value = self.values.get(name)
        if not isinstance(value, list):
            return []
        return [_whole(name, item) for item in value]

    def blocks(self, name: str) -> list[Mapping[str, Any]]:
        """A list of mappings, one a layer; empty where it is not given."""
        value = self.values.get(name) or []
        if not isinstance(value, list) or not all(isinstance(b, Mapping) for b in value):
            raise ConfigRefused(f"{name} must be a list of objects, one a layer.")
        return value

    def inner(self, name: str) -> Fields | None:
        """The mapping under `name`, or None."""
        value = self.values.get(name)
        return Fields(value) if isinstance(value, Mapping) else None


def _whole(name: str, value: Any) -> int:
    largest = LARGEST.get(name, LARGEST_OTHER)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= largest:
        shown = repr(value)[:40]
        raise ConfigRefused(
            f"{name} is {shown}; it must be a whole number from 0 to {largest:,}."
        )
    return value
