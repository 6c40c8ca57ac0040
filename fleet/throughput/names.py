"""One key for each GPU and model, whatever a source calls it."""

from __future__ import annotations

import re
from functools import lru_cache

# What a name must contain (lower case, only letters and digits), first hit wins.
_GPUS = (
    ("gb300", "gb300"),
    ("gb200", "gb200"),
    ("b300", "b300"),
    ("b200", "b200"),
    ("h200", "h200"),
    ("h20", "h20"),
    ("h800", "h800"),
    ("h100pcie", "h100-pcie"),
    ("h100nvl", "h100-nvl"),
    ("h100", "h100-sxm"),
    ("a100pcie", "a100-pcie"),
    ("a10080gbpcie", "a100-pcie"),
    ("a10040", "a100-40gb"),
    ("a100", "a100-sxm"),
    ("mi300x", "mi300x"),
    ("l40s", "l40s"),
    ("l40", "l40"),
    ("l4", "l4"),
    ("rtxpro6000", "rtx-pro-6000"),
    ("rtx6000ada", "rtx-6000-ada"),
    ("a6000", "a6000"),
    ("a5000", "a5000"),
    ("a40", "a40"),
    ("a30", "a30"),
    ("a10", "a10"),
    ("5090", "rtx-5090"),
    ("4090", "rtx-4090"),
    ("4070", "rtx-4070"),
    ("3090", "rtx-3090"),
)
# Words that name a precision, a tuning or a date, none of which changes the work.
_NOISE = re.compile(
    r"[-_](instruct|chat|it|base|thinking|fp8|fp4|nvfp4|bf16|awq|gptq|int4|int8|w8a8|w4a16"
    r"|dynamic|hf|autoround|\d{4}|v0\.\d)(?=[-_]|$)"
)
_SAME = {
    "meta-llama-3.1-8b": "llama-3.1-8b",
    "meta-llama-3.1-70b": "llama-3.1-70b",
    "meta-llama-3.1-405b": "llama-3.1-405b",
    "llama-3.3-70b": "llama-3.1-70b",
    "deepseek-r1-distill-llama-8b": "llama-3.1-8b",
    "hermes-3-llama-3.1-405b": "llama-3.1-405b",
    "deepseek-r1": "deepseek-v3",
    "deepseek-v3.1": "deepseek-v3",
    "kimi-k2.5": "kimi-k2",
    "kimi-k2.6": "kimi-k2",
    "glm-5.1": "glm-5",
    "deepseek-r1-distill-qwen-7b": "qwen2.5-7b",
    "qwen2.5-vl-7b": "qwen2.5-7b",
    "deepseek-r1-distill-qwen-1.5b": "qwen2.5-1.5b",
    "qwen3.6-35b-a3b": "qwen3.5-35b-a3b",
    "qwen3.6-27b": "qwen3.5-27b",
    "minimax-m2.7": "minimax-m2.5",
    "minimax-m2": "minimax-m2.5",
}


@lru_cache(maxsize=4096)
def gpu_key(name: str) -> str:
    """The key of a GPU type; "" where the name says none that we know.

    >>> gpu_key("NVIDIA GeForce RTX 4090"), gpu_key("h200_sxm"), gpu_key("A100-80GB")
    ('rtx-4090', 'h200', 'a100-sxm')
    """
    plain = re.sub(r"[^a-z0-9]", "", name.lower()).replace("adageneration", "ada")
    return next((key for part, key in _GPUS if part in plain), "")


@lru_cache(maxsize=4096)
def model_key(name: str) -> str:
    """The key of an architecture: repositories with the same work share one.

    >>> model_key("meta-llama/Llama-3.1-8B-Instruct"), model_key("nvidia/DeepSeek-R1-NVFP4")
    ('llama-3.1-8b', 'deepseek-v3')
    """
    short = name.strip().lower().rsplit("/", 1)[-1]
    previous = ""
    while short != previous:
        previous, short = short, _NOISE.sub("", short)
    return _SAME.get(short, short)
