"""Reads what matters to a sandbox engine out of a pod's vLLM command line."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

DEFAULT_MODEL = "Qwen/Qwen3-0.6B"  # what vLLM 0.32 serves when no model is named
DEFAULT_PORT = 8000
DEFAULT_MODEL_LENGTH = 131_072


@dataclass(frozen=True)
class VllmCommand:
    """The part of a vLLM command line that the sandbox honours; the rest is for GPUs.

    model                  whose weights are loaded, by its name at Hugging Face
    served_names           names the model answers to, the first is the one it reports
    api_key                bearer that /v1 asks for; empty asks for none
    port                   port inside the container
    max_model_length       tokens of prompt and answer together
    prefix_caching         on unless switched off, as in vLLM
    prompt_tokens_details  whether usage tells the cached tokens
    quantization           such as fp8, empty when the flag is not there
    download_dir           where the weights are kept, empty for the default
    """

    model: str
    served_names: tuple[str, ...]
    api_key: str
    port: int
    max_model_length: int
    prefix_caching: bool
    prompt_tokens_details: bool
    quantization: str = ""
    download_dir: str = ""


def parse_command(args: str, env: dict[str, str]) -> VllmCommand:
    """A pod's `args` (with or without a leading ``serve MODEL``) and its environment.

    ValueError with a sentence when vLLM could not start with it.
    """
    try:
        words = shlex.split(args)
    except ValueError as error:
        raise ValueError(f"the arguments cannot be split into words: {error}") from error
    flags = _flags(words)
    model = _one(flags, "--model") or _positional(words) or DEFAULT_MODEL
    names = flags.get("--served-model-name") or [model]
    api_key = _one(flags, "--api-key") or env.get("VLLM_API_KEY", "")
    return VllmCommand(
        model=model,
        served_names=tuple(names),
        api_key=api_key,
        port=_whole(flags, "--port", DEFAULT_PORT),
        max_model_length=_whole(flags, "--max-model-len", DEFAULT_MODEL_LENGTH),
        prefix_caching="--no-enable-prefix-caching" not in flags,
        prompt_tokens_details="--enable-prompt-tokens-details" in flags,
        quantization=_one(flags, "--quantization"),
        download_dir=_one(flags, "--download-dir"),
    )


def weight_gb(command: VllmCommand, env: dict[str, str]) -> float:
    """Size of the model's weights [GB]: as the pod's environment says it, else from the
    billions of parameters in the model's name at 2, 1 (8-bit) or 0.5 (4-bit) bytes each;
    0 when neither tells. ValueError with a sentence for a size that is no number.
    """
    told = env.get("KERNE_SANDBOX_WEIGHT_GB", "")
    if told:
        if not re.fullmatch(r"\d{1,5}(\.\d{1,3})?", told):
            raise ValueError(f"KERNE_SANDBOX_WEIGHT_GB must be GB such as 16, got {told!r}")
        return float(told)
    found = re.search(r"(?<![\w.])(\d{1,4}(?:\.\d{1,2})?)B(?![a-zA-Z])", command.model)
    if found is None:
        return 0.0
    words = f"{command.model} {command.quantization}".lower()
    bytes_each = 2.0
    if any(word in words for word in ("fp8", "int8", "w8a8")):
        bytes_each = 1.0
    elif any(word in words for word in ("awq", "gptq", "int4", "fp4", "w4a16")):
        bytes_each = 0.5
    return float(found[1]) * bytes_each


def _flags(words: list[str]) -> dict[str, list[str]]:
    """Flag -> the values that follow it; the last mention counts."""
    flags: dict[str, list[str]] = {}
    current: list[str] = []
    for word in words:
        if word.startswith("--"):
            name, equals, value = word.partition("=")
            current = [value] if equals else []
            flags[name.replace("_", "-")] = current
        else:
            current.append(word)
    return flags


def _positional(words: list[str]) -> str:
    """The model in ``serve MODEL ...`` or ``MODEL ...``, empty when flags come first."""
    leading = [word for word in words if word not in ("vllm", "serve")]
    return leading[0] if leading and not leading[0].startswith("-") else ""


def _one(flags: dict[str, list[str]], name: str) -> str:
    if name not in flags:
        return ""
    if len(flags[name]) != 1 or not flags[name][0]:
        raise ValueError(f"{name} needs one value, got {' '.join(flags[name]) or 'none'}")
    return flags[name][0]


def _whole(flags: dict[str, list[str]], name: str, default: int) -> int:
    value = _one(flags, name)
    if not value:
        return default
    if not value.isdigit() or int(value) < 1:
        raise ValueError(f"{name} must be a whole number above 0, got {value!r}")
    return int(value)
