"""Tensor parallel sizes that vLLM accepts for a model.

Rules read in vLLM 0.32 (config/model.py, layers/vocab_parallel_embedding.py):
- attention heads must be divisible by the tensor parallel size;
- KV heads must be divisible by it, or it by them (they are then replicated);
- the vocabulary, padded to a multiple of 64, must be divisible by it.
"""

from __future__ import annotations

VOCABULARY_PADDING = 64
MOST_GPUS_PER_HOST = 8


def tensor_parallel_fault(
    model: str,
    gpu_count: int,
    *,
    attention_heads: int,
    kv_heads: int | None = None,
    vocabulary_size: int | None = None,
) -> str:
    """Why `gpu_count` GPUs cannot share `model`, as a sentence; "" when they can.

    kv_heads         None for latent attention (MLA), whose cache is not split
    vocabulary_size  None to leave that rule out, where it is not known

    >>> tensor_parallel_fault("glm-5", 3, attention_heads=64)
    'GPU count 3 cannot serve glm-5: its 64 attention heads are not divisible by 3; \
use 1, 2, 4 or 8.'
    """
    fault = _fault(gpu_count, attention_heads, kv_heads, vocabulary_size)
    if not fault:
        return ""
    usable = [
        count
        for count in range(1, MOST_GPUS_PER_HOST + 1)
        if not _fault(count, attention_heads, kv_heads, vocabulary_size)
    ]
    advice = f"use {_either(usable)}." if usable else "no GPU count up to 8 would do."
    return f"GPU count {gpu_count} cannot serve {model}: {fault}; {advice}"


def _fault(
    gpu_count: int, attention_heads: int, kv_heads: int | None, vocabulary_size: int | None
) -> str:
    if gpu_count < 1:
        return "it takes at least one GPU"
    if attention_heads % gpu_count:
        return f"its {attention_heads} attention heads are not divisible by {gpu_count}"
    if kv_heads and kv_heads % gpu_count and gpu_count % kv_heads:
        return f"its {kv_heads} KV heads cannot be spread evenly over {gpu_count}"
    if vocabulary_size and _padded(vocabulary_size) % gpu_count:
        return (
            f"its vocabulary, padded to {_padded(vocabulary_size)}, is not divisible "
            f"by {gpu_count}"
        )
    return ""


def _padded(vocabulary_size: int) -> int:
    return -(-vocabulary_size // VOCABULARY_PADDING) * VOCABULARY_PADDING


def _either(counts: list[int]) -> str:
    words = [str(count) for count in counts]
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
