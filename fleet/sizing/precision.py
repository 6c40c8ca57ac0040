"""How weights are stored: bits per weight with their scales, and who can load them.

Bits per weight count the scales that travel with the weights:

    fp8    8 + 32 / (128 x 128)     one fp32 scale per block of 128 x 128
    int8   8                        one scale per output channel, too few to count
    int4   4 + 16 / 128 + 4 / 128   AWQ and GPTQ: a scale and a zero per group of 128
    nvfp4  4 + 8 / 16               an fp8 scale per 16 values
    mxfp4  4 + 8 / 32               an 8-bit exponent per 32 values
    nf4    4 + 32 / 64              bitsandbytes: an fp32 scale per 64 values

Embeddings, output head, norms and routers stay in BF16 in every published checkpoint of
these formats. Which compute capability loads what is vLLM 0.32's `get_min_capability`
of each method (layers/quantization/*.py) and its dtype check (platforms/cuda.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from fleet.sizing.architecture import LATENT_KINDS, Architecture
from fleet.sizing.config_fields import ConfigRefused

BF16_BITS = Decimal(16)
FP8_BITS = 8 + Decimal(32) / (128 * 128)
INT4_BITS = 4 + Decimal(16 + 4) / 128
NVFP4_BITS = 4 + Decimal(8) / 16
MXFP4_BITS = 4 + Decimal(8) / 32
NF4_BITS = 4 + Decimal(32) / 64
MXFP8_BITS = 8 + Decimal(8) / 32


@dataclass(frozen=True, slots=True)
class Precision:
    """One way to store weights: bits per weight of each part, scales included.

    loads_from     lowest compute capability that loads it
    computes_from  lowest one that computes in it; below, vLLM unpacks to 16 bits
    block          [values] side of the blocks that share a scale; 0 where slices of any
                   width are taken
    """

    name: str
    attention_bits: Decimal
    dense_bits: Decimal
    shared_bits: Decimal
    expert_bits: Decimal
    loads_from: tuple[int, int]
    computes_from: tuple[int, int]
    block: int = 0


def _all(
    name: str, bits: Decimal, loads: tuple[int, int], computes: tuple[int, int]
) -> Precision:
    return Precision(name, bits, bits, bits, bits, loads, computes)


PRECISIONS: dict[str, Precision] = {
    precision.name: precision
    for precision in (
        _all("bf16", BF16_BITS, (8, 0), (8, 0)),
        _all("fp16", BF16_BITS, (7, 0), (7, 0)),
        _all("fp8", FP8_BITS, (7, 5), (8, 9)),
        _all("int8", Decimal(8), (7, 5), (7, 5)),
        _all("int4", INT4_BITS, (7, 0), (7, 0)),
        _all("nvfp4", NVFP4_BITS, (7, 5), (10, 0)),
        _all("mxfp4", MXFP4_BITS, (8, 0), (9, 0)),
        _all("nf4", NF4_BITS, (7, 0), (7, 0)),
        _all("mxfp8", MXFP8_BITS, (7, 5), (10, 0)),
    )
}
SAYINGS = {  # longest first: "nvfp4" contains "fp4", "int8" is not "fp8"
    "nvfp4": "nvfp4",
    "modelopt_fp4": "nvfp4",
    "mxfp4": "mxfp4",
    "mxfp8": "mxfp8",
    "bfloat16": "bf16",
    "bf16": "bf16",
    "float16": "fp16",
    "fp16": "fp16",
    "half": "fp16",
    "bitsandbytes": "nf4",
    "bnb": "nf4",
    "nf4": "nf4",
    "w4a16": "int4",
    "int4": "int4",
    "awq": "int4",
    "gptq": "int4",
    "autoround": "int4",
    "w8a8": "int8",
    "int8": "int8",
    "fp8": "fp8",
}


def precision_named(name: str) -> Precision | None:
    """The precision that `name` means, such as "awq-int4"; None for what is unknown.

    >>> precision_named("awq-int4").name
    'int4'
    """
    said = name.lower()
    return next((PRECISIONS[of] for word, of in SAYINGS.items() if word in said), None)


def variant_of(precision: Precision, model: Architecture) -> Precision:
    """`precision` as checkpoints of `model` come in it: what of it stays in BF16.

    MXFP4 is the experts' alone where there are experts (gpt-oss, Kimi K3), with FP8 for
    the rest in DeepSeek V4. NVFP4 and
    INT4 leave latent attention alone (NVIDIA's DeepSeek, GLM-5 and Kimi checkpoints).
    """
    latent = any(group.kind in LATENT_KINDS for group in model.attention)
    if model.model_type == "deepseek_v4" and precision.name == "mxfp4":
        return replace(
            precision, attention_bits=FP8_BITS, dense_bits=FP8_BITS, shared_bits=FP8_BITS
        )
    if model.experts is not None and precision.name == "mxfp4":
        return replace(
            precision,
            attention_bits=BF16_BITS,
            dense_bits=BF16_BITS,
            shared_bits=BF16_BITS,
        )
    if latent and precision.name in ("nvfp4", "int4"):
        return replace(precision, attention_bits=BF16_BITS)
    return precision


def precision_of_config(config: Mapping[str, Any], model: Architecture) -> Precision:
    """The precision that a config.json's `quantization_config` tells; BF16 without one.

    Reads the list of modules that were left alone. Raises ConfigRefused for a method
    that is not known here.
    """
    told = config.get("quantization_config")
    if not isinstance(told, Mapping):
        text = config.get("text_config")
        told = text.get("quantization_config") if isinstance(text, Mapping) else None
    if not isinstance(told, Mapping):
        half = str(config.get("torch_dtype") or config.get("dtype")) == "float16"
        return PRECISIONS["fp16" if half else "bf16"]
    found = _method(told)
    if found is None:
        raise ConfigRefused(
            f"quant_method is {told.get('quant_method')!r}; known are fp8, awq, gptq, "
            "compressed-tensors, modelopt and mxfp4."
        )
    return _with_exceptions(variant_of(PRECISIONS[found], model), told, config)


def kv_cache_dtype_of_config(config: Mapping[str, Any]) -> str:
    """What vLLM takes "auto" for: "fp8" where the checkpoint carries scales for it."""
    told = config.get("quantization_config")
    scheme = told.get("kv_cache_scheme") if isinstance(told, Mapping) else None
    if isinstance(scheme, Mapping):
        return "fp8" if scheme.get("num_bits") == 8 else "auto"
    return "fp8" if str(scheme).upper() == "FP8" else "auto"


def _method(told: Mapping[str, Any]) -> str | None:
    algorithm = str(told.get("quant_algo") or told.get("moe_quant_algo") or "").lower()
    if algorithm == "mixed_precision":
        layers = str(told.get("quantized_layers"))
        return "nvfp4" if "NVFP4" in layers else "mxfp8" if "MXFP8" in layers else "fp8"
    for said in (algorithm, str(told.get("format", "")).lower()):
        for word in ("nvfp4", "mxfp4", "mxfp8", "fp8"):
            if word in said:
                return word
    method = str(told.get("quant_method", "")).lower()
    if method == "compressed-tensors":
        return _compressed(told)
    if method in ("awq", "gptq", "auto-round", "autoround", "auto_round", "inc"):
        bits = told.get("bits", told.get("w_bit", 4))
        return "int8" if bits == 8 else "int4" if bits == 4 else None
    if method in ("fbgemm_fp8", "fp8"):
        return "fp8"
    return method if method in ("mxfp4", "nvfp4", "mxfp8") else None


def _compressed(told: Mapping[str, Any]) -> str | None:
    groups = told.get("config_groups")
    weights: Any = None
    if isinstance(groups, Mapping) and groups:
        first = next(iter(groups.values()))
        weights = first.get("weights") if isinstance(first, Mapping) else None
    if not isinstance(weights, Mapping):
        return None
    bits, kind = weights.get("num_bits"), weights.get("type")
    if bits == 8:
        return "fp8" if kind == "float" else "int8"
    if bits == 4:
        return "nvfp4" if kind == "float" else "int4"
    return None


def _with_exceptions(
    precision: Precision, told: Mapping[str, Any], config: Mapping[str, Any]
) -> Precision:
    """Leave in BF16 what the checkpoint lists as not converted."""
    listed: list[str] = []
    for name in ("modules_to_not_convert", "ignore", "exclude_modules", "ignored_layers"):
        value = told.get(name)
        if isinstance(value, list):
            listed += [str(item) for item in value]
    attention = [item for item in listed if "attn" in item and "norm" not in item]
    attention = [item for item in attention if "indexer" not in item]
    sides = told.get("weight_block_size")
    block = sides[0] if isinstance(sides, list) and sides else 0
    if precision.name == "fp8" and isinstance(block, int):
        precision = replace(precision, block=block)
    if config.get("expert_dtype") == "fp4":  # DeepSeek V4: FP8, with experts in MXFP4
        precision = replace(precision, expert_bits=MXFP4_BITS)
    if attention:
        precision = replace(precision, attention_bits=BF16_BITS)
    if any("shared_expert" in item for item in listed):
        precision = replace(precision, shared_bits=BF16_BITS)
    return precision
