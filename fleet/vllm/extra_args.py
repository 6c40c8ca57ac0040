"""Extra arguments of vLLM that an operator may give: a checked list without keys.

The list holds what tunes an engine and harms nobody. What opens a port, reads a file,
loads code, logs prompts or stops the counters that the books stand on is not in it. A test
holds each flag and its kind against vLLM's own parser.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from decimal import Decimal

LONGEST = 300  # characters
SWITCH = "switch"  # a flag without a value; --no-… turns it off
WHOLE = "whole number"
NUMBER = "number"
KV_CACHE_DTYPES = ("auto", "bfloat16", "fp8", "fp8_e4m3", "fp8_e5m2", "fp8_ds_mla")
Kind = str | tuple[str, ...]  # a tuple: one of these words
KNOWN: Mapping[str, Kind] = {
    "--async-scheduling": SWITCH,
    "--block-size": WHOLE,
    "--chat-template-content-format": ("auto", "openai", "string"),
    "--cpu-offload-gb": NUMBER,
    "--disable-cascade-attn": SWITCH,
    "--disable-custom-all-reduce": SWITCH,
    "--disable-hybrid-kv-cache-manager": SWITCH,
    "--disable-sliding-window": SWITCH,
    "--enable-chunked-prefill": SWITCH,
    "--enable-expert-parallel": SWITCH,
    "--enable-flashinfer-autotune": SWITCH,
    "--enforce-eager": SWITCH,
    "--generation-config": ("auto", "vllm"),
    "--kv-cache-dtype": KV_CACHE_DTYPES,
    "--language-model-only": SWITCH,
    "--long-prefill-token-threshold": WHOLE,
    "--max-cudagraph-capture-size": WHOLE,
    "--max-logprobs": WHOLE,
    "--max-num-batched-tokens": WHOLE,
    "--max-num-queued-reqs": WHOLE,
    "--max-num-seqs": WHOLE,
    "--performance-mode": ("balanced", "interactivity", "throughput"),
    "--prefix-caching-hash-algo": ("sha256", "sha256_cbor", "xxhash", "xxhash_cbor"),
    "--safetensors-load-strategy": ("eager", "lazy", "prefetch"),
    "--scheduling-policy": ("fcfs", "priority"),
    "--seed": WHOLE,
    "--skip-mm-profiling": SWITCH,
    "--stream-interval": WHOLE,
}
# What the estimate of memory does not count.
OF_MEMORY = (
    "--block-size",
    "--cpu-offload-gb",
    "--enforce-eager",
    "--kv-cache-dtype",
    "--language-model-only",
    "--max-cudagraph-capture-size",
    "--max-num-batched-tokens",
    "--max-num-seqs",
    "--skip-mm-profiling",
)
OURS: Mapping[str, str] = {  # we send these; why, or what to change
    "--model": "it is the model of the order",
    "--served-model-name": "it is the model of the order",
    "--tensor-parallel-size": "change GPUs per replica",
    "-tp": "change GPUs per replica",
    "--dtype": "it is the precision of the model",
    "--quantization": "it is the precision of the model",
    "-q": "it is the precision of the model",
    "--max-model-len": "change Context",
    "--gpu-memory-utilization": "change GPU memory share",
    "--device-memory-utilization": "change GPU memory share",
    "--enable-prefix-caching": "it is always on",
    "--no-enable-prefix-caching": "it is always on",
    "--enable-prompt-tokens-details": "the books need it",
    "--no-enable-prompt-tokens-details": "the books need it",
    "--host": "the pod's port is fixed",
    "--port": "the pod's port is fixed",
    "--reasoning-parser": "it follows from the model",
    "--tool-call-parser": "it follows from the model",
    "--enable-auto-tool-choice": "it follows from the model",
    "--no-enable-auto-tool-choice": "it follows from the model",
    "--trust-remote-code": "it follows from the model",
    "--no-trust-remote-code": "it follows from the model",
}
SECRETS = ("--api-key", "--hf-token")
SECRET_VALUE = re.compile(r"\b(sk-|rpa_|hf_)[A-Za-z0-9_-]{6,}")
WHOLE_VALUE = re.compile(r"[0-9]{1,9}", re.ASCII)
NUMBER_VALUE = re.compile(r"[0-9]{1,6}(\.[0-9]{1,4})?", re.ASCII)
# What a refusal may repeat: longer words, or others, may be a key in the wrong place.
PLAIN = re.compile(r"--?[a-z-]{1,40}|-?[0-9.]{1,6}|[a-z]{0,6}[0-9]{0,2}", re.ASCII)


def parsed(text: str) -> tuple[str, ...]:
    """The words of `text`, each checked: ("--max-num-seqs", "64", "--enforce-eager").

    Raises ValueError with a sentence that begins with "Extra arguments", without a secret.
    """
    if len(text) > LONGEST:
        raise ValueError(
            f"Extra arguments have {len(text):,} characters; write at most {LONGEST}."
        )
    flags = text.replace("_", "-")
    if any(flag in flags for flag in SECRETS) or SECRET_VALUE.search(text):
        raise ValueError(
            "Extra arguments hold a key or a token; it would be stored and shown. Each pod "
            "gets a key of its own, and the hub's token is a key of the keys page."
        )
    try:
        words = shlex.split(text.replace("=", " ")) if text.isprintable() else [text]
    except ValueError as wrong:
        raise ValueError(f"Extra arguments can not be read: {wrong}.") from None
    found: dict[str, tuple[str, ...]] = {}
    while words:
        flag, words = words[0].replace("_", "-"), words[1:]
        name = positive(flag)
        if name in found:
            raise ValueError(f"Extra arguments have {name} twice; write it once.")
        kind = kind_of(flag, name)
        if kind == SWITCH:
            found[name] = (flag,)
            continue
        found[name] = (flag, value_of(flag, kind, words))
        words = words[1:]
    return tuple(word for pair in found.values() for word in pair)


def normal(text: str) -> str:
    """`text` as it is stored: one blank between words, values apart. Raises ValueError.

    >>> normal("--max_num_seqs=64   --enforce-eager")
    '--max-num-seqs 64 --enforce-eager'
    """
    return " ".join(parsed(text))


def beyond_the_estimate(text: str) -> str:
    """A warning where these change what a GPU's memory must hold; "" where they do not."""
    given = [positive(word) for word in parsed(text)]
    told = [flag for flag in OF_MEMORY if flag in given]
    if not told:
        return ""
    return (
        f"The estimate of memory does not count {', '.join(told)}; whether it fits, vLLM "
        "says at its start."
    )


def shown(word: str) -> str:
    """A wrong word for a sentence: as it is where it can be no key, else its length.

    >>> shown("fp4"), shown("hunter2-correct-horse")
    ("'fp4'", 'a word of 21 characters')
    """
    return repr(word) if PLAIN.fullmatch(word) else f"a word of {len(word)} characters"


def positive(flag: str) -> str:
    """--enforce-eager of --no-enforce-eager; any other flag as it is."""
    turned = f"--{flag.removeprefix('--no-')}"
    return turned if KNOWN.get(turned) == SWITCH else flag


def kind_of(flag: str, name: str) -> Kind:
    """What the flag takes. Raises ValueError for one that may not be given."""
    if flag in OURS:
        raise ValueError(
            f"Extra arguments have {flag}, which Kerne sets itself: {OURS[flag]}."
        )
    if name not in KNOWN:
        raise ValueError(
            f"Extra arguments have {shown(flag)}, which can not be given here; known are "
            f"{', '.join(KNOWN)}."
        )
    return KNOWN[name]


def value_of(flag: str, kind: Kind, words: Sequence[str]) -> str:
    """The checked value behind a flag. Raises ValueError."""
    value = words[0] if words and not words[0].startswith("-") else ""
    if isinstance(kind, tuple):
        if value not in kind:
            raise ValueError(
                f"Extra arguments have {flag} {shown(value)}; use one of {', '.join(kind)}."
            )
    elif kind == WHOLE and not WHOLE_VALUE.fullmatch(value):
        raise ValueError(
            f"Extra arguments have {flag} {shown(value)}; write a whole number such as 64."
        )
    elif kind == NUMBER:
        if not NUMBER_VALUE.fullmatch(value):
            raise ValueError(
                f"Extra arguments have {flag} {shown(value)}; write a number such as 4.5."
            )
        value = f"{Decimal(value):f}"
    return value
