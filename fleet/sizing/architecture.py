"""What of a model decides its memory and its speed, and nothing else.

Layers come in groups of one kind. A group knows what one of its layers keeps per token
(or per request), and how many parameters one of its layers has, so that weights can be
counted by part: what tensor parallelism splits, what it copies, what a quantised
checkpoint leaves in BF16.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AttentionKind(StrEnum):
    """How a layer remembers the tokens before."""

    FULL = "full"  # keys and values of every token
    SLIDING = "sliding"  # of the last `window` tokens
    CHUNKED = "chunked"  # of the current chunk of `window` tokens
    MLA = "mla"  # one latent vector a token, shared by all heads
    SPARSE_MLA = "sparse_mla"  # the same, read through an index
    COMPRESSED = "compressed"  # one latent vector for several tokens (DeepSeek V4)
    STATE = "state"  # a state of fixed size per request (Mamba, GDN, KDA)


LATENT_KINDS = (AttentionKind.MLA, AttentionKind.SPARSE_MLA, AttentionKind.COMPRESSED)
WINDOW_KINDS = (AttentionKind.SLIDING, AttentionKind.CHUNKED)


@dataclass(frozen=True, slots=True)
class AttentionLayers:
    """`layers` layers that remember in the same way.

    parameters           of one layer, its projections together
    replicated           of those, what every GPU of a tensor parallel group holds whole
    kv_heads, head_dim   of the cache; value_dim where values are narrower than keys.
                         Latent kinds: the dimensions that a prefill unpacks to
    window               [tokens] of sliding and chunked attention
    latent_dim           [elements] of the latent kinds, rotary part included
    index_bytes          [bytes per token] that a sparse index keeps beside it
    index_width          [elements] of a sparse index's query: its heads x dimension
    attended             [tokens or entries] that a sparse index lets a query read; 0: all
    tokens_per_entry     of compressed attention: tokens that share one entry
    conv_elements        of a state layer, kept in the model's own precision
    state_elements       of a state layer, kept in `state_bytes` each
    """

    kind: AttentionKind
    layers: int
    heads: int
    parameters: int
    replicated: int = 0
    kv_heads: int = 0
    head_dim: int = 0
    value_dim: int = 0
    window: int = 0
    latent_dim: int = 0
    index_bytes: int = 0
    index_width: int = 0
    attended: int = 0
    tokens_per_entry: int = 1
    conv_elements: int = 0
    state_elements: int = 0
    state_bytes: int = 4


@dataclass(frozen=True, slots=True)
class DenseLayers:
    """`layers` feed-forward layers of one width; `matrices` is 3 where gated, else 2."""

    layers: int
    intermediate_size: int
    matrices: int = 3


@dataclass(frozen=True, slots=True)
class ExpertLayers:
    """`layers` feed-forward layers of `experts`, of which a token uses `per_token`.

    hidden_size            [elements] that an expert reads: the model's, or a latent size
    shared_size            [elements] width of the experts that every token uses, together
    always_parameters      of one layer besides: router, latent projections
    """

    layers: int
    experts: int
    per_token: int
    intermediate_size: int
    hidden_size: int
    matrices: int = 3
    shared_size: int = 0
    always_parameters: int = 0


@dataclass(frozen=True, slots=True)
class Parameters:
    """A model's parameters by part. `total` is what its name speaks of."""

    embeddings: int
    output_head: int
    attention: int
    attention_replicated: int
    dense_mlp: int
    experts: int
    shared_experts: int
    routers: int
    norms: int
    vision: int

    @property
    def total(self) -> int:
        return (
            self.embeddings
            + self.output_head
            + self.attention
            + self.dense_mlp
            + self.experts
            + self.shared_experts
            + self.routers
            + self.norms
            + self.vision
        )


@dataclass(frozen=True, slots=True)
class Architecture:
    """One model.

    max_context      [tokens] that the model was made for
    vision           parameters of what reads pictures or sound; 0 for text alone
    vision_row       [elements] at work in the encoder for one patch of a picture
    extra_embedding  parameters of per-layer embeddings and the like
    streams          residual streams side by side (hyper-connections); 1 as a rule
    """

    name: str
    model_type: str
    layers: int
    hidden_size: int
    vocabulary_size: int
    max_context: int
    tied_embeddings: bool
    attention: tuple[AttentionLayers, ...]
    dense: tuple[DenseLayers, ...] = ()
    experts: ExpertLayers | None = None
    vision: int = 0
    vision_row: int = 0
    extra_embedding: int = 0
    streams: int = 1

    @property
    def attention_heads(self) -> int:
        """Query heads, which tensor parallelism must divide."""
        return max((group.heads for group in self.caching), default=0)

    @property
    def caching(self) -> tuple[AttentionLayers, ...]:
        """The groups that keep something per token."""
        return tuple(g for g in self.attention if g.kind != AttentionKind.STATE)

    @property
    def stateful(self) -> tuple[AttentionLayers, ...]:
        """The groups that keep a state per request."""
        return tuple(g for g in self.attention if g.kind == AttentionKind.STATE)

    @property
    def kv_heads(self) -> int | None:
        """Fewest KV heads of a group; None where the cache is latent and not split."""
        heads = [g.kv_heads for g in self.caching if g.kind not in LATENT_KINDS]
        return min(heads) if heads else None

    @property
    def is_sparse(self) -> bool:
        """Whether it needs a sparse latent attention kernel."""
        sparse = (AttentionKind.SPARSE_MLA, AttentionKind.COMPRESSED)
        return any(group.kind in sparse for group in self.attention)

    @property
    def attention_word(self) -> str:
        """The kind in one word, for tables: gqa, mla, sparse_mla, sliding, hybrid."""
        kinds = {group.kind for group in self.attention}
        if AttentionKind.STATE in kinds:
            return "hybrid"
        if self.is_sparse:
            return "sparse_mla"
        if AttentionKind.MLA in kinds:
            return "mla"
        return "sliding" if kinds & set(WINDOW_KINDS) else "gqa"

    @property
    def parameters(self) -> Parameters:
        """Every parameter, by part, from the configuration alone."""
        hidden = self.hidden_size
        table = self.vocabulary_size * hidden
        experts = self.experts
        return Parameters(
            embeddings=table + self.extra_embedding,
            output_head=0 if self.tied_embeddings else table,
            attention=sum(g.layers * g.parameters for g in self.attention),
            attention_replicated=sum(g.layers * g.replicated for g in self.attention),
            dense_mlp=sum(
                d.layers * d.matrices * hidden * d.intermediate_size for d in self.dense
            ),
            experts=_routed(experts) * (experts.experts if experts else 0),
            shared_experts=(
                experts.layers * experts.matrices * hidden * experts.shared_size
                if experts
                else 0
            ),
            routers=experts.layers * experts.always_parameters if experts else 0,
            norms=(2 * self.layers + 1) * hidden,
            vision=self.vision,
        )

    @property
    def active_parameters(self) -> int:
        """Parameters that one token meets; vision and the idle experts left out."""
        whole = self.parameters
        used = _routed(self.experts) * (self.experts.per_token if self.experts else 0)
        return whole.total - whole.experts - whole.vision + used


def _routed(experts: ExpertLayers | None) -> int:
    """Parameters of one routed expert in every layer that has experts."""
    if experts is None:
        return 0
    one = experts.matrices * experts.hidden_size * experts.intermediate_size
    return experts.layers * one
