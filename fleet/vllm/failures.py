"""Why a vLLM server did not start or died: its last log lines, read by a small table.

The messages are those of vLLM 0.32's own source and of the libraries below it, with
older wordings where they differ. The newest line that the table knows decides, but a
cause wins over its echo: "Engine core initialization failed" only says "look above".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

LONGEST_EVIDENCE = 300  # characters of the line that is quoted


@dataclass(frozen=True, slots=True)
class Failure:
    """A cause in words, and what to do next.

    kind       a word that code may ask for
    says       what happened, a sentence
    next_step  what would help, a sentence
    repeats    the same order fails the same way: trying again only costs money
    evidence   the line of the log that says so
    """

    kind: str
    says: str
    next_step: str
    repeats: bool
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    kind: str
    says: str
    next_step: str
    repeats: bool = True
    is_echo: bool = False


def _rule(
    pattern: str,
    kind: str,
    says: str,
    next_step: str,
    *,
    repeats: bool = True,
    is_echo: bool = False,
) -> _Rule:
    return _Rule(re.compile(pattern, re.I), kind, says, next_step, repeats, is_echo)


TABLE = (
    _rule(
        r"No available memory for the cache blocks"
        r"|KV cache is needed, which is larger than"
        r"|cache is needed, which is larger than the available KV cache"
        r"|larger than the maximum number of tokens that can be stored in KV cache",
        "kv_cache_too_small",
        "The KV cache that is left cannot hold one request of the whole context.",
        "Lower the context, raise the GPU memory share, or take a larger GPU.",
    ),
    _rule(
        r"is less than desired GPU memory utilization",
        "memory_taken",
        "Less GPU memory was free at the start than vLLM was told to take.",
        "Lower the GPU memory share; on another machine it may be free.",
        repeats=False,
    ),
    _rule(
        r"CUDA out of memory|torch\.(cuda\.)?OutOfMemoryError|CUDA error: out of memory"
        r"|DefaultCPUAllocator: can't allocate memory",
        "out_of_memory",
        "The GPU ran out of memory.",
        "Lower the GPU memory share or the context, or take a larger GPU.",
    ),
    _rule(
        r"unrecognized arguments?:|error: argument --|invalid choice:",
        "unknown_argument",
        "vLLM does not know an argument of the command line.",
        "Compare the image's version with the arguments on the pod's page.",
    ),
    _rule(
        r"gated repo|GatedRepoError|Access to model .{1,200} is restricted",
        "gated",
        "The weights are gated, and the pod has no right to read them.",
        "Accept the model's licence, and give the deployment HF_TOKEN.",
    ),
    _rule(
        r"is not a valid model identifier|RepositoryNotFoundError|Repository Not Found"
        r"|Invalid repository ID or local directory|Cannot find any model weights"
        r"|does not appear to have a file named config\.json",
        "weights_not_found",
        "The weights were not found under the name that was ordered.",
        "Check the repository's name, and HF_TOKEN where it is private.",
    ),
    _rule(
        r"No space left on device",
        "disk_full",
        "The container disk is full.",
        "Give the deployment a larger container disk than the weights need.",
    ),
    _rule(
        r"Model architectures .{1,200} are not supported",
        "unknown_architecture",
        "This vLLM does not know the model's architecture.",
        "Take a newer image.",
    ),
    _rule(
        r"must be divisible by tensor parallel size",
        "parallelism",
        "The model's heads cannot be split over this many GPUs.",
        "Take a number of GPUs that divides the attention heads.",
    ),
    _rule(
        r"max_model_len \(?\d+\)? is greater than",
        "context_too_long",
        "The context is longer than the model's own.",
        "Lower the context to the model's own limit.",
    ),
    _rule(
        r"is not supported for the current GPU|only supported on GPUs with compute"
        r"|no kernel image is available for execution",
        "precision_unsupported",
        "This GPU cannot compute in the precision of the weights.",
        "Take a newer GPU, or weights in another precision.",
    ),
    _rule(
        r"CUDA driver version is insufficient|forward compatibility was attempted"
        r"|unsatisfied condition: cuda",
        "driver_too_old",
        "The machine's driver is older than the image needs.",
        "Another machine may have a newer one; or take an older image.",
        repeats=False,
    ),
    _rule(
        r"manifest (for .{1,200} not found|unknown)|pull access denied"
        r"|repository does not exist",
        "image_not_found",
        "The image does not exist under this name, or is private.",
        "Check the image's name and tag.",
    ),
    _rule(
        r"toomanyrequests|You have reached your .{0,20}pull rate limit",
        "image_rate_limit",
        "The registry refused the pull: too many at once.",
        "It is tried again after the back-off.",
        repeats=False,
    ),
    _rule(
        r"NCCL error|ncclUnhandledCudaError|ncclSystemError|uncorrectable ECC|Xid \d+"
        r"|CUDA error: (an illegal memory access|unspecified launch failure)",
        "hardware",
        "The GPUs or the way between them failed.",
        "Another machine is tried; report this one to the provider.",
        repeats=False,
    ),
    _rule(
        r"Connection ?Error|Read timed out|Temporary failure in name resolution"
        r"|429 Client Error",
        "download",
        "The download of the weights was cut off.",
        "It is tried again after the back-off.",
        repeats=False,
    ),
    _rule(
        r"lease .{0,60}not renewed",
        "lease",
        "The pod ended itself: nobody renewed its lease.",
        "The console was silent for longer than the lease; see the jobs page.",
        repeats=False,
    ),
    _rule(
        r"Engine core initialization failed|EngineDeadError|EngineCore (died|encountered)",
        "engine_died",
        "vLLM's engine died, and its log does not say why in words we know.",
        "Read the last lines of the log.",
        repeats=False,
        is_echo=True,
    ),
)


def classify(lines: Sequence[str]) -> Failure | None:
    """The cause that the last lines tell, oldest first; None where none is known."""
    echo = None
    for line in reversed(lines):
        for rule in TABLE:
            if not rule.pattern.search(line):
                continue
            found = Failure(
                rule.kind,
                rule.says,
                rule.next_step,
                rule.repeats,
                line.strip()[:LONGEST_EVIDENCE],
            )
            if not rule.is_echo:
                return found
            echo = echo or found
    return echo
