"""The last lines of a log become a cause and a next step."""

import pytest

from fleet.vllm.failures import classify

# Messages as vLLM 0.32 and the libraries below it write them.
MESSAGES = {
    "kv_cache_too_small": (
        "ValueError: To serve at least one request with the models's max seq len "
        "(131072), (16.0 GiB KV cache is needed, which is larger than the available KV "
        "cache memory (3.1 GiB)."
    ),
    "memory_taken": (
        "ValueError: Free memory on device cuda:0 (10.1/23.6 GiB) on startup is less than "
        "desired GPU memory utilization (0.9, 21.2 GiB)."
    ),
    "out_of_memory": "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2 GiB",
    "unknown_argument": "vllm serve: error: unrecognized arguments: --max-modle-len 8192",
    "gated": "OSError: You are trying to access a gated repo.",
    "weights_not_found": (
        "OSError: meta/llama-9 is not a local folder and is not a valid model identifier "
        "listed on 'https://huggingface.co/models'"
    ),
    "disk_full": "OSError: [Errno 28] No space left on device",
    "unknown_architecture": (
        "ValueError: Model architectures ['GlmNext'] are not supported for now."
    ),
    "parallelism": (
        "Total number of attention heads (28) must be divisible by tensor parallel size (8)"
    ),
    "context_too_long": (
        "User-specified max_model_len (99999) is greater than the derived max_model_len"
    ),
    "precision_unsupported": (
        "Quantization scheme is not supported for the current GPU. Min capability: 89."
    ),
    "driver_too_old": (
        "nvidia-container-cli: requirement error: unsatisfied condition: cuda>=12.8"
    ),
    "image_not_found": "manifest for vllm/vllm-openai:v9 not found: manifest unknown",
    "hardware": "RuntimeError: NCCL error: unhandled system error",
    "download": "requests.exceptions.ConnectionError: Read timed out.",
}


@pytest.mark.parametrize("kind", MESSAGES)
def test_each_message_has_a_cause_and_a_next_step(kind):
    found = classify(["INFO loading", MESSAGES[kind], "INFO exit"])

    assert found is not None and found.kind == kind
    assert found.says.endswith(".") and found.next_step.endswith(".")
    assert found.evidence == MESSAGES[kind]


def test_the_cause_above_wins_over_its_echo_below():
    found = classify(
        [
            MESSAGES["out_of_memory"],
            "RuntimeError: Engine core initialization failed. See root cause above.",
        ]
    )

    assert found is not None and found.kind == "out_of_memory"


def test_an_echo_alone_is_told_as_one():
    found = classify(["RuntimeError: Engine core initialization failed."])

    assert found is not None and found.kind == "engine_died"


def test_of_two_causes_the_newer_one_counts():
    found = classify([MESSAGES["download"], MESSAGES["disk_full"]])

    assert found is not None and found.kind == "disk_full"


def test_a_log_without_a_known_cause_tells_none():
    assert classify(["INFO: Application startup complete."]) is None
    assert classify([]) is None
