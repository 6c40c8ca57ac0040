"""Does a model fit on GPUs under vLLM, and what would be left? It fails closed.

Memory of one GPU, in GiB (2^30 bytes):

    budget      = usable memory x gpu_memory_utilization
    KV cache    = budget - weights - activations - CUDA graphs - outside PyTorch
    KV tokens   = blocks of the KV cache x tokens per block, by attention kind

Weights are counted in `weights.py`, the cache in `kv_cache.py`, the rest in
`work_space.py`. docs/sizing.md works the examples that a test asserts and compares the
result with boot logs. What is unknown is a reason not to fit, never a guess.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from enum import StrEnum
from functools import lru_cache

from fleet.sizing.cache_plan import CachePlan
from fleet.sizing.gpus import GpuSpec, gpu_named, unknown_gpu_reason
from fleet.sizing.kv_cache import cache_plan, stored_dtype
from fleet.sizing.refusals import notes, refusals
from fleet.sizing.request import Sizing
from fleet.sizing.weights import weight_bytes, weight_bytes_per_gpu
from fleet.sizing.work_space import GIB, activation_gib, cuda_graph_gib, outside_torch_gib

GB = Decimal(10**9)
DISK_BASE_GB = Decimal(20)  # container layers, logs, compile cache
DISK_MARGIN = Decimal("1.10")  # partial downloads and file system overhead
DRIVER_GIB = Decimal("0.5")  # the CUDA context, outside of every budget
STATES_MUST_COVER_SEQS = (0, 18)  # releases that refuse max_num_seqs above the blocks


class Verdict(StrEnum):
    """Whether it fits."""

    FITS = "fits"
    SHORT = "short"  # of memory; `short_by_gib` says by how much on each GPU
    IMPOSSIBLE = "impossible"  # on any amount of memory; the reasons say why


@dataclass(frozen=True, slots=True)
class Term:
    """One part of a GPU's memory, for the stacked bar."""

    name: str
    gib: Decimal


@dataclass(frozen=True, slots=True)
class SizingResult:
    """The verdict, every reason against it, and the numbers behind it.

    All memory is in GiB of one GPU. Numbers are None where they could not be computed.
    `disk_gb` is the container disk to order; `notes` do not forbid.
    """

    verdict: Verdict
    reasons: tuple[str, ...]
    notes: tuple[str, ...] = ()
    budget_gib: Decimal | None = None
    terms: tuple[Term, ...] = ()
    kv_gib: Decimal | None = None
    kv_bytes_per_token: int | None = None
    kv_tokens: int | None = None
    longest_request: int | None = None
    short_by_gib: Decimal | None = None
    disk_gb: int | None = None
    plan: CachePlan | None = field(default=None, repr=False)

    @property
    def ok(self) -> bool:
        return self.verdict == Verdict.FITS

    @property
    def weights_gib(self) -> Decimal | None:
        return self.terms[0].gib if self.terms else None

    @property
    def overhead_gib(self) -> Decimal | None:
        """What is neither weights nor cache."""
        return sum((t.gib for t in self.terms[1:]), Decimal(0)) if self.terms else None

    @property
    def bar(self) -> tuple[Term, ...]:
        """The terms with the KV cache at the end; none of it where nothing is left."""
        if self.kv_gib is None:
            return self.terms
        return (*self.terms, Term("KV cache", max(self.kv_gib, Decimal(0))))

    def max_sequences(self, length: int) -> int:
        """Requests of `length` tokens that the cache holds at once; 0 where unknown."""
        if self.plan is None or self.kv_gib is None or length < 1:
            return 0
        return self.plan.sequences(int(self.kv_gib * GIB), length)


@lru_cache(maxsize=4096)
def size(asked: Sizing) -> SizingResult:
    """Whether vLLM would start `asked`, with every term. Never raises for what it asks.

    Kept for equal questions: a page asks the same few hundred every time it is opened.
    """
    disk = container_disk_gb(checkpoint_gb(asked))
    gpu = gpu_named(asked.gpu)
    if gpu is None:
        reason = unknown_gpu_reason(asked.gpu)
        return SizingResult(Verdict.IMPOSSIBLE, (reason,), disk_gb=disk)
    reasons = refusals(asked, gpu)
    if reasons:
        return SizingResult(
            Verdict.IMPOSSIBLE, tuple(reasons), notes(asked, gpu), disk_gb=disk
        )
    return _sized(asked, gpu, disk)


def checkpoint_gb(asked: Sizing) -> Decimal:
    """[GB] of the checkpoint on disk: as told, or counted."""
    if asked.weight_gb is not None:
        return asked.weight_gb
    return weight_bytes(asked.architecture, asked.precision) / GB


def container_disk_gb(weight_gb: Decimal) -> int:
    """[GB] of container disk for weights of `weight_gb`, with room to download them."""
    exact = weight_gb * DISK_MARGIN + DISK_BASE_GB
    return int(exact.to_integral_value(rounding=ROUND_CEILING))


def _sized(asked: Sizing, gpu: GpuSpec, disk_gb: int) -> SizingResult:
    engine, model = asked.engine, asked.architecture
    share = asked.gpu_memory_utilization or engine.gpu_memory_utilization
    budget = (asked.memory_gib or gpu.memory_gib) * share
    batched = asked.max_num_batched_tokens or engine.max_num_batched_tokens(
        gpu, asked.max_model_len
    )
    sequences = asked.max_num_seqs or engine.max_num_seqs(gpu)
    terms = _terms(asked, gpu, batched, sequences)
    used = sum((term.gib for term in terms), Decimal(0))
    plan = cache_plan(
        model,
        split=asked.split,
        kv_cache_dtype=stored_dtype(model, asked.kv_cache_dtype, gpu.compute_capability),
        engine=engine,
        max_num_batched_tokens=batched,
    )
    kv_gib = budget - used
    kv_bytes = max(0, int(kv_gib * GIB))
    longest = plan.longest(kv_bytes, model.max_context)
    needed = Decimal(plan.bytes_of_request(asked.max_model_len)) / GIB
    short = max(Decimal(0), used + needed - budget)
    tokens = plan.tokens(kv_bytes, asked.max_model_len, engine)
    reasons = _shortages(asked, gpu, budget, terms, plan, kv_bytes, tokens, sequences)
    return SizingResult(
        verdict=Verdict.SHORT if reasons else Verdict.FITS,
        reasons=tuple(reasons),
        notes=(*notes(asked, gpu), *_graphs_on_top(asked, gpu, budget, sequences)),
        budget_gib=budget,
        terms=terms,
        kv_gib=kv_gib,
        kv_bytes_per_token=plan.bytes_per_token,
        kv_tokens=tokens,
        longest_request=longest,
        short_by_gib=short,
        disk_gb=disk_gb,
        plan=plan,
    )


def _terms(asked: Sizing, gpu: GpuSpec, batched: int, sequences: int) -> tuple[Term, ...]:
    engine, model, split = asked.engine, asked.architecture, asked.split
    weights = weight_bytes_per_gpu(model, asked.precision, split)
    if asked.weight_gb is not None:  # the checkpoint's own size wins over the count
        weights *= asked.weight_gb * GB / weight_bytes(model, asked.precision)
    activations = activation_gib(
        model,
        engine=engine,
        kept_experts=asked.precision.name != "mxfp4",  # its kernels keep nothing
        samples=engine.samples_in_dry_run(gpu, asked.max_model_len),
        split=split,
        max_model_len=asked.max_model_len,
        max_num_batched_tokens=batched,
        max_num_seqs=sequences,
    )
    terms = [Term("weights", weights / GIB), Term("activations", activations)]
    if engine.counts_cuda_graphs:
        graphs = cuda_graph_gib(
            model,
            engine=engine,
            max_num_seqs=sequences,
            enforce_eager=asked.enforce_eager,
        )
        terms.append(Term("CUDA graphs", graphs))
    terms.append(
        Term("outside PyTorch", outside_torch_gib(gpu, engine=engine, split=split))
    )
    return tuple(terms)


def _graphs_on_top(
    asked: Sizing, gpu: GpuSpec, budget: Decimal, sequences: int
) -> tuple[str, ...]:
    """Older releases capture graphs outside the budget: a high share leaves no room."""
    if asked.engine.counts_cuda_graphs:
        return ()
    graphs = cuda_graph_gib(
        asked.architecture,
        engine=asked.engine,
        max_num_seqs=sequences,
        enforce_eager=asked.enforce_eager,
    )
    left = (asked.memory_gib or gpu.memory_gib) - budget - DRIVER_GIB
    if graphs <= left:
        return ()
    return (
        f"CUDA graphs of about {graphs:.1f} GiB come on top of the budget in this release, "
        f"and {max(left, Decimal(0)):.1f} GiB are left; lower gpu_memory_utilization.",
    )


def _shortages(
    asked: Sizing,
    gpu: GpuSpec,
    budget: Decimal,
    terms: tuple[Term, ...],
    plan: CachePlan,
    kv_bytes: int,
    tokens: int,
    sequences: int,
) -> list[str]:
    """Why the memory does not do; empty when it does."""
    where = f"{asked.gpu_count} x {gpu.gpu_type_id}"
    weights, work = terms[0].gib, sum((t.gib for t in terms[1:]), Decimal(0))
    if weights + work >= budget:
        return [
            f"{asked.architecture.name} needs {weights:.1f} GiB of weights and "
            f"{work:.1f} GiB of work space on each of {where}, which offers "
            f"{budget:.1f} GiB; take more or larger GPUs."
        ]
    reasons = []
    longest = plan.longest(kv_bytes, asked.max_model_len)
    if longest < asked.max_model_len:
        held = min(longest, tokens) if longest else 0
        reasons.append(
            f"The KV cache holds {held:,} tokens on {where}, less than one request of "
            f"{asked.max_model_len:,}; lower max_model_len or take more memory."
        )
    blocks = plan.blocks_in(kv_bytes)
    checked = asked.engine.version >= STATES_MUST_COVER_SEQS and not asked.enforce_eager
    if plan.has_states and checked and not reasons and blocks < sequences:
        reasons.append(
            f"The KV cache holds {blocks} state blocks on {where}, less than max_num_seqs "
            f"{sequences}; lower max_num_seqs to {blocks}."
        )
    return reasons
