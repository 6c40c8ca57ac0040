"""One key for each GPU and architecture, whatever a source calls it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache
from hashlib import sha256

from fleet.sizing.architecture import Architecture
from fleet.sizing.catalog import catalog, model_named
from fleet.sizing.gpus import gpu_named

# Words that name a precision, a tuning or a date, none of which changes the work.
_NOISE = re.compile(
    r"[-_](instruct|chat|it|base|thinking|fp8|fp4|nvfp4|bf16|awq|gptq|int4|int8|w8a8|w4a16"
    r"|dynamic|hf|autoround|\d{4}|v0\.\d)(?=[-_]|$)"
)


@lru_cache(maxsize=4096)
def gpu_key(name: str) -> str:
    """The identifier of a GPU type of ours; any other name in plain small letters.

    Published points name GPUs that are none of ours: they keep a key of their own, so
    that two of them are told apart.

    >>> gpu_key("h200_sxm"), gpu_key("MI300X")
    ('NVIDIA H200', 'mi300x')
    """
    spec = gpu_named(name)
    return spec.gpu_type_id if spec else re.sub(r"[^a-z0-9]+", "-", name.lower())


@lru_cache(maxsize=4096)
def model_key(name: str) -> str:
    """The key of an architecture: repositories with the same work share one.

    >>> model_key("nvidia/Qwen3-32B-NVFP4"), model_key("nvidia/DeepSeek-R1-NVFP4")
    ('qwen-3-32b', 'deepseek-v3')
    """
    found = model_named(name)
    return _unknown_key(name) if found is None else architecture_key(found.architecture)


@lru_cache(maxsize=1024)
def architecture_key(architecture: Architecture) -> str:
    """The key under which `model_key` finds measured points of this architecture.

    The first slug of the catalog that has the same layers; else what the architecture is
    called, unless its name is that of another architecture.
    """
    known = _by_layers().get(_layers(architecture))
    if known is not None:
        return known
    if model_named(architecture.name) is None:
        return _unknown_key(architecture.name)
    return "unlisted-" + sha256(repr(architecture).encode()).hexdigest()[:12]


@cache
def _by_layers() -> dict[Architecture, str]:
    found: dict[Architecture, str] = {}
    for slug, model in catalog().items():
        found.setdefault(_layers(model.architecture), slug)
    return found


def _layers(model: Architecture) -> Architecture:
    """What of an architecture decides the speed of text: no name, pictures or limit."""
    return replace(model, name="", model_type="", max_context=0, vision=0)


def _unknown_key(name: str) -> str:
    short = name.strip().lower().rsplit("/", 1)[-1]
    previous = ""
    while short != previous:
        previous, short = short, _NOISE.sub("", short)
    return short
