import shlex
from decimal import Decimal

from fleet.vllm.command import args_string, build_args, redacted
from tests.fleet.vllm.specs import KEY, glm_5, llama


def test_llama_on_one_gpu():
    assert redacted(build_args(llama())) == [
        *("--model", "meta-llama/Llama-3.1-8B-Instruct"),
        *("--served-model-name", "llama-3.1-8b"),
        *("--tensor-parallel-size", "1"),
        *("--dtype", "auto"),
        *("--max-model-len", "16384"),
        *("--gpu-memory-utilization", "0.90"),
        "--enable-prefix-caching",
        "--enable-prompt-tokens-details",
        *("--host", "0.0.0.0"),
        *("--port", "8000"),
        "--api-key=***",
    ]


def test_glm_5_takes_eight_gpus_and_its_parsers():
    args = build_args(glm_5())

    assert args[args.index("--tensor-parallel-size") + 1] == "8"
    assert args[args.index("--tool-call-parser") + 1] == "glm47"
    assert args[args.index("--reasoning-parser") + 1] == "glm45"
    assert args[args.index("--kv-cache-dtype") + 1] == "fp8"
    assert "--enable-auto-tool-choice" in args


def test_tools_are_offered_only_with_a_parser_for_them():
    assert "--enable-auto-tool-choice" not in build_args(llama())


def test_remote_code_is_trusted_only_where_the_model_needs_it():
    assert "--trust-remote-code" not in build_args(glm_5())
    assert "--trust-remote-code" in build_args(glm_5(trust_remote_code=True))


def test_prefix_caching_is_switched_off_by_its_own_flag():
    args = build_args(llama(prefix_caching=False))

    assert "--no-enable-prefix-caching" in args
    assert "--enable-prefix-caching" not in args


def test_a_small_share_of_memory_is_not_written_with_an_exponent():
    args = build_args(llama(gpu_memory_utilization=Decimal("1E-1")))

    assert args[args.index("--gpu-memory-utilization") + 1] == "0.1"


def test_the_string_for_a_pod_comes_apart_into_the_same_words():
    spec = glm_5(repository="/models/glm-5", max_num_seqs=64)

    assert shlex.split(args_string(spec)) == build_args(spec)


def test_the_key_is_in_the_command_line_and_nowhere_that_is_shown():
    spec = llama()

    assert KEY in args_string(spec)
    assert KEY not in repr(spec)
    assert KEY not in str(redacted(build_args(spec)))
