"""Memory beside weights and cache: activations, CUDA graphs, what is outside PyTorch.

vLLM measures it by a dry run of the largest step it will ever make: `max_num_batched_
tokens` through the layers, then `max_num_seqs` rows through the sampler (v1/worker/
gpu_model_runner.py, `profile_run`). The coefficients below come from published profiles
of vLLM 0.6 to 0.32 on one to four GPUs, whose parts were logged apart; docs/sizing.md
says which.
"""

from __future__ import annotations

from decimal import Decimal

from fleet.sizing.architecture import Architecture, AttentionKind
from fleet.sizing.engine import Engine
from fleet.sizing.gpus import GpuSpec
from fleet.sizing.weights import Split

GIB = Decimal(2**30)
ACTIVATION_BYTES = 2
LOGIT_BYTES = 4
HIDDEN_COPIES = Decimal("4.5")  # residual, normed input, queries, output of attention
HIDDEN_COPIES_V0 = Decimal(3)
SAMPLED_HIDDEN_COPIES = 3  # hidden states that outlive the layers while sampling
VISION_FLOOR_GIB = Decimal("1.0")  # an encoder's own dry run with the largest picture
VISION_HELD_GIB = Decimal("0.2")  # its output, held while the layers run
PATCHES_PER_TOKEN = 4  # a Qwen VL encoder merges 2 x 2 patches into a token
LATENT_CHUNK_TOKENS = 64 * 1024  # mla_attention.py, chunked prefill work space
# Sparse attention gathers 5 x length rows of keys in BF16 for a prefill; its index shares
# that work space (flashmla_sparse.py, indexer.py).
SPARSE_GATHER_BYTES = 5 * 576 * 2
KEEPS_WORK_SPACE = (0, 12)  # releases that keep work space between steps
STATE_COPIES = 16  # queries, keys, values, gates, decays and states per chunk
GRAPH_BASE_GIB = Decimal("0.15")
GRAPH_SET_GIB = Decimal("0.55")  # of a full set of 51 sizes, up to 512 tokens
GRAPH_LAYER_GIB = Decimal("0.0067")
GRAPH_SHRINK = Decimal("0.25")  # since model runner V2 (0.29)
FULL_SET = 51


def activation_gib(
    model: Architecture,
    *,
    engine: Engine,
    kept_experts: bool,
    samples: bool,
    split: Split,
    max_model_len: int,
    max_num_batched_tokens: int,
    max_num_seqs: int,
) -> Decimal:
    """[GiB] at the peak of the dry run, on one GPU.

    kept_experts  whether the experts' kernels keep their intermediates between steps
    samples       whether the dry run goes through the sampler
    """
    tokens = max_num_batched_tokens
    layers = _layer_bytes(model, engine, split, tokens)
    layers += _latent_bytes(model, split, max_model_len)
    held = _state_work_bytes(model, split, tokens) + _gathered_bytes(model, max_model_len)
    experts = _expert_bytes(model, split, tokens)
    if kept_experts and engine.version >= KEEPS_WORK_SPACE:
        held += experts
    else:
        layers += experts
    sampler = Decimal(0)
    if samples:
        sampler = _sampler_bytes(model, engine, tokens, max_num_seqs)
    peak = max(layers, sampler) * engine.reserved_per_peak / GIB
    if model.vision and engine.v1:
        floor = max(VISION_FLOOR_GIB, _film_bytes(model, engine, max_model_len) / GIB)
        peak = max(peak + VISION_HELD_GIB, floor)
    return peak + held / GIB


def _layer_bytes(model: Architecture, engine: Engine, split: Split, tokens: int) -> Decimal:
    widest = max((3 * dense.intermediate_size for dense in model.dense), default=0)
    if model.experts is not None:
        widest = max(widest, 3 * model.experts.shared_size)
    copies = HIDDEN_COPIES if engine.v1 else HIDDEN_COPIES_V0
    elements = Decimal(widest) / split.tensor + copies * model.hidden_size * model.streams
    return tokens * ACTIVATION_BYTES * elements


def _sampler_bytes(
    model: Architecture, engine: Engine, tokens: int, max_num_seqs: int
) -> Decimal:
    rows = min(max_num_seqs, tokens)
    logits = engine.sampler_copies * LOGIT_BYTES * model.vocabulary_size * rows
    hidden = SAMPLED_HIDDEN_COPIES * tokens * model.hidden_size * ACTIVATION_BYTES
    hidden *= model.streams
    return logits + hidden


def _expert_bytes(model: Architecture, split: Split, tokens: int) -> Decimal:
    """The three intermediates of the fused experts."""
    experts = model.experts
    if experts is None:
        return Decimal(0)
    sliced = 1 if split.expert else split.tensor
    width = Decimal(3 * experts.intermediate_size) / sliced + experts.hidden_size
    spread = split.tensor * split.data if split.expert else 1
    chosen = max(Decimal(1), Decimal(experts.per_token) / spread)
    return tokens * chosen * width * ACTIVATION_BYTES


def _state_work_bytes(model: Architecture, split: Split, tokens: int) -> Decimal:
    """Intermediates of a state layer's chunked scan, of the tokens of one step."""
    widest = max((g.heads * g.value_dim for g in model.stateful), default=0)
    copies = STATE_COPIES * ACTIVATION_BYTES
    return Decimal(widest) / split.tensor * copies * tokens


def _film_bytes(model: Architecture, engine: Engine, max_model_len: int) -> Decimal:
    """Before 0.10 the dry run of a Qwen VL model was a film as long as the context."""
    if engine.version >= (0, 10) or not model.model_type.startswith("qwen2"):
        return Decimal(0)
    patches = PATCHES_PER_TOKEN * max_model_len
    return Decimal(patches * model.vision_row * ACTIVATION_BYTES)


def _gathered_bytes(model: Architecture, max_model_len: int) -> Decimal:
    """What sparse attention gathers keys into, kept between steps."""
    return Decimal(SPARSE_GATHER_BYTES * max_model_len) if model.is_sparse else Decimal(0)


def _latent_bytes(model: Architecture, split: Split, max_model_len: int) -> Decimal:
    """A chunk of context of latent attention, expanded to keys and values of every head."""
    latent = [g for g in model.attention if g.kind == AttentionKind.MLA]
    if not latent:
        return Decimal(0)
    heads = max(1, latent[0].heads // split.tensor)
    chunk = min(8 * max_model_len, LATENT_CHUNK_TOKENS)
    return Decimal(chunk * ACTIVATION_BYTES * (latent[0].latent_dim + heads * 256))


def cuda_graph_gib(
    model: Architecture, *, engine: Engine, max_num_seqs: int, enforce_eager: bool
) -> Decimal:
    """[GiB] of captured graphs; inside the budget where the release counts them."""
    if enforce_eager:
        return Decimal(0)
    largest = min(2 * max_num_seqs, 512)
    sizes = len([n for n in (1, 2, 4) if n <= largest])
    sizes += len(range(8, min(largest, 255) + 1, 8)) + len(range(256, largest + 1, 16))
    share = min(Decimal(1), Decimal(sizes) / FULL_SET)
    full = GRAPH_SET_GIB + GRAPH_LAYER_GIB * model.layers
    gib = GRAPH_BASE_GIB + share * full
    return gib * GRAPH_SHRINK if engine.version >= (0, 29) else gib


def outside_torch_gib(gpu: GpuSpec, *, engine: Engine, split: Split) -> Decimal:
    """[GiB] that the driver, cuBLAS, NCCL and all-reduce buffers take in the budget."""
    joined = split.tensor > 1
    hopper = gpu.nvlink and gpu.compute_capability >= (9, 0)
    if engine.version < (0, 7):
        return Decimal("0.40") if joined else Decimal("0.35")
    if not joined:
        return Decimal("0.25") if engine.version >= (0, 18) else Decimal("0.13")
    if engine.version < (0, 18) or not hopper:
        return Decimal("0.55") if gpu.nvlink else Decimal("0.35")
    return Decimal("2.10") if gpu.compute_capability < (10, 0) else Decimal("1.00")
