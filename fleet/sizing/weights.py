"""Weights on one GPU, by part: what is split, what is copied, what stays in BF16."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from fleet.sizing.architecture import Architecture
from fleet.sizing.precision import BF16_BITS, Precision

BITS_PER_BYTE = 8
# MXFP4 kernels take experts in slices of whole 256 (gpt-oss: 2,880 becomes 3,072).
MXFP4_SLICE = 256


@dataclass(frozen=True, slots=True)
class Split:
    """How a model is spread over GPUs.

    tensor, pipeline, data  parallel sizes
    expert                  whether whole experts are spread (--enable-expert-parallel)
    """

    tensor: int = 1
    pipeline: int = 1
    data: int = 1
    expert: bool = False

    @property
    def gpus(self) -> int:
        return self.tensor * self.pipeline * self.data

    def stage(self, layers: int) -> int:
        """Layers of the longest pipeline stage."""
        return -(-layers // self.pipeline)


def weight_bytes(model: Architecture, precision: Precision) -> Decimal:
    """[bytes] of the whole model in `precision`: what its checkpoint holds."""
    whole = model.parameters
    plain = (
        *(whole.embeddings, whole.output_head, whole.routers),
        *(whole.norms, whole.vision),
    )
    bits = (
        sum(plain) * BF16_BITS
        + whole.attention * precision.attention_bits
        + whole.dense_mlp * precision.dense_bits
        + whole.shared_experts * precision.shared_bits
        + whole.experts * precision.expert_bits
    )
    return bits / BITS_PER_BYTE


def weight_bytes_per_gpu(
    model: Architecture, precision: Precision, split: Split
) -> Decimal:
    """[bytes] of weights on the fullest GPU.

    Tensor parallelism splits projections, embeddings and vision; the down projections of
    latent attention and the sparse index are copied. Experts are spread over the tensor
    and the data parallel GPUs together, whole or in slices. A pipeline stage holds its
    share of the layers and one of the two vocabulary tables.
    """
    whole = model.parameters
    share = Decimal(split.stage(model.layers)) / model.layers
    attention = whole.attention - whole.attention_replicated
    layers = (
        (Decimal(attention) / split.tensor + whole.attention_replicated)
        * precision.attention_bits
        + Decimal(whole.dense_mlp) / split.tensor * precision.dense_bits
        + Decimal(whole.shared_experts) / split.tensor * precision.shared_bits
        + _expert_share(model, precision, split) * precision.expert_bits
        + (whole.routers + whole.norms) * BF16_BITS
    )
    tables = (
        max(whole.embeddings, whole.output_head)
        if split.pipeline > 1
        else whole.embeddings + whole.output_head
    )
    ends = Decimal(tables + whole.vision) / split.tensor * BF16_BITS
    return (layers * share + ends) / BITS_PER_BYTE


def _expert_share(model: Architecture, precision: Precision, split: Split) -> Decimal:
    """Parameters of routed experts on one GPU, with what their kernel pads them to."""
    share = Decimal(model.parameters.experts) / (split.tensor * split.data)
    experts = model.experts
    if experts is None or precision.name != "mxfp4" or precision.expert_bits >= 8:
        return share
    width = Decimal(experts.intermediate_size) / (1 if split.expert else split.tensor)
    padded = -(-int(width) // MXFP4_SLICE) * MXFP4_SLICE
    return share * padded / width
