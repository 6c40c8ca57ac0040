"""The command line of vLLM's OpenAI server, made by one pure function.

Every flag here is one that vLLM 0.32's own parser accepts; a test hands the result to
that parser. A flag that vLLM does not know would cost a rented GPU that never serves.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from fleet.sizing.parallel import tensor_parallel_fault
from fleet.vllm import extra_args

MASK = "***"
SECRET_FLAGS = ("--api-key", "--hf-token")
REPOSITORY = re.compile(r"[\w.-]{1,96}(/[\w.-]{1,96})?|(/[\w.-]{1,96}){1,12}", re.ASCII)
SERVED_NAME = re.compile(r"[\w.:/-]{1,96}", re.ASCII)
API_KEY = re.compile(r"[\w.~+/=-]{16,128}", re.ASCII)
WORD = re.compile(r"[a-z0-9_-]{1,40}")
HOST = re.compile(r"[0-9A-Za-z.:-]{1,255}")
DTYPES = ("auto", "bfloat16", "float16", "float32")
QUANTIZATIONS = ("fp8", "awq", "gptq", "compressed-tensors", "modelopt", "modelopt_fp4")
KV_CACHE_DTYPES = extra_args.KV_CACHE_DTYPES
LARGEST_PORT = 65_535

SERVER = ("python", "-m", "vllm.entrypoints.openai.api_server")
SHOWN_KEY = "shown-instead-of-a-key"  # for a command that is only looked at


@dataclass(frozen=True, slots=True)
class ServeSpec:
    """How one replica serves one model.

    repository              Hugging Face repository, or an absolute path in the pod
    served_model_name       the name that clients ask for
    attention_heads         of the model; the tensor parallel size must divide them
    max_model_len           [tokens] prompt and completion of one request together
    gpu_memory_utilization  [1] share of a GPU that vLLM may take, in (0, 1)
    api_key                 bearer key of /v1; the proxy's address is public
    kv_heads                of the model; None for latent attention, which is not split
    vocabulary_size         of the model; None leaves its rule to vLLM
    max_context             [tokens] the model's own limit; None where not known
    dtype, quantization     "auto" and None read the checkpoint's own precision
    max_num_seqs            most requests in a batch; None is vLLM's default
    extra_args              of an operator, as `fleet.vllm.extra_args` takes them

    Raises ValueError with a sentence that names the field, its value and what would
    be right.
    """

    repository: str
    served_model_name: str
    attention_heads: int
    max_model_len: int
    gpu_memory_utilization: Decimal
    api_key: str = field(repr=False)
    tensor_parallel_size: int = 1
    kv_heads: int | None = None
    vocabulary_size: int | None = None
    max_context: int | None = None
    dtype: str = "auto"
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    prefix_caching: bool = True
    tool_call_parser: str = ""
    reasoning_parser: str = ""
    trust_remote_code: bool = False
    max_num_seqs: int | None = None
    extra_args: str = ""
    host: str = "0.0.0.0"
    port: int = 8000

    def __post_init__(self) -> None:
        _check_words(self)
        _check_choices(self)
        _check_amounts(self)
        extra_args.parsed(self.extra_args)
        fault = tensor_parallel_fault(
            self.served_model_name,
            self.tensor_parallel_size,
            attention_heads=self.attention_heads,
            kv_heads=self.kv_heads,
            vocabulary_size=self.vocabulary_size,
        )
        if fault:
            raise ValueError(fault)


def build_args(spec: ServeSpec) -> list[str]:
    """The arguments of vLLM's OpenAI server for `spec`, one list item per word.

    Holds the API key: show it only through `redacted`.
    """
    # Prompt token details stay on: without them the answers do not say which prompt
    # tokens came from the cache, and those are billed at their own price.
    args = [
        *("--model", spec.repository),
        *("--served-model-name", spec.served_model_name),
        *("--tensor-parallel-size", str(spec.tensor_parallel_size)),
        *("--dtype", spec.dtype),
        *("--max-model-len", str(spec.max_model_len)),
        *("--gpu-memory-utilization", f"{spec.gpu_memory_utilization:f}"),
        "--enable-prefix-caching" if spec.prefix_caching else "--no-enable-prefix-caching",
        "--enable-prompt-tokens-details",
        *("--host", spec.host),
        *("--port", str(spec.port)),
        # Joined by "=": the parser would read a key that begins with "-" as a flag.
        f"--api-key={spec.api_key}",
    ]
    for flag, value in (
        ("--quantization", spec.quantization),
        ("--kv-cache-dtype", spec.kv_cache_dtype),
        ("--max-num-seqs", spec.max_num_seqs),
        ("--reasoning-parser", spec.reasoning_parser),
        ("--tool-call-parser", spec.tool_call_parser),
    ):
        if value:
            args += [flag, str(value)]
    if spec.tool_call_parser:
        args.append("--enable-auto-tool-choice")
    if spec.trust_remote_code:
        args.append("--trust-remote-code")
    return [*args, *extra_args.parsed(spec.extra_args)]


def args_string(spec: ServeSpec) -> str:
    """`build_args` as the one string that a pod's `args` takes, quoted for a shell."""
    return shlex.join(build_args(spec))


def redacted(args: Sequence[str]) -> list[str]:
    """`args` with the value of every secret flag replaced by ***, for display and logs.

    >>> redacted(["--port", "8000", "--api-key=sk-1"])
    ['--port', '8000', '--api-key=***']
    """
    shown: list[str] = []
    hide_next = False
    for arg in args:
        flag, joined, _ = arg.partition("=")
        if flag in SECRET_FLAGS:
            shown.append(f"{flag}={MASK}" if joined else flag)
            hide_next = not joined
        elif hide_next and not arg.startswith("--"):
            shown.append(MASK)
        else:
            hide_next = False
            shown.append(arg)
    return shown


def _check_words(spec: ServeSpec) -> None:
    for name, value, pattern, right in (
        ("repository", spec.repository, REPOSITORY, "owner/name, or an absolute path"),
        ("served_model_name", spec.served_model_name, SERVED_NAME, "a name like glm-5"),
        ("host", spec.host, HOST, "an address such as 0.0.0.0"),
    ):
        if not pattern.fullmatch(value) or value.startswith("-"):
            raise ValueError(f"{name} is {value!r}; it must be {right}.")
    if not API_KEY.fullmatch(spec.api_key):
        raise ValueError(
            f"api_key has {len(spec.api_key)} characters; it must be 16 to 128 letters, "
            "digits or ._~+/=-, because the pod's address is public."
        )
    for name, value in (
        ("tool_call_parser", spec.tool_call_parser),
        ("reasoning_parser", spec.reasoning_parser),
    ):
        if value and not WORD.fullmatch(value):
            raise ValueError(f"{name} is {value!r}; it must be a parser's name like glm47.")


def _check_choices(spec: ServeSpec) -> None:
    choices: Iterable[tuple[str, str | None, tuple[str, ...]]] = (
        ("dtype", spec.dtype, DTYPES),
        ("quantization", spec.quantization, QUANTIZATIONS),
        ("kv_cache_dtype", spec.kv_cache_dtype, KV_CACHE_DTYPES),
    )
    for name, value, allowed in choices:
        if value is not None and value not in allowed:
            raise ValueError(f"{name} is {value!r}; use one of {', '.join(allowed)}.")


def _check_amounts(spec: ServeSpec) -> None:
    if not Decimal(0) < spec.gpu_memory_utilization < Decimal(1):
        raise ValueError(
            f"gpu_memory_utilization is {spec.gpu_memory_utilization}; it must be more "
            "than 0 and less than 1, such as 0.90."
        )
    if not 1 <= spec.port <= LARGEST_PORT:
        raise ValueError(f"port is {spec.port}; it must be from 1 to {LARGEST_PORT}.")
    if spec.max_num_seqs is not None and spec.max_num_seqs < 1:
        raise ValueError(f"max_num_seqs is {spec.max_num_seqs}; it must be 1 or more.")
    if spec.attention_heads < 1:
        raise ValueError(
            f"attention_heads is {spec.attention_heads}; it must be 1 or more."
        )
    if spec.max_model_len < 1:
        raise ValueError(f"max_model_len is {spec.max_model_len}; it must be 1 or more.")
    if spec.max_context is not None and spec.max_model_len > spec.max_context:
        raise ValueError(
            f"max_model_len is {spec.max_model_len}; {spec.served_model_name} reads at "
            f"most {spec.max_context} tokens."
        )
